/**
 * Reads typed values out of YAML nodes by the rules of Go's JSON decoder: names in any case, null as absent,
 * no conversion between types.
 *
 * @module
 */
import { nearestName } from "../base/mod.ts";
import {
  type MapEntry,
  type MapNode,
  type ScalarNode,
  textOf,
  type YamlNode,
} from "../yaml/mod.ts";
import { Refusal, runAll } from "./refusal.ts";

/** What every decoder knows about the document it works on. */
export interface DecodeContext {
  /** Path of the file, for messages. */
  readonly path: string;
  /** Line of the document in the file, added to what nodes say. */
  readonly line?: number;
  /** True where an unknown field is an error (kustomization.yaml), false where it is skipped (plugin configs). */
  readonly strict: boolean;
  /** True where numbers and booleans pass for text, as in plugin configs. */
  readonly coerce: boolean;
}

/** Turns a node into a value; `field` is the path of the node inside its document. */
export type Decoder<T> = (node: YamlNode, field: string, context: DecodeContext) => T;

/** The type that a decoder makes. */
export type Decoded<D> = D extends Decoder<infer T> ? T : never;

/** Text; only from a string, unless the context coerces. */
export const text: Decoder<string> = (node, field, context) => {
  if (node.kind !== "scalar") throw mismatch(node, field, context, "a string");
  if (node.tag === "str" || node.tag === "timestamp" || node.tag === "binary") return node.value;
  if (context.coerce) return canonicalText(node);
  throw mismatch(node, field, context, "a string", " (put it in quotes)");
};

/** A boolean. */
export const flag: Decoder<boolean> = (node, field, context) => {
  if (node.kind === "scalar" && node.tag === "bool") return /^true$/i.test(node.value);
  throw mismatch(node, field, context, "true or false");
};

/** A whole number that a double holds. */
export const integer: Decoder<number> = (node, field, context) => {
  const value = node.kind === "scalar" && (node.tag === "int" || node.tag === "float")
    ? Number(node.value.replaceAll("_", ""))
    : NaN;
  if (!Number.isSafeInteger(value)) throw mismatch(node, field, context, "a whole number");
  return value;
};

/** A list whose items are all of one type. */
export function list<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return (node, field, context) => {
    if (node.kind !== "seq") throw mismatch(node, field, context, "a list");
    const values: T[] = [];
    runAll(node.items.map((child, index) => () => {
      values.push(item(child, `${field}[${index}]`, context));
    }));
    return values;
  };
}

/** A list of text where a null item is the empty text, as Go has it. */
export const texts: Decoder<readonly string[]> = list((node, field, context) =>
  isNull(node) ? "" : text(node, field, context)
);

/** A map from text to text, in source order. */
export const textMap: Decoder<ReadonlyMap<string, string>> = (node, field, context) => {
  if (node.kind !== "map") throw mismatch(node, field, context, "a map");
  const values = new Map<string, string>();
  for (const { key, value } of node.entries) {
    values.set(key.value, isNull(value) ? "" : text(value, `${field}.${key.value}`, context));
  }
  return values;
};

/** The node itself. */
export const anyNode: Decoder<YamlNode> = (node) => node;

/** The values of a map's known fields; absent where the field is absent or null. */
export type Fields<F extends Record<string, Decoder<unknown>>> = {
  readonly [K in keyof F]?: Decoded<F[K]>;
};

/** A map with known fields. */
export function fields<F extends Record<string, Decoder<unknown>>>(known: F): Decoder<Fields<F>> {
  const byLowerCase = new Map(Object.keys(known).map((name) => [name.toLowerCase(), name]));
  return (node, field, context) => {
    if (node.kind !== "map") throw mismatch(node, field, context, "a map");
    const values: Record<string, unknown> = {};
    runAll(
      lastWins(node.entries).map(({ key, value }) => () => {
        const name = byLowerCase.get(key.value.toLowerCase());
        const decoder = name === undefined ? undefined : known[name];
        const child = field === "" ? key.value : `${field}.${key.value}`;
        if (name === undefined || decoder === undefined) {
          if (context.strict) throw unknownField(key, child, [...byLowerCase.values()], context);
          return;
        }
        if (!isNull(value)) values[name] = decoder(value, child, context);
      }),
    );
    // Every value came from the decoder that `known` holds under the same name.
    return values as Fields<F>;
  };
}

/** In the order of JSON, keys sorted, where two spellings of a name meet: the last of them counts. */
function lastWins(entries: readonly MapEntry[]): readonly MapEntry[] {
  const names = new Set(entries.map(({ key }) => key.value.toLowerCase()));
  if (names.size === entries.length) return entries;
  return entries.toSorted((a, b) => (a.key.value < b.key.value ? -1 : 1));
}

/** True for a null scalar. */
export function isNull(node: YamlNode | undefined): boolean {
  return node?.kind === "scalar" && node.tag === "null";
}

/** Where `node` stands, for a message. */
export function placeOf(node: YamlNode | undefined, context: { path: string }): {
  path: string;
  line?: number | undefined;
} {
  return { path: context.path, line: node?.at?.line };
}

/** A number or boolean as Go prints it when text is wanted. */
function canonicalText(node: ScalarNode): string {
  if (node.tag === "bool") return node.value.toLowerCase();
  if (node.tag !== "int" && node.tag !== "float") return node.value;
  const plain = node.value.replaceAll("_", "");
  return node.tag === "int" && /^[-+]?\d+$/.test(plain)
    ? String(BigInt(plain))
    : String(Number(plain));
}

function mismatch(
  node: YamlNode,
  field: string,
  context: DecodeContext,
  wanted: string,
  remedy = "",
): Refusal {
  const found = node.kind === "scalar"
    ? `"${(textOf(node) ?? "null").slice(0, 60)}"`
    : `a ${node.kind}`;
  const subject = field === "" ? "the document" : field;
  return new Refusal(
    `${subject} must be ${wanted}, not ${found}${remedy}`,
    placeOf(node, context),
  );
}

function unknownField(
  key: ScalarNode,
  field: string,
  known: readonly string[],
  context: DecodeContext,
): Refusal {
  const near = nearest(key.value, known);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return new Refusal(`unknown field "${field}"${hint}`, placeOf(key, context));
}

/** The known name that differs least, when it differs little. */
function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 60) return undefined;
  return nearestName(name, known, Math.max(2, Math.floor(name.length / 4)), { ignoreCase: true });
}

/** Reads a whole document. */
export function decodeDocument<T>(node: MapNode, decoder: Decoder<T>, context: DecodeContext): T {
  return decoder(node, "", context);
}
