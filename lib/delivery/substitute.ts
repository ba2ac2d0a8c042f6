/**
 * `postBuild`: variables put into finished resources (contract/kustomize.md §5, errata 1 and 19).
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { substitute } from "../envsubst/mod.ts";
import { emitYaml, getKey, type MapNode, parseOne, textOf, type YamlNode } from "../yaml/mod.ts";

/** Label or annotation that keeps a resource as it is; case counts. */
const SUBSTITUTE = "kustomize.toolkit.fluxcd.io/substitute";
const VARIABLE_NAME = /^[_A-Za-z][_A-Za-z0-9]*$/;

/** One place variables come from: a ConfigMap's or Secret's data, or `substitute`. */
export interface VariableSource {
  /** How messages call it: `ConfigMap/x`; empty for the inline ones. */
  readonly name: string;
  /** Its entries. */
  readonly data: Readonly<Record<string, string>>;
}

/**
 * Joins sources of variables, later ones over earlier ones; line ends are taken out of values, as Flux does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const joined = joinVariables([{ name: "", data: { a: "1\n" } }]);
 * assert.deepEqual(joined, { ok: true, value: new Map([["a", "1"]]) });
 * ```
 */
export function joinVariables(
  sources: readonly VariableSource[],
): Result<ReadonlyMap<string, string>> {
  const variables = new Map<string, string>();
  for (const { data } of sources) {
    for (const [name, value] of Object.entries(data)) {
      if (!VARIABLE_NAME.test(name)) {
        return fail(
          "BuildFailed",
          `'${name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`,
        );
      }
      variables.set(name, value.replaceAll("\n", ""));
    }
  }
  return ok(variables);
}

/** The resource with its variables filled in: written as YAML (or `text`, if that is done), substituted, read again. */
export function substituteNode(
  node: MapNode,
  variables: ReadonlyMap<string, string>,
  options: { strict: boolean; text?: string },
): Result<MapNode> {
  if (isDisabled(node)) return ok(node);
  const { text = emitYaml(node) } = options;
  const substituted = substitute(text, variables, options);
  if (!substituted.ok) return postBuildFailure(node, substituted.message);
  if (substituted.value === text) return ok(node);
  // As Flux reads it back: with sigs.k8s.io/yaml, for which a date is a string and "yes" a boolean.
  const parsed = parseOne(substituted.value, { mode: "lenient" });
  if (!parsed.ok) return postBuildFailure(node, parsed.message);
  return parsed.value?.kind === "map"
    ? ok(parsed.value)
    : postBuildFailure(node, "the text is no object any more");
}

function isDisabled(node: MapNode): boolean {
  const metadata = getKey(node, "metadata");
  return ["labels", "annotations"].some((field) =>
    textOf(getKey(getKey(metadata, field), SUBSTITUTE)) === "disabled"
  );
}

/** Flux's words: the id is kustomize's, without a namespace. */
function postBuildFailure(node: MapNode, reason: string): Result<never> {
  return fail(
    "BuildFailed",
    `post build failed for '${
      resourceId(node)
    }': envsubst error: variable substitution failed: ${reason}`,
  );
}

/** How kustomize names a resource: without a namespace. */
export function resourceId(node: MapNode): string {
  const apiVersion = textOf(getKey(node, "apiVersion")) ?? "";
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "[noGrp]" : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1) || "[noVer]";
  const metadata: YamlNode | undefined = getKey(node, "metadata");
  return `${textOf(getKey(node, "kind"))}.${version}.${group}/${textOf(getKey(metadata, "name"))}`;
}
