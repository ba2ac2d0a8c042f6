/**
 * Looks fields up, and makes missing ones, by the paths of replacements and variables.
 *
 * @module
 */
import {
  getKey,
  mapNode,
  parseOne,
  type ScalarNode,
  seqNode,
  stringNode,
  type YamlNode,
} from "../yaml/mod.ts";
import { plainScalar } from "./merge/keyed_list.ts";
import { Refusal } from "./refusal.ts";
import { compileRegex } from "./selector.ts";

/** Shape of the field at the end of a path that is made. */
export type MadeKind = YamlNode["kind"];

/** The parts of `[field=value]`; `undefined` for anything else. */
function listMatch(part: string): { field: string; value: string } | undefined {
  if (!part.startsWith("[") || !part.endsWith("]")) return undefined;
  const inner = part.slice(1, -1);
  const equals = inner.indexOf("=");
  if (equals < 0) {
    throw new Refusal(`"${part}" must name a field and a value: [name=web]`);
  }
  return { field: inner.slice(0, equals), value: inner.slice(equals + 1) };
}

function isIndex(part: string): boolean {
  return /^\+?\d+$/.test(part);
}

/** The one field at `path`; `undefined` where there is none, or where the path does not fit the object. */
export function lookUp(node: YamlNode, path: readonly string[]): YamlNode | undefined {
  let here: YamlNode | undefined = node;
  for (const part of path.map((text) => text.trim()).filter((text) => text !== "")) {
    if (here === undefined || part === "*") return undefined;
    const match = listMatch(part);
    if (isIndex(part)) here = here.kind === "seq" ? here.items[Number(part)] : undefined;
    else if (part === "-") here = here.kind === "seq" ? here.items.at(-1) : undefined;
    else if (match !== undefined) {
      const { field, value }: { field: string; value: string } = match;
      const items: readonly YamlNode[] = here.kind === "seq" ? here.items : [];
      here = items.find((item) => textAt(item, field) === value);
    } else here = getKey(here, part);
  }
  return here;
}

function textAt(item: YamlNode, field: string): string | undefined {
  const node = field === "" ? item : getKey(item, field);
  return node?.kind === "scalar" ? node.value : undefined;
}

/** How many nodes a tree has. */
export function countNodes(node: YamlNode): number {
  if (node.kind === "scalar") return 1;
  if (node.kind === "seq") return node.items.reduce((sum, item) => sum + countNodes(item), 1);
  return node.entries.reduce((sum, { value }) => sum + countNodes(value), 1);
}

/** Finds all fields at a path, and makes them where that is asked for. */
export class PathFinder {
  readonly #make: MadeKind | undefined;
  readonly #made: WeakSet<YamlNode>;

  /** `make` is the shape of missing fields; `made` learns which scalars have no type of their own yet. */
  constructor(make: MadeKind | undefined, made: WeakSet<YamlNode>) {
    this.#make = make;
    this.#made = made;
  }

  /** The fields at `path`. */
  find(node: YamlNode, path: readonly string[]): YamlNode[] {
    const [part, ...rest] = path;
    if (part === undefined) return [node];
    if (isIndex(part)) return this.#findByIndex(node, Number(part), rest);
    const match = listMatch(part);
    if (match !== undefined) return this.#findByValue(node, match, rest);
    if (part === "*") return this.#items(node, part).flatMap((item) => this.find(item, rest));
    return this.#findByName(node, part, rest);
  }

  #items(node: YamlNode, part: string): YamlNode[] {
    if (node.kind !== "seq") throw new Refusal(`"${part}" needs a list`);
    return node.items;
  }

  #findByIndex(node: YamlNode, index: number, rest: readonly string[]): YamlNode[] {
    const items = this.#items(node, String(index));
    if (items.length === index && this.#make !== undefined) items.push(this.#newNode(rest[0]));
    const item = items[index];
    if (item !== undefined) return this.find(item, rest);
    throw new Refusal(`there is no item ${index}, the list has ${items.length}`);
  }

  #findByValue(
    node: YamlNode,
    { field, value }: { field: string; value: string },
    rest: readonly string[],
  ): YamlNode[] {
    const matches = compileRegex(value);
    if (matches === undefined) throw new Refusal(`"${value}" is not a regular expression`);
    const search = () =>
      this.#items(node, `[${field}=${value}]`).flatMap((item) => {
        const text = textAt(item, field);
        if (text === undefined || !matches(text)) return [];
        return field === "" ? [item] : this.find(item, rest);
      });
    const found = search();
    if (found.length > 0 || this.#make === undefined || node.kind !== "seq") return found;
    const scalar = plainScalar(value);
    node.items.push(field === "" ? scalar : mapNode([[field, scalar]]));
    return search();
  }

  #findByName(node: YamlNode, name: string, rest: readonly string[]): YamlNode[] {
    if (node.kind === "scalar" && node.tag === "null") return [];
    if (node.kind !== "map") {
      throw new Refusal(`"${name}" is looked for in a ${shape(node)}, not a map`);
    }
    let field = getKey(node, name);
    if (field === undefined) {
      if (this.#make === undefined) return [];
      field = this.#newNode(rest[0]);
      node.entries.push({ key: stringNode(name), value: field });
    }
    if (field.kind === "scalar" && rest.length > 0 && field.tag !== "null") {
      // What is inside of a text is found, but a change there would not reach the text.
      return this.find(parseInner(field), rest);
    }
    return this.find(field, rest);
  }

  #newNode(next: string | undefined): YamlNode {
    const kind = next === undefined || next === ""
      ? this.#make
      : isIndex(next) || listMatch(next) !== undefined
      ? "seq"
      : "map";
    const node = kind === "seq" ? seqNode() : kind === "map" ? mapNode() : stringNode("");
    this.#made.add(node);
    return node;
  }
}

function shape(node: YamlNode): string {
  return node.kind === "seq" ? "list" : node.kind === "map" ? "map" : "plain value";
}

/** The document inside of a text. */
export function parseInner(node: ScalarNode): YamlNode {
  const parsed = parseOne(node.value, { file: "the text" });
  if (!parsed.ok) throw new Refusal(parsed.message);
  return parsed.value ?? mapNode();
}
