/**
 * Lines of a kustomization file as git has it, in messages about the file that `spec` was laid over.
 *
 * @module
 */
import { type MapNode, parseOne, type YamlNode } from "../yaml/mod.ts";

/** A kustomization file that is built in place of the one in git. */
export interface LaidFile {
  /** Where it stands in for git's. */
  readonly path: string;
  /** What it says; what comes from git knows its line there. */
  readonly node: MapNode;
  /** What is built. */
  readonly text: string;
}

/**
 * Puts git's line numbers into `message`; what `spec` added has none, and loses the one that nobody could look up.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mapNode } from "../yaml/mod.ts";
 * const laid = { path: "app/kustomization.yaml", node: mapNode(), text: "namespace: apps\n" };
 * assert.equal(inGitLines("app/kustomization.yaml:1: no", laid), "app/kustomization.yaml: no");
 * ```
 */
export function inGitLines(message: string, laid: LaidFile | undefined): string {
  if (laid === undefined) return message;
  const { path } = laid;
  // At the beginning of a line, or behind what was found in another file: `(patches[0] of kustomization.yaml:3)`.
  const places = new RegExp(`(^|\\[\\d+\\] of )${escapeText(path)}:(\\d+)(?=[:)])`, "gm");
  let lines: ReadonlyMap<number, number> | undefined;
  return message.replace(places, (_, before: string, line: string) => {
    lines ??= matchLines(laid);
    const own = lines.get(Number(line));
    return own === undefined ? before + path : `${before}${path}:${own}`;
  });
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Git's lines by those of the text that is built. */
function matchLines({ node, text, path }: LaidFile): ReadonlyMap<number, number> {
  const lines = new Map<number, number>();
  const written = parseOne(text, { file: path });
  if (written.ok && written.value !== undefined) match(node, written.value, lines);
  return lines;
}

function match(own: YamlNode, written: YamlNode, lines: Map<number, number>): void {
  note(own, written, lines);
  if (own.kind === "map" && written.kind === "map") {
    const values = new Map(written.entries.map((entry) => [entry.key.value, entry]));
    for (const { key, value } of own.entries) {
      const entry = values.get(key.value);
      if (entry === undefined) continue;
      note(key, entry.key, lines);
      match(value, entry.value, lines);
    }
  } else if (own.kind === "seq" && written.kind === "seq") {
    for (const [index, item] of own.items.entries()) {
      const other = written.items[index];
      if (other !== undefined) match(item, other, lines);
    }
  }
}

/** The first that stands on a line is what messages about it mean. */
function note(own: YamlNode, written: YamlNode, lines: Map<number, number>): void {
  if (own.at === undefined || written.at === undefined) return;
  if (!lines.has(written.at.line)) lines.set(written.at.line, own.at.line);
}
