/**
 * Metadata in formats that know no nesting: `age__list_0__map_enc` is `age[0].enc`.
 *
 * @module
 */
const SEPARATOR = /__(map|list)_/;
/** Keys and lists in lists; sops writes three levels. */
const MOST_LEVELS = 12;
/** No list is longer, see `metadata.ts`. */
const MOST_ITEMS = 1_000;

type Nested = string | Nested[] | { [key: string]: Nested };

/**
 * Puts flat entries back together; an entry that does not fit the others is left out, so that what is missing is
 * named later on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const nested = nestMetadata([["age__list_0__map_enc", "x"], ["mac", "y"]]);
 * assert.deepEqual(nested, { age: [{ enc: "x" }], mac: "y" });
 * ```
 */
export function nestMetadata(entries: Iterable<readonly [string, string]>): unknown {
  const root: { [key: string]: Nested } = Object.create(null);
  for (const [name, value] of entries) {
    const [first = "", ...rest] = name.split(SEPARATOR);
    if (rest.length / 2 <= MOST_LEVELS) place(root, first, rest, value);
  }
  return plainOf(root);
}

function place(
  into: { [key: string]: Nested } | Nested[],
  key: string,
  rest: readonly string[],
  value: string,
): void {
  if (Array.isArray(into) && !(/^\d{1,4}$/.test(key) && Number(key) < MOST_ITEMS)) return;
  const [kind, next] = rest;
  const slot = Array.isArray(into) ? into[Number(key)] : into[key];
  const inner: Nested = kind === undefined
    ? value
    : slot ?? (kind === "list" ? [] : Object.create(null));
  if (Array.isArray(into)) into[Number(key)] = inner;
  else into[key] = inner;
  if (next !== undefined && typeof inner === "object") place(inner, next, rest.slice(2), value);
}

/** Without prototypes of its own making, and without holes. */
function plainOf(value: Nested): unknown {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return Array.from(value, (item) => plainOf(item ?? ""));
  const entries = Object.entries(value).map(([key, inner]) => [key, plainOf(inner)]);
  return Object.fromEntries(entries);
}
