/**
 * What templates work on: Go's values, as far as a template can tell them apart.
 *
 * @module
 */

/** An integer is a `bigint`, a float a `number`. `undefined` is no value at all, `null` is Go's nil. */
export type Value =
  | undefined
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly Value[]
  | Dict
  | Struct;

/** What an entry of a {@linkcode Dict} is found by. */
export type Key = string | Struct;

/** How a {@linkcode Dict} calls itself, and what it gives for a key that it has not. */
export interface DictOptions {
  /** Go's name of the type. */
  readonly typeName?: string;
  /** What `index` gives where there is no entry; no value when left out. */
  readonly zero?: Value;
}

/** A map. It iterates by sorted key, as templates do. */
export class Dict {
  /** Its entries, as they were put in. */
  readonly entries: Map<Key, Value>;
  /** Go's name of its type. */
  readonly typeName: string;
  /** What it gives for a key that it has not. */
  readonly zero: Value;

  /** Holds `entries`. */
  constructor(entries: Iterable<readonly [Key, Value]> = [], options: DictOptions = {}) {
    this.entries = new Map(entries);
    this.typeName = options.typeName ?? "map[string]interface {}";
    this.zero = options.zero;
  }

  /** Its entries, sorted by key. */
  sorted(): [Key, Value][] {
    return [...this.entries].sort(([a], [b]) => compareKeys(a, b));
  }
}

/** A field of a {@linkcode Struct}. */
export interface Field {
  /** Its name. */
  readonly name: string;
  /** What it holds. */
  readonly value: Value;
  /** True where the fields of its own value count as fields of the whole. */
  readonly isEmbedded?: boolean;
}

/** What a {@linkcode Struct} has besides fields. */
export interface StructOptions {
  /** Methods without arguments, by name. */
  readonly methods?: Readonly<Record<string, () => Value>>;
  /** How it prints, where it has a method for that. */
  readonly text?: string;
}

/** A structure with named fields. */
export class Struct {
  readonly #methods: ReadonlyMap<string, () => Value>;
  /** How it prints; as its fields when absent. */
  readonly text: string | undefined;

  /** Holds `fields`; messages call its type `typeName`. */
  constructor(
    readonly typeName: string,
    readonly fields: readonly Field[],
    options: StructOptions = {},
  ) {
    this.#methods = new Map(Object.entries(options.methods ?? {}));
    this.text = options.text;
  }

  /** What `.name` gives; nothing when there is neither a method nor a field. */
  member(name: string): { readonly value: Value } | undefined {
    const method = this.#methods.get(name);
    if (method !== undefined) return { value: method() };
    const own = this.fields.find((field) => field.name === name);
    if (own !== undefined) return { value: own.value };
    for (const { value, isEmbedded } of this.fields) {
      const found = isEmbedded === true && value instanceof Struct ? value.member(name) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Go's name for the type of `value`. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case "undefined":
      return "<nil>";
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "float64";
    case "string":
      return "string";
    default:
      if (value === null) return "<nil>";
      return value instanceof Dict || value instanceof Struct ? value.typeName : "[]interface {}";
  }
}

/** Go's name for the kind of `value`. */
export function kindName(value: Value): string {
  if (value === null || value === undefined) return "invalid";
  if (value instanceof Dict) return "map";
  if (value instanceof Struct) return "struct";
  return typeof value === "object" ? "slice" : typeName(value);
}

/** True for a list. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** What `if` makes of a value: all but zeros and what is empty is true. */
export function isTruth(value: Value): boolean {
  if (isList(value)) return value.length > 0;
  if (value instanceof Dict) return value.entries.size > 0;
  return value instanceof Struct || Boolean(value);
}

/** The order of keys: texts by code point, structures field by field. */
export function compareKeys(a: Key, b: Key): number {
  if (typeof a === "string" || typeof b === "string") {
    return typeof a === "string" && typeof b === "string" ? compareTexts(a, b) : 0;
  }
  for (const [index, field] of a.fields.entries()) {
    const [one, other] = [field.value, b.fields[index]?.value];
    const isKey = (it: Value): it is Key => typeof it === "string" || it instanceof Struct;
    const order = isKey(one) && isKey(other) ? compareKeys(one, other) : 0;
    if (order !== 0) return order;
  }
  return 0;
}

/** The order of texts by code point, which is that of their bytes. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  // Half of a pair decides by the whole of it.
  const isLow = (a.charCodeAt(at) & 0xfc00) === 0xdc00 || (b.charCodeAt(at) & 0xfc00) === 0xdc00;
  const from = isLow && at > 0 ? at - 1 : at;
  return (a.codePointAt(from) ?? -1) - (b.codePointAt(from) ?? -1);
}
