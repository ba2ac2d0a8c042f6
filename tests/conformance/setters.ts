/**
 * Holds the setters of `lib/image` against `cases/flux/setters.json`: which values change to what. The bytes around
 * them are compared with the input, because unlike Flux nothing else is to change.
 *
 * @module
 */
import { defaultBudget, isEqualJson, treeOf } from "../../lib/base/mod.ts";
import {
  type Change,
  type LatestImage,
  type ManifestUpdate,
  updateWithSetters,
} from "../../lib/image/mod.ts";

interface Changes {
  readonly file: string;
  readonly object: string;
  readonly changes: readonly {
    readonly setter: string;
    readonly old: string;
    readonly new: string;
  }[];
}

interface Row {
  readonly input: {
    readonly files: Readonly<Record<string, string>>;
    readonly policies: Readonly<Record<string, string>>;
  };
  readonly expect: { readonly changes?: readonly Changes[]; readonly error?: string };
}

/** Why the row fails, or nothing. */
export function runRow(row: unknown): string | undefined {
  // The file's own README gives rows this shape.
  const { input: { files, policies }, expect } = row as Row;
  const update = updateWithSetters(treeOf(files), policiesOf(policies), defaultBudget());
  if (!update.ok) return differ(update.message, expect.error);
  if (expect.error !== undefined) return `nothing failed, want ${expect.error}`;
  return differ(describe(update.value), (expect.changes ?? []).map((it) => placed(it, files))) ??
    checkBytes(files, update.value);
}

function differ(got: unknown, want: unknown): string | undefined {
  return isEqualJson(got, want)
    ? undefined
    : `got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`;
}

/** `ns/name` → `name:tag@digest`; a policy that chose nothing has an empty image. */
function policiesOf(policies: Readonly<Record<string, string>>): Map<string, LatestImage> {
  const chosen = new Map<string, LatestImage>();
  for (const [policy, image] of Object.entries(policies)) {
    const [, name, tag, digest] = /^(.+?):([^:/@]+)(?:@(.+))?$/.exec(image) ?? [];
    if (name === undefined || tag === undefined) continue;
    chosen.set(policy.replace("/", ":"), { name, tag, digest });
  }
  return chosen;
}

function describe({ changes }: ManifestUpdate): readonly Changes[] {
  return changes.map(({ file, object, changes }) => ({
    file,
    object: `${object.apiVersion} ${object.kind} ${object.namespace}/${object.name}`,
    changes: changes.map(({ setter, oldValue, newValue }) => ({
      setter,
      old: oldValue,
      new: newValue,
    })),
  }));
}

/** Unlike Flux: it takes the members of a List for files of their own without a name, and writes them beside it. */
function placed(changes: Changes, files: Readonly<Record<string, string>>): Changes {
  return changes.file === "" ? { ...changes, file: Object.keys(files)[0] ?? "" } : changes;
}

/** Takes the new values out of a file, and the old ones out of its input: what is left has to be the same. */
function checkBytes(
  files: Readonly<Record<string, string>>,
  update: ManifestUpdate,
): string | undefined {
  for (const [path, bytes] of update.files) {
    const values = update.changes.filter(({ file }) => file === path).flatMap((it) => it.changes);
    const before = without(files[path] ?? "", values, (it) => it.oldValue);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    const after = without(text, values, (it) => it.newValue);
    if (before !== after) return `${path}: ${JSON.stringify(after)} is left of ${before}`;
  }
  const changed = new Set(update.changes.map(({ file }) => file));
  return differ([...update.files.keys()].sort(), [...changed].sort());
}

/** The file with values blotted out where they stand before their marker, with their quotes or block sign. */
function without(
  text: string,
  changes: readonly Change[],
  valueOf: (it: Change) => string,
): string {
  let left = text;
  for (const change of changes) {
    const value = RegExp.escape(valueOf(change).trim());
    const marker = `[ \\t]*#[ \\t]*\\{[^\\n]*"${RegExp.escape(change.setter)}"`;
    const line = new RegExp(`(["']?)${value}\\1(?=${marker})`);
    const block = new RegExp(`\\|-?(${marker}[^\\n]*\\n\\s*)${value}`);
    left = line.test(left) ? left.replace(line, "") : left.replace(block, "$1");
  }
  return left;
}
