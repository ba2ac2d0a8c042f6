/**
 * Which fields the inputs had.
 *
 * @module
 */
import { isList, isMap, type Json } from "./model.ts";

/** How many inputs had each field. */
export class Coverage {
  readonly #counts = new Map<string, number>();
  #inputs = 0;

  /** Counts the fields of one input: of each kustomization, and one level below. */
  add(model: Json): void {
    this.#inputs++;
    const seen = new Set<string>();
    for (const kustomization of Object.values(isMap(model) ? model : {})) {
      collect(kustomization, "", 3, seen);
    }
    for (const field of seen) this.#counts.set(field, (this.#counts.get(field) ?? 0) + 1);
  }

  /** Lines of field and share, the rarest first. */
  lines(): string[] {
    return [...this.#counts].sort((a, b) => a[1] - b[1]).map(([field, count]) =>
      `${((100 * count) / this.#inputs).toFixed(1).padStart(6)} %  ${field}`
    );
  }

  /** Fields of `expected`, and others that were seen, that fewer than `share` of the inputs had. */
  rare(expected: readonly string[], share: number): string[] {
    return [...new Set([...expected, ...this.#counts.keys()])].filter((field) =>
      (this.#counts.get(field) ?? 0) < share * Math.max(1, this.#inputs)
    );
  }
}

/** Fields whose content is the user's own, or which have a format of their own. */
const CLOSED =
  /(^|\.)(metadata|pairs|commonLabels|commonAnnotations|labels|annotations|resources|components|crds|configurations|generators|transformers|validators|patch|path|patchesStrategicMerge)$/;

/** Kinds of plugins, wherever their configuration stands. */
const PLUGINS = /^(generators|transformers|validators)$/;

function collectKinds(value: Json, field: string, into: Set<string>): void {
  if (isList(value)) { for (const item of value) collectKinds(item, field, into); }
  if (!isMap(value)) return;
  if (value.apiVersion === "builtin") into.add(`${field}: ${String(value.kind)}`);
  else for (const item of Object.values(value)) collectKinds(item, field, into);
}

function collect(value: Json, path: string, depth: number, into: Set<string>): void {
  if (isList(value)) { for (const item of value) collect(item, path, depth, into); }
  if (!isMap(value) || depth === 0) return;
  for (const [name, item] of Object.entries(value)) {
    if (name.startsWith("$")) continue;
    const field = path === "" ? name : `${path}.${name}`;
    into.add(field);
    if (PLUGINS.test(field)) collectKinds(item, field, into);
    if (!CLOSED.test(field) || field === "labels") collect(item, field, depth - 1, into);
  }
}
