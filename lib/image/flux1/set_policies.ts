/**
 * Policies of a workload, written into its annotations line by line.
 *
 * @module
 */
import { type Budget, fail, type Failure, isEqualJson, ok, type Result } from "../../base/mod.ts";
import { getKey, type MapEntry, type MapNode, textOf, writeOnLine } from "../../yaml/mod.ts";
import { annotationOf, badPattern, type Policies, policyOf } from "./policies.ts";
import { annotationsOf, containersOf, findWorkload } from "./workload_file.ts";

/** Which policies of which workload are set, and which taken away; what is in both is taken away. */
export interface PolicyChange {
  /** `ns:kind/name` */
  readonly workload: string;
  /** By name; `tag_all` is the tag of every container. */
  readonly add: Policies;
  /** Names. */
  readonly remove: ReadonlySet<string>;
}

/**
 * The file with other policies. A policy that is there in an older spelling keeps it. Fails with `InvalidPattern`,
 * `NotFound`, and `CannotEdit` for annotations that do not stand on lines of their own.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../../base/mod.ts";
 * const text = "kind: Pod\nmetadata:\n  name: a # me\n";
 * const change = { workload: "default:pod/a", add: new Map([["locked", "true"]]), remove: new Set<string>() };
 * const got = setPolicies("a.yaml", text, change, defaultBudget());
 * assert.equal(got.ok && got.value, `${text}  annotations:\n    fluxcd.io/locked: 'true'\n`);
 * ```
 */
export function setPolicies(
  path: string,
  text: string,
  change: PolicyChange,
  budget: Budget,
): Result<string> {
  for (const [policy, value] of change.add) {
    const bad = badPattern(policy, value);
    if (bad !== undefined) return fail("InvalidPattern", `invalid tag pattern: ${bad}`);
  }
  const found = findWorkload(path, text, change.workload, budget);
  if (!found.ok) return found;
  const { object } = found.value;
  const metadata = getKey(object, "metadata");
  if (metadata?.kind !== "map") return cannot(path);
  const wanted = wantedOf(annotationsOf(metadata), spelledOut(change, object));
  const edited = editLines(text, metadata, wanted);
  const now = edited === undefined
    ? undefined
    : findWorkload(path, edited, change.workload, budget);
  if (edited === undefined || now?.ok !== true) return cannot(path);
  const got = annotationsOf(getKey(now.value.object, "metadata"));
  return isEqualJson([...got].sort(), [...wanted].sort()) ? ok(edited) : cannot(path);
}

function cannot(path: string): Failure {
  return fail("CannotEdit", `${path}: write the annotations one a line, each under the other`);
}

/** The change with `tag_all` taken apart. */
function spelledOut(
  { add, remove }: PolicyChange,
  object: MapNode,
): Pick<PolicyChange, "add" | "remove"> {
  const named = new Map<string, string>();
  for (const [policy, value] of add) {
    if (policy !== "tag_all") named.set(policy, value);
    else for (const { name } of containersOf(object)) named.set(`tag.${name}`, value);
  }
  return { add: named, remove };
}

/** The annotations there should be, those that stay in their order. */
function wantedOf(
  before: ReadonlyMap<string, string>,
  { add, remove }: Pick<PolicyChange, "add" | "remove">,
): Map<string, string> {
  const wanted = new Map<string, string>();
  const set = new Set<string>();
  for (const [name, value] of before) {
    const policy = policyOf(name);
    if (policy !== undefined && remove.has(policy)) continue;
    const other = policy === undefined ? undefined : add.get(policy);
    if (policy !== undefined && other !== undefined) set.add(policy);
    wanted.set(name, other ?? value);
  }
  for (const [policy, value] of add) {
    if (!set.has(policy) && !remove.has(policy)) wanted.set(annotationOf(policy), value);
  }
  return wanted;
}

/** The text with those lines changed that differ; nothing where entries share lines. */
function editLines(
  text: string,
  metadata: MapNode,
  wanted: ReadonlyMap<string, string>,
): string | undefined {
  const entry = metadata.entries.find(({ key }) => key.value === "annotations");
  const old = entry?.value.kind === "map" ? entry.value.entries : [];
  const known = new Map(old.map(({ key, value }) => [key.value, textOf(value) ?? ""]));
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const added = [...wanted].filter(([name]) => !known.has(name));
  if (wanted.size === 0) {
    return entry === undefined ? text : cutLines(text, [linesOf(text, entry)]);
  }
  const last = old.at(-1);
  const place = last ?? metadata.entries.at(-1);
  const indent = (last ?? place)?.key.at;
  if (place === undefined || indent === undefined || (entry !== undefined && last === undefined)) {
    return undefined;
  }
  const column = indent.column - 1 + (last === undefined ? 2 : 0);
  const lines = added.map(([name, value]) => line(column, name, value));
  const head = last === undefined ? [`${" ".repeat(column - 2)}annotations:`] : [];
  const inserted = lines.length === 0 ? [] : [...head, ...lines].map((it) => it + lineEnd);
  const at = linesOf(text, place).end;
  const changed = old.filter(({ key, value }) =>
    !wanted.has(key.value) || wanted.get(key.value) !== (textOf(value) ?? "")
  );
  const edits = changed.map((it) => {
    const value = wanted.get(it.key.value);
    if (value === undefined) return { ...linesOf(text, it), text: "" };
    return valueOnLine(it, value) ??
      { ...linesOf(text, it), text: line(column, it.key.value, value) + lineEnd };
  });
  const needsEnd = inserted.length > 0 && at > 0 && !/[\r\n]$/.test(text.slice(0, at));
  const insertion = { start: at, end: at, text: (needsEnd ? lineEnd : "") + inserted.join("") };
  return replaceLines(text, [...edits, insertion]);
}

function line(column: number, name: string, value: string): string {
  return `${" ".repeat(column)}${writeOnLine(name, "plain", "block")}: ${
    writeOnLine(value, needsQuotes(value), "block")
  }`;
}

/** Flux v1 quotes what reads as something else by single quotes. */
function needsQuotes(value: string): "plain" | "single" {
  return writeOnLine(value, "plain", "block").startsWith('"') ? "single" : "plain";
}

/** Another value in the place of the old one, whose comment stays; nothing for a block. */
function valueOnLine({ value: node }: MapEntry, value: string): Edit | undefined {
  const style = node.kind === "scalar" ? node.style ?? "plain" : "literal";
  if (node.at === undefined || style === "literal" || style === "folded") return undefined;
  const written = style === "plain" ? needsQuotes(value) : style;
  return { start: node.at.start, end: node.at.end, text: writeOnLine(value, written, "block") };
}

interface Lines {
  readonly start: number;
  readonly end: number;
}

interface Edit extends Lines {
  readonly text: string;
}

/** The lines that an entry stands on, its line end included. */
function linesOf(text: string, { key, value }: MapEntry): Lines {
  const from = key.at?.start ?? 0;
  const start = Math.max(text.lastIndexOf("\n", from - 1), text.lastIndexOf("\r", from - 1)) + 1;
  // A block reaches into the blank lines behind it, which are nobody's.
  const till = text.slice(0, value.at?.end ?? from).trimEnd().length;
  const [rest = ""] = /^[^\r\n]*(?:\r\n|\r|\n|$)/.exec(text.slice(till)) ?? [];
  return { start, end: till + rest.length };
}

function cutLines(text: string, lines: readonly Lines[]): string {
  return replaceLines(text, lines.map((it) => ({ ...it, text: "" })));
}

function replaceLines(text: string, edits: readonly Edit[]): string {
  let out = "";
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    out += text.slice(at, Math.max(at, edit.start)) + edit.text;
    at = Math.max(at, edit.end);
  }
  return out + text.slice(at);
}
