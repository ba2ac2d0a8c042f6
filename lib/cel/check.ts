/**
 * The static type of an expression, where Flux demands one: errors that no object could mend are found early.
 *
 * @module
 */
import { dottedName } from "./evaluate.ts";
import { type CelType, DYN, SIGNATURES } from "./signatures.ts";
import { CelSyntaxError, type Node } from "./syntax.ts";
import { TYPE_NAMES, typeNameOf } from "./value.ts";

/** What an object is before its fields are known. */
export const OBJECT: CelType = { name: "map", parts: [{ name: "string" }, DYN] };
const BOOL: CelType = { name: "bool" };
/** Types whose values may be null. */
const NULLABLE: ReadonlySet<string> = new Set(["null", "timestamp", "duration", "optional_type"]);

type Names = ReadonlyMap<string, CelType>;

/** The type of `node` where `names` are declared; throws {@linkcode CelSyntaxError}. */
export function typeOf(node: Node, names: Names): CelType {
  switch (node.kind) {
    case "literal":
      return { name: node.value === null ? "null" : typeNameOf(node.value) };
    case "ident":
      return typeOfName(node, node.name, names);
    case "select":
      return typeOfSelect(node, names);
    case "index":
      return typeOfIndex(node, names);
    case "call":
      return typeOfCall(node, names);
    case "logic":
      for (const operand of node.operands) {
        demandBool(operand, names, node.isAnd ? "_&&_" : "_||_");
      }
      return BOOL;
    case "choice": {
      demandBool(node.when, names, "_?_:_");
      const [then, otherwise] = [typeOf(node.then, names), typeOf(node.otherwise, names)];
      if (!isAlike(then, otherwise)) throw mismatch(node, "_?_:_", [BOOL, then, otherwise]);
      return then.name === "dyn" ? DYN : otherwise.name === "dyn" ? DYN : then;
    }
    case "list":
      return {
        name: "list",
        parts: [
          commonType(
            node.items.map(({ node, isOptional }) => itemType(node, isOptional, names)),
            node,
          ),
        ],
      };
    case "map": {
      const keys = node.entries.map(({ key }) => typeOf(key, names));
      const values = node.entries.map(({ value, isOptional }) =>
        itemType(value, isOptional, names)
      );
      return { name: "map", parts: [commonType(keys, node), commonType(values, node)] };
    }
    case "loop":
      return typeOfLoop(node, names);
    case "optional-map": {
      const operand = typeOf(node.operand, names);
      if (!isHolder(operand)) throw mismatch(node, "hasValue", [operand], true);
      const held = operand.parts?.[0] ?? DYN;
      const step = typeOf(node.step, new Map([...names, [node.variable, held]]));
      return node.isFlat ? step : { name: "optional_type", parts: [step] };
    }
  }
}

/** Whether a value may be an optional. */
function isHolder({ name }: CelType): boolean {
  return name === "optional_type" || name === "dyn" || name === "null";
}

/** The type of an element; `?` takes it out of its optional. */
function itemType(node: Node, isOptional: boolean, names: Names): CelType {
  const type = typeOf(node, names);
  if (!isOptional || type.name === "dyn") return type;
  if (type.name === "optional_type") return type.parts?.[0] ?? DYN;
  const shown = formatType(type);
  throw new CelSyntaxError(
    node.at,
    `expected type 'optional_type(${shown})' but found '${shown}'`,
  );
}

/** A type as cel-go writes it: `map(string, dyn)`. */
export function formatType({ name, parts }: CelType): string {
  return parts === undefined ? name : `${name}(${parts.map(formatType).join(", ")})`;
}

function typeOfName(node: Node, name: string, names: Names): CelType {
  const declared = node.kind === "ident" ? names.get(name) : undefined;
  if (declared !== undefined) return declared;
  if (TYPE_NAMES.has(name)) return { name: "type" };
  throw undeclared(node, name);
}

function undeclared(node: Node, name: string): CelSyntaxError {
  return new CelSyntaxError(node.at, `undeclared reference to '${name}' (in container '')`);
}

function typeOfSelect(node: Extract<Node, { kind: "select" }>, names: Names): CelType {
  const dotted = dottedName(node);
  if (dotted !== undefined && TYPE_NAMES.has(dotted.name)) return { name: "type" };
  const operand = typeOf(node.operand, names);
  const isHeld = operand.name === "optional_type";
  const held = isHeld ? operand.parts?.[0] ?? DYN : operand;
  if (held.name !== "dyn" && held.name !== "map") {
    throw new CelSyntaxError(
      node.at,
      `type '${formatType(held)}' does not support field selection`,
    );
  }
  if (node.mode === "test") return BOOL;
  const field = held.parts?.[1] ?? DYN;
  return isHeld || node.mode === "optional" ? { name: "optional_type", parts: [field] } : field;
}

function typeOfIndex(node: Extract<Node, { kind: "index" }>, names: Names): CelType {
  const operand = typeOf(node.operand, names);
  const index = typeOf(node.index, names);
  const isHeld = operand.name === "optional_type";
  const held = isHeld ? operand.parts?.[0] ?? DYN : operand;
  const wanted = held.name === "list" ? { name: "int" } : held.parts?.[0] ?? DYN;
  const isIndexed = ["dyn", "map", "list"].includes(held.name);
  if (!isIndexed || !isAlike(wanted, index)) throw mismatch(node, "_[_]", [operand, index]);
  const element = held.parts?.at(-1) ?? DYN;
  return isHeld || node.isOptional ? { name: "optional_type", parts: [element] } : element;
}

function typeOfCall(node: Extract<Node, { kind: "call" }>, names: Names): CelType {
  const parts = node.target === undefined ? node.args : [node.target, ...node.args];
  const types = parts.map((part) => typeOf(part, names));
  const special = specialType(node, types);
  if (special !== undefined) return special;
  const ways = SIGNATURES.get(node.target === undefined ? node.name : `.${node.name}`);
  if (ways === undefined) throw undeclared(node, node.name);
  const fitting = ways.filter(({ args }) =>
    args.length === types.length && args.every((arg, index) => isAlike(arg, types[index] ?? DYN))
  );
  const [first] = fitting;
  if (first === undefined) throw mismatch(node, node.name, types, node.target !== undefined);
  return fitting.every(({ result }) => result.name === first.result.name) ? first.result : DYN;
}

/** Of calls whose type follows from that of an argument. */
function specialType(
  node: Extract<Node, { kind: "call" }>,
  types: readonly CelType[],
): CelType | undefined {
  const [one = DYN, other = DYN] = types;
  const { name, target } = node;
  if (name === "_==_" || name === "_!=_") {
    if (!isAlike(one, other)) throw mismatch(node, name, types);
    return BOOL;
  }
  if (name === "_in_") {
    const isRange = ["list", "map", "dyn"].includes(other.name);
    if (!isRange || !isAlike(one, other.parts?.[0] ?? DYN)) throw mismatch(node, "@in", types);
    return BOOL;
  }
  if ((name === "first" || name === "last") && target !== undefined && types.length === 1) {
    if (!["list", "dyn"].includes(one.name)) throw mismatch(node, name, types, true);
    return { name: "optional_type", parts: [one.parts?.[0] ?? DYN] };
  }
  if (name === "optional.none" && types.length === 0) {
    return { name: "optional_type", parts: [DYN] };
  }
  if (name.startsWith("optional.") && types.length === 1) {
    return { name: "optional_type", parts: [one] };
  }
  if (target === undefined || !["value", "or", "orValue"].includes(name)) return undefined;
  const held = one.parts?.[0] ?? DYN;
  const wanted = name === "value" ? [] : name === "or" ? [one] : [held];
  const fits = types.length === wanted.length + 1 && wanted.every((type) => isAlike(type, other));
  if (!isHolder(one) || !fits) throw mismatch(node, name, types, true);
  return name === "or" ? one : held;
}

function typeOfLoop(node: Extract<Node, { kind: "loop" }>, names: Names): CelType {
  const range = typeOf(node.range, names);
  if (!["list", "map", "dyn"].includes(range.name)) {
    throw new CelSyntaxError(
      node.range.at,
      `expression of type '${
        formatType(range)
      }' cannot be range of a comprehension (must be list, map, or dynamic)`,
    );
  }
  const item = range.parts?.[0] ?? DYN;
  const inner = new Map([...names, [node.variable, item]]);
  if (node.filter !== undefined) demandBool(node.filter, inner, "_?_:_");
  if (node.name === "map") return { name: "list", parts: [typeOf(node.step, inner)] };
  demandBool(
    node.step,
    inner,
    node.name === "all" ? "_&&_" : node.name === "exists" ? "_||_" : "_?_:_",
  );
  return node.name === "filter" ? { name: "list", parts: [item] } : BOOL;
}

function demandBool(node: Node, names: Names, where: string): void {
  const type = typeOf(node, names);
  if (!isAlike(type, BOOL)) throw mismatch(node, where, [type]);
}

/** Elements of a literal are of one type; `dyn` goes with all. */
function commonType(types: readonly CelType[], node: Node): CelType {
  const [first = DYN, ...rest] = types;
  for (const type of rest) {
    if (isAlike(first, type)) continue;
    throw new CelSyntaxError(
      node.at,
      `expected type '${formatType(first)}' but found '${formatType(type)}'`,
    );
  }
  return types.some(({ name }) => name === "dyn") ? DYN : first;
}

/** Whether a value may be of both types. */
function isAlike(one: CelType, other: CelType): boolean {
  if (one.name === "dyn" || other.name === "dyn") return true;
  if (one.name === "null" || other.name === "null") {
    return NULLABLE.has(one.name) && NULLABLE.has(other.name);
  }
  if (one.name !== other.name) return false;
  return (one.parts ?? []).every((part, index) => isAlike(part, other.parts?.[index] ?? DYN));
}

function mismatch(
  node: Node,
  name: string,
  types: readonly CelType[],
  isMethod = false,
): CelSyntaxError {
  const shown = types.map(formatType);
  const applied = isMethod ? `${shown[0]}.(${shown.slice(1).join(", ")})` : `(${shown.join(", ")})`;
  return new CelSyntaxError(
    node.at,
    `found no matching overload for '${name}' applied to '${applied}'`,
  );
}
