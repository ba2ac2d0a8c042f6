/**
 * Templates made of the groups of a match, as Go's `regexp` expands them.
 *
 * @module
 */

/** What a match found. */
export interface Groups {
  /** Groups besides the whole match. */
  readonly count: number;
  /** Numbers of groups by name. */
  readonly names: Readonly<Record<string, number>>;
  /** Text of a group; empty when it took no part. */
  get(index: number): string;
}

/** `$name` takes as many letters as it can get: `$1x` is the group `1x`. */
const REFERENCE = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
/** Go reads a number with a leading zero, or with more digits, as a name. */
const NUMBER = /^(?:0|[1-9][0-9]{0,8})$/;

/**
 * `template` with `$1`, `$name`, `${name}` and `$$` replaced; groups that do not exist are empty.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const groups = { count: 1, names: { n: 1 }, get: (index: number) => ["ab", "b"][index] ?? "" };
 * assert.equal(expandGroups("$1-${n}-$$", groups), "b-b-$");
 * ```
 */
export function expandGroups(template: string, groups: Groups): string {
  return template.replace(
    REFERENCE,
    (_, dollar?: string, braced?: string, plain?: string) =>
      dollar ?? textOf(braced ?? plain ?? "", groups),
  );
}

function textOf(name: string, groups: Groups): string {
  if (NUMBER.test(name)) return Number(name) <= groups.count ? groups.get(Number(name)) : "";
  const index = Object.hasOwn(groups.names, name) ? groups.names[name] : undefined;
  return index === undefined ? "" : groups.get(index);
}
