/**
 * The files that a Kustomization will read, found without building it: what its kustomization files name, and theirs.
 *
 * @module
 */
import { type Budget, type FileTree, joinInside, joinWithin, Meter } from "../base/mod.ts";
import { getKey, getPath, parseOne, textOf, type YamlNode } from "../yaml/mod.ts";
import { FILE_NAMES, manifestPaths } from "./generate.ts";
import type { BuildSpec } from "./spec.ts";

/** What a file is for: an object of its own, or part of something else. */
export type FileUse = "resource" | "part";

/** A file that is named. */
export interface FileReference {
  /** Where it is in the tree. */
  readonly path: string;
  /** What it is for. */
  readonly use: FileUse;
  /** The name that says what its content is: the key that it gets, else its own. */
  readonly name: string;
}

/** Fields whose entries may be folders with kustomization files of their own. */
const ROOTS = new Set([
  "resources",
  "components",
  "bases",
  "generators",
  "transformers",
  "validators",
]);
/** Fields with objects. */
const OBJECTS = new Set(["resources", "bases"]);
const GENERATORS = new Set(["configMapGenerator", "secretGenerator"]);
/** On an object or a generator, `disabled` keeps what is sealed sealed. */
export const DECRYPT_SWITCH = "kustomize.toolkit.fluxcd.io/decrypt";
/** No path is longer. */
const MOST_CHARS = 4_096;

/**
 * Finds the files; one that is named twice comes as what it was named first. What is no file here, such as a remote
 * base, is left out. Throws `BudgetSpent`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, treeOf } from "../base/mod.ts";
 * const tree = treeOf({ "kustomization.yaml": "secretGenerator: [{name: a, files: [token=a.enc]}]", "a.enc": "" });
 * assert.deepEqual(findReferences(tree, {}, defaultBudget()), [{ path: "a.enc", use: "part", name: "token" }]);
 * ```
 */
export function findReferences(tree: FileTree, spec: BuildSpec, budget: Budget): FileReference[] {
  const finder = new Finder(tree, budget);
  const folder = joinInside("", spec.path ?? "");
  if (finder.fileOf(folder) === undefined) finder.takeManifests(folder);
  else finder.visit(folder);
  for (const component of spec.components ?? []) finder.follow(folder, component, "resource");
  return [...finder.found.values()];
}

class Finder {
  readonly found = new Map<string, FileReference>();
  readonly #visited = new Set<string>();
  readonly #tree: FileTree;
  readonly #budget: Budget;
  readonly #meter: Meter;

  constructor(tree: FileTree, budget: Budget) {
    this.#tree = tree;
    this.#budget = budget;
    this.#meter = new Meter(budget);
  }

  /** The kustomization file of a folder. */
  fileOf(folder: string): string | undefined {
    return FILE_NAMES.map((name) => joinInside(folder, name)).find((path) => this.#tree.has(path));
  }

  /** A folder without a kustomization file: all its manifests. */
  takeManifests(folder: string): void {
    for (const path of manifestPaths(this.#tree, folder)) {
      if (path.endsWith("/")) this.visit(path.slice(0, -1));
      else this.#take({ path, use: "resource", name: path });
    }
  }

  visit(folder: string): void {
    const file = this.fileOf(folder);
    if (file === undefined || this.#visited.has(folder)) return;
    this.#visited.add(folder);
    const entry = this.#tree.get(file);
    this.#meter.spendBytes(entry?.sizeBytes ?? 0, file);
    const parsed = parseOne(new TextDecoder().decode(entry?.read()), { budget: this.#budget });
    // What is wrong with it, the build will tell.
    if (!parsed.ok || parsed.value?.kind !== "map") return;
    const root = parsed.value;
    const isOff = isSwitchedOff(getPath(root, ["generatorOptions", "annotations"]));
    for (const { key, value } of root.entries) {
      const field = key.value;
      if (GENERATORS.has(field)) this.#generators(folder, field, value, isOff);
      else this.#strings(value, (text) => this.#named(folder, field, text));
    }
  }

  /** Takes the file, or visits the folder, that `text` names from `folder`. */
  follow(folder: string, text: string, use: FileUse): void {
    const path = joinWithin(folder, text);
    if (path === undefined) return;
    if (this.#tree.has(path)) this.#take({ path, use, name: path });
    else this.visit(path);
  }

  #named(folder: string, field: string, text: string): void {
    const use = OBJECTS.has(field) ? "resource" : "part";
    if (ROOTS.has(field)) return this.follow(folder, text, use);
    const path = joinWithin(folder, text);
    if (path !== undefined) this.#take({ path, use, name: path });
  }

  #generators(folder: string, field: string, list: YamlNode, isOff: boolean): void {
    for (const generator of list.kind === "seq" ? list.items : []) {
      // Who asks for a sealed ConfigMap gets one; Flux opens what Secrets are made of whatever they say.
      const isSealed = isOff || isSwitchedOff(getPath(generator, ["options", "annotations"]));
      if (field === "configMapGenerator" && isSealed) continue;
      for (const source of ["files", "envs", "env"]) {
        const node = getKey(generator, source);
        if (node !== undefined) {
          this.#strings(node, (text) => this.#input(folder, text, source === "files"));
        }
      }
    }
  }

  /** `KEY=FILE` or `FILE`; a list of variables has no key. */
  #input(folder: string, text: string, hasKey: boolean): void {
    const sign = hasKey ? text.indexOf("=") : -1;
    const path = joinWithin(folder, text.slice(sign + 1));
    if (path === undefined) return;
    this.#take({ path, use: "part", name: sign < 0 ? path : text.slice(0, sign) });
  }

  #take(reference: FileReference): void {
    const mode = this.#tree.get(reference.path)?.mode;
    if (mode !== "100644" && mode !== "100755") return;
    if (!this.found.has(reference.path)) this.found.set(reference.path, reference);
  }

  #strings(node: YamlNode, each: (text: string) => void): void {
    this.#meter.step("the files that are named");
    const text = textOf(node);
    if (text !== undefined && text.length <= MOST_CHARS && !text.includes("\n")) each(text);
    if (node.kind === "seq") { for (const item of node.items) this.#strings(item, each); }
    if (node.kind === "map") { for (const { value } of node.entries) this.#strings(value, each); }
  }
}

function isSwitchedOff(annotations: YamlNode | undefined): boolean {
  return textOf(getKey(annotations, DECRYPT_SWITCH))?.toLowerCase() === "disabled";
}
