/**
 * Writes a document that stands as text inside of a field: JSON as JSON, YAML as YAML.
 *
 * @module
 */
import { emitJson, emitYaml, type ScalarNode, stringNode, type YamlNode } from "../yaml/mod.ts";
import { Refusal } from "./refusal.ts";

/** Writes `node`, which was parsed from `original`, in the form that `original` had. */
export function formatInner(node: YamlNode, original: string): string {
  if (!/^\s*[[{]/.test(original)) return formatYaml(node, original);
  const compact = emitJson(node);
  if (!original.includes("\n") || !original.includes("  ")) return compact;
  // Indented JSON differs from compact JSON in white space only, and emitJson has sorted and escaped already.
  return indentJson(compact);
}

/** Breaks compact JSON into lines, two spaces a level. */
export function indentJson(compact: string): string {
  let out = "";
  let depth = 0;
  for (let index = 0; index < compact.length; index++) {
    const char = compact[index] ?? "";
    if (char === '"') {
      const end = stringEnd(compact, index);
      out += compact.slice(index, end);
      index = end - 1;
    } else if (char === "{" || char === "[") {
      const close = compact[index + 1];
      if (close === "}" || close === "]") {
        out += char + close;
        index++;
      } else out += `${char}\n${"  ".repeat(++depth)}`;
    } else if (char === "}" || char === "]") out += `\n${"  ".repeat(--depth)}${char}`;
    else if (char === ",") out += `,\n${"  ".repeat(depth)}`;
    else out += char === ":" ? ": " : char;
  }
  return out;
}

function stringEnd(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === "\\" ? 2 : 1;
  return index + 1;
}

/** Order, quotes and brackets stay as they were; indentation becomes two spaces, none under a list's key. */
function formatYaml(root: YamlNode, original: string): string {
  if (/(^|\s)#/m.test(original)) {
    throw new Refusal(
      "the text inside of the field has comments, which a replacement inside of it would lose; remove them",
      undefined,
      "Unsupported",
    );
  }
  const writer = new YamlWriter(original);
  return writer.block(root, 0).trim();
}

class YamlWriter {
  readonly #original: string;

  constructor(original: string) {
    this.#original = original;
  }

  /** A node on lines of its own. */
  block(node: YamlNode, indent: number): string {
    const pad = " ".repeat(indent);
    if (node.kind === "scalar") return `${this.#scalar(node, indent)}\n`;
    if (this.#isFlow(node)) return `${this.#flow(node)}\n`;
    if (node.kind === "seq") {
      return node.items.map((item) => `${pad}- ${this.block(item, indent + 2).trimStart()}`).join(
        "",
      );
    }
    return node.entries.map(({ key, value }) =>
      `${pad}${this.#scalar(key, indent)}:${this.#value(value, indent)}`
    ).join("");
  }

  #value(node: YamlNode, indent: number): string {
    if (node.kind === "scalar") {
      const text = this.#scalar(node, indent + 2);
      return text === "" ? "\n" : ` ${text}\n`;
    }
    if (this.#isFlow(node)) return ` ${this.#flow(node)}\n`;
    return `\n${this.block(node, node.kind === "seq" ? indent : indent + 2)}`;
  }

  /** What was in brackets stays in brackets, and so does what is empty. */
  #isFlow(node: YamlNode): boolean {
    if (node.kind === "map" && node.entries.length === 0) return true;
    if (node.kind === "seq" && node.items.length === 0) return true;
    return node.at !== undefined && /[[{]/.test(this.#original[node.at.start] ?? "");
  }

  #flow(node: YamlNode): string {
    if (node.kind === "scalar") return this.#scalar(node, 0);
    if (node.kind === "seq") return `[${node.items.map((item) => this.#flow(item)).join(", ")}]`;
    const entries = node.entries.map(({ key, value }) =>
      `${this.#flow(key)}: ${this.#flow(value)}`
    );
    return `{${entries.join(", ")}}`;
  }

  #scalar(node: ScalarNode, indent: number): string {
    const { value, tag } = node;
    const style = node.style ?? this.#styleBefore(node);
    if (style === "double") return emitJson(stringNode(value));
    if (style === "single") return `'${value.replaceAll("'", "''")}'`;
    if (tag !== "str") return value;
    const text = emitYaml(stringNode(value)).trimEnd();
    return text.includes("\n") ? text.replaceAll("\n", `\n${" ".repeat(indent)}`) : text;
  }

  /** A value that was replaced keeps the quotes of the one before. */
  #styleBefore(node: ScalarNode): ScalarNode["style"] {
    const first = node.at === undefined ? "" : this.#original[node.at.start];
    return first === '"' ? "double" : first === "'" ? "single" : undefined;
  }
}
