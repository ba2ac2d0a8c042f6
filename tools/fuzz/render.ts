/**
 * Writes a model as files, with a YAML writer of its own: the one under test is not to hide its mistakes.
 *
 * @module
 */
import { isList, isMap, type Json } from "./model.ts";

/** Text by path. */
export type Files = Readonly<Record<string, string>>;

/** The files of an input: one folder per layer; what is marked as a file lies beside its layer's kustomization. */
export function renderFiles(model: Json): Files {
  const files: Record<string, string> = {};
  if (!isMap(model)) return files;
  for (const [folder, kustomization] of Object.entries(model)) {
    new Folder(folder, files).write(kustomization);
  }
  return files;
}

class Folder {
  readonly #path: string;
  readonly #files: Record<string, string>;
  #count = 0;

  constructor(path: string, files: Record<string, string>) {
    this.#path = path;
    this.#files = files;
  }

  write(kustomization: Json): void {
    this.#files[`${this.#path}/kustomization.yaml`] = this.#yaml(kustomization);
  }

  #yaml(value: Json): string {
    if (isMap(value) && isList(value.$docs)) {
      return value.$docs.map((document) => this.#yaml(document)).join("---\n");
    }
    if (isMap(value) && isList(value.$lines)) return value.$lines.map(String).join("\n");
    const text = this.#block(value, "").replace(/^\n/, "").replace(/^ /, "");
    return text.endsWith("\n") ? text : `${text}\n`;
  }

  #mark(value: Json): string | undefined {
    if (!isMap(value)) return undefined;
    if ("$raw" in value) return String(value.$raw);
    if ("$text" in value) return quote(this.#yaml(value.$text ?? null));
    if ("$folder" in value) return quote(this.#folder(value.$folder ?? null));
    if ("$file" in value) return quote(this.#file(value.$file ?? null, String(value.extension)));
    // A key of a generator: `key=path`.
    if ("$keyed" in value) {
      return quote(`${String(value.key)}=${this.#file(value.$keyed ?? null, "txt")}`);
    }
    return undefined;
  }

  #file(content: Json, extension: string): string {
    const name = `f${this.#count++}.${extension}`;
    const path = `${this.#path}/${name}`;
    this.#files[path] = typeof content === "string" ? content : this.#yaml(content);
    return name;
  }

  #folder(kustomization: Json): string {
    const name = `d${this.#count++}`;
    new Folder(`${this.#path}/${name}`, this.#files).write(kustomization);
    return name;
  }

  /** What follows a key or a dash: a scalar on the same line, or lines below. */
  #block(value: Json, indent: string): string {
    if (isMap(value) && "$noted" in value) {
      const text = this.#block(value.$noted ?? null, indent);
      return text.replace("\n", ` # ${String(value.note)}\n`);
    }
    const marked = this.#mark(value);
    if (marked !== undefined) return ` ${marked}\n`;
    if (isList(value)) {
      if (value.length === 0) return " []\n";
      return `\n${value.map((item) => `${indent}-${this.#inItem(item, `${indent}  `)}`).join("")}`;
    }
    if (!isMap(value)) return ` ${scalar(value)}\n`;
    const entries = Object.entries(value);
    if (entries.length === 0) return " {}\n";
    return `\n${
      entries.map(([key, item]) => `${indent}${quoteKey(key)}:${this.#block(item, `${indent}  `)}`)
        .join("")
    }`;
  }

  /** A map begins on the line of its dash. */
  #inItem(value: Json, indent: string): string {
    const text = this.#block(value, indent);
    return text.startsWith("\n") ? ` ${text.slice(1 + indent.length)}` : text;
  }
}

function scalar(value: Json): string {
  return typeof value === "string" && !/^[a-z][a-z0-9/-]*$/.test(value) || isWord(value)
    ? quote(String(value))
    : String(value);
}

function isWord(value: Json): boolean {
  return typeof value === "string" && /^(y|n|yes|no|on|off|true|false|null)$/.test(value);
}

function quoteKey(key: string): string {
  return /^[a-zA-Z$][a-zA-Z0-9./_-]*$/.test(key) && !isWord(key) ? key : quote(key);
}

/** JSON's quotes are YAML's. */
function quote(text: string): string {
  return JSON.stringify(text);
}
