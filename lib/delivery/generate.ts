/**
 * The kustomization.yaml that a Flux Kustomization is built from: the one in git, or one made from the
 * manifests that are there, with the fields of `spec` laid over it (contract/kustomize.md §3).
 *
 * @module
 */
import {
  type Budget,
  BudgetSpent,
  defaultBudget,
  fail,
  type Failure,
  type FileEntry,
  type FileTree,
  joinInside,
  Meter,
  ok,
  type Result,
} from "../base/mod.ts";
import {
  deleteKey,
  emitYaml,
  fromPlain,
  getKey,
  type MapNode,
  mapNode,
  parseDocuments,
  parseOne,
  seqNode,
  setKey,
  stringNode,
  textOf,
  type YamlNode,
} from "../yaml/mod.ts";
import type { LaidFile } from "./laid_lines.ts";
import type { BuildSpec, ImageOverride } from "./spec.ts";

/** The names that kustomize reads, in the order in which Flux looks for them. */
export const FILE_NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"] as const;

/** A tree in which `folder` holds a kustomization file ready to build. */
export interface Generated {
  /** The source's files, the one kustomization file replaced. */
  readonly tree: FileTree;
  /** The folder to build. */
  readonly folder: string;
  /** The file that was replaced, where one was. */
  readonly laid?: LaidFile;
}

/**
 * Lays `spec` over the kustomization file of `spec.path`, made on the spot when there is none. Throws `BudgetSpent`
 * at the end of the budget.
 */
export function generateKustomization(
  tree: FileTree,
  spec: BuildSpec,
  budget: Budget = defaultBudget(),
): Result<Generated> {
  const folder = joinInside("", spec.path ?? "");
  if (!hasFolder(tree, folder)) {
    return fail(
      "PathNotFound",
      `kustomization path not found: stat ${folder}: no such file or directory`,
    );
  }
  const name = FILE_NAMES.find((file) => tree.has(joinInside(folder, file)));
  const read = name === undefined
    ? generate(tree, folder, budget)
    : readFile(tree, joinInside(folder, name), budget);
  if (!read.ok) return read;

  const file = read.value;
  const before = name === undefined ? undefined : emitYaml(file);
  if (name !== undefined && !hasItems(getKey(file, "resources"))) {
    // Without a resource a build would drop what generators and components make of nothing (as Flux).
    setKey(file, "buildMetadata", seqNode([stringNode("originAnnotations")]));
  }
  const laid = overlay(tree, folder, file, spec);
  if (!laid.ok) return laid;

  const text = emitYaml(file);
  // An untouched file keeps its own bytes, and with them the line numbers of its errors.
  if (text === before) return ok({ tree, folder });
  const path = joinInside(folder, name ?? FILE_NAMES[0]);
  return ok({ tree: withFile(tree, path, text), folder, laid: { path, node: file, text } });
}

function hasFolder(tree: FileTree, folder: string): boolean {
  if (folder === "") return true;
  const prefix = `${folder}/`;
  for (const path of tree.keys()) if (path.startsWith(prefix)) return true;
  return false;
}

function readFile(tree: FileTree, path: string, budget: Budget): Result<MapNode> {
  const entry = tree.get(path);
  const text = new TextDecoder().decode(entry?.read());
  const parsed = parseOne(text, { file: path, budget });
  if (!parsed.ok) return unlessSpent(parsed);
  if (parsed.value === undefined) return ok(mapNode());
  if (parsed.value.kind === "map") return ok(parsed.value);
  return fail("BuildFailed", `${path} is not a mapping; a kustomization file has fields`);
}

/** Flux's generated file: every manifest below the folder, a folder with its own file as one resource. */
function generate(tree: FileTree, folder: string, budget: Budget): Result<MapNode> {
  const meter = new Meter(budget);
  const resources: YamlNode[] = [];
  for (const path of manifestPaths(tree, folder)) {
    const relative = folder === "" ? path : path.slice(folder.length + 1);
    if (!path.endsWith("/")) {
      meter.spendBytes(tree.get(path)?.sizeBytes ?? 0, path);
      const checked = checkManifest(tree, path, budget);
      if (!checked.ok) return checked;
    }
    resources.push(stringNode(`./${relative.replace(/\/$/, "")}`));
  }
  const file = mapNode([
    ["apiVersion", stringNode("kustomize.config.k8s.io/v1beta1")],
    ["kind", stringNode("Kustomization")],
  ]);
  // kustomize refuses a file without content; this one is the least there is.
  if (resources.length === 0) setKey(file, "namespace", stringNode("_placeholder"));
  else setKey(file, "resources", seqNode(resources));
  return ok(file);
}

/** In the order of a lexical walk; folders with a kustomization file end in `/` and are not entered. */
export function manifestPaths(tree: FileTree, folder: string): string[] {
  const prefix = folder === "" ? "" : `${folder}/`;
  const inside = [...tree.keys()].filter((path) => path.startsWith(prefix)).sort(byPathParts);
  const roots: string[] = [];
  const found: string[] = [];
  for (const path of inside) {
    if (roots.some((root) => path.startsWith(root))) continue;
    const root = folderWithFile(tree, prefix, path);
    if (root !== undefined) {
      roots.push(root);
      found.push(root);
    } else if (/\.ya?ml$/.test(path) && tree.get(path)?.mode !== "120000") {
      found.push(path);
    }
  }
  return found;
}

/** The outermost folder on the way from `prefix` to `path` that has a kustomization file of its own. */
function folderWithFile(tree: FileTree, prefix: string, path: string): string | undefined {
  const parts = path.slice(prefix.length).split("/");
  let here = prefix;
  for (const part of parts.slice(0, -1)) {
    here += `${part}/`;
    if (FILE_NAMES.some((name) => tree.has(here + name))) return here;
  }
  return undefined;
}

/** A walk sorts the names of each folder, so `a/z` comes before `a.yaml`. */
function byPathParts(left: string, right: string): number {
  const a = left.split("/");
  const b = right.split("/");
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i] ?? "", b[i] ?? ""];
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** What the walk takes in must be Kubernetes objects (errata 15). */
function checkManifest(tree: FileTree, path: string, budget: Budget): Result<void> {
  const text = new TextDecoder().decode(tree.get(path)?.read());
  const documents = parseDocuments(text, { file: path, budget });
  if (!documents.ok) {
    unlessSpent(documents);
    return fail(
      "BuildFailed",
      `failed to decode Kubernetes YAML from ${documents.message}`,
      documents,
    );
  }
  for (const { node, line } of documents.value) {
    if (node === undefined) continue;
    const missing = missingField(node);
    if (missing === undefined) continue;
    return fail(
      "BuildFailed",
      `failed to decode Kubernetes YAML from ${path}: missing ${missing} in the ${
        textOf(getKey(node, "kind")) || "object"
      } at line ${line}`,
    );
  }
  return ok(undefined);
}

/** The end of the budget is no fault of the text. */
function unlessSpent(failure: Failure): Failure {
  if (failure.cause instanceof BudgetSpent) throw failure.cause;
  return failure;
}

function missingField(node: YamlNode): string | undefined {
  const kind = textOf(getKey(node, "kind"));
  if (!kind) return "kind";
  if (kind.endsWith("List")) return undefined;
  return textOf(getKey(getKey(node, "metadata"), "name")) ? undefined : "metadata.name";
}

/** Puts the fields of `spec` over the file's (contract/kustomize.md §3 "Then overlay spec"). */
function overlay(
  tree: FileTree,
  folder: string,
  file: MapNode,
  spec: BuildSpec,
): Result<void> {
  if (spec.targetNamespace) setKey(file, "namespace", stringNode(spec.targetNamespace));
  if (spec.namePrefix) setKey(file, "namePrefix", stringNode(spec.namePrefix));
  if (spec.nameSuffix) setKey(file, "nameSuffix", stringNode(spec.nameSuffix));
  append(file, "patches", (spec.patches ?? []).map((patch) => fromPlain(patch)));
  const components = usableComponents(tree, folder, spec);
  if (!components.ok) return components;
  append(file, "components", components.value.map((path) => stringNode(path)));
  for (const image of spec.images ?? []) mergeImage(file, image);
  if (spec.buildMetadata?.length) {
    setKey(file, "buildMetadata", seqNode(spec.buildMetadata.map((name) => stringNode(name))));
  }
  return ok(undefined);
}

function append(file: MapNode, key: string, items: readonly YamlNode[]): void {
  if (items.length === 0) return;
  const present = getKey(file, key);
  setKey(file, key, seqNode([...(present?.kind === "seq" ? present.items : []), ...items]));
}

function usableComponents(tree: FileTree, folder: string, spec: BuildSpec): Result<string[]> {
  const usable: string[] = [];
  for (const path of spec.components ?? []) {
    if (path.startsWith("/") || /^[a-z+]+:|^git@/i.test(path)) {
      return fail("BuildFailed", `component path '${path}' must be local and relative`);
    }
    if (spec.ignoreMissingComponents && !hasFolder(tree, joinInside(folder, path))) continue;
    usable.push(path);
  }
  return ok(usable);
}

function mergeImage(file: MapNode, image: ImageOverride): void {
  const images = getKey(file, "images");
  const same = images?.kind === "seq"
    ? images.items.find((item) => textOf(getKey(item, "name")) === image.name)
    : undefined;
  if (same?.kind !== "map") return append(file, "images", [fromPlain(image)]);
  if (image.newName) setKey(same, "newName", stringNode(image.newName));
  if (!image.newTag && !image.digest) return;
  // Tag and digest are replaced together: one of them alone would keep the other's old value.
  for (const key of ["newTag", "digest"] as const) {
    const value = image[key];
    if (value) setKey(same, key, stringNode(value));
    else deleteKey(same, key);
  }
}

function hasItems(node: YamlNode | undefined): boolean {
  return node?.kind === "seq" && node.items.length > 0;
}

function withFile(tree: FileTree, path: string, text: string): FileTree {
  const bytes = new TextEncoder().encode(text);
  const entry: FileEntry = { mode: "100644", sizeBytes: bytes.length, read: () => bytes };
  return new Map([...tree, [path, entry]]);
}
