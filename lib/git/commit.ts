/**
 * Commit and tag objects.
 *
 * @module
 */
import type { Signature } from "./client.ts";
import { invalid } from "./failure.ts";
import { isObjectId, type ObjectFormat } from "./object_format.ts";

/** What a commit object says. */
export interface ParsedCommit {
  /** Id of the root folder. */
  readonly tree: string;
  /** Ids of the commits before it. */
  readonly parents: readonly string[];
  /** Who wrote the change. */
  readonly author: Signature;
  /** Who made the commit. */
  readonly committer: Signature;
  /** Full message. */
  readonly message: string;
}

const MOST_COMMIT_BYTES = 4 << 20;
const MOST_PARENTS = 1000;

/**
 * Reads a commit object.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { SHA1 } from "./object_format.ts";
 * const who = "A <a@b.c> 1700000000 +0100";
 * const text = `tree ${"0".repeat(40)}\nauthor ${who}\ncommitter ${who}\n\nhello\n`;
 * const commit = parseCommit(SHA1, new TextEncoder().encode(text));
 * assert.equal(commit.author.email, "a@b.c");
 * assert.equal(commit.message, "hello\n");
 * ```
 */
export function parseCommit(format: ObjectFormat, content: Uint8Array): ParsedCommit {
  const { headers, keys, message } = parseObject(content);
  const [tree] = headers.get("tree") ?? [];
  const parents = headers.get("parent") ?? [];
  const [author] = headers.get("author") ?? [];
  const [committer] = headers.get("committer") ?? [];
  const ids = [tree ?? "", ...parents];
  // git reads parents right behind the tree, and no others: who sees more of them sees another history.
  const lead = keys.slice(0, ids.length).join(" ");
  const isSound = ids.every((id) => isObjectId(format, id)) && parents.length <= MOST_PARENTS &&
    lead === ["tree", ...parents.map(() => "parent")].join(" ");
  if (!isSound || tree === undefined || author === undefined || committer === undefined) {
    throw invalid("The commit is damaged");
  }
  return {
    tree,
    parents,
    author: parseSignature(author),
    committer: parseSignature(committer),
    message,
  };
}

const MOST_TITLE = 50;

/**
 * The first line of a message, cut at 50 characters, as events show it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(commitTitle("title\n\nmore"), "title");
 * ```
 */
export function commitTitle(message: string): string {
  const [title = ""] = message.split("\n", 1);
  const signs = [...title];
  return signs.length <= MOST_TITLE ? title : `${signs.slice(0, MOST_TITLE).join("")}...`;
}

/** The id of the object that a tag object names. */
export function parseTagTarget(format: ObjectFormat, content: Uint8Array): string {
  const [target] = parseObject(content).headers.get("object") ?? [];
  if (target === undefined || !isObjectId(format, target)) throw invalid("The tag is damaged");
  return target;
}

interface ParsedObject {
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Names of the headers as they follow each other. */
  readonly keys: readonly string[];
  readonly message: string;
}

/** Header lines up to an empty one; lines that begin with a space go on with the one before. */
function parseObject(content: Uint8Array): ParsedObject {
  if (content.length > MOST_COMMIT_BYTES) throw invalid("The commit is too long");
  const text = new TextDecoder().decode(content);
  const end = text.indexOf("\n\n");
  const headers = new Map<string, string[]>();
  const keys: string[] = [];
  let key = "";
  for (const line of text.slice(0, end === -1 ? text.length : end).split("\n")) {
    const values = headers.get(key);
    if (line.startsWith(" ") && values !== undefined) {
      values.push(`${values.pop()}\n${line.slice(1)}`);
      continue;
    }
    const space = line.indexOf(" ");
    key = space === -1 ? line : line.slice(0, space);
    keys.push(key);
    const value = space === -1 ? "" : line.slice(space + 1);
    const others = headers.get(key);
    if (others === undefined) headers.set(key, [value]);
    else others.push(value);
  }
  return { headers, keys, message: end === -1 ? "" : text.slice(end + 2) };
}

/** `Name <address> seconds zone`; what old tools got wrong is read as far as it goes. */
function parseSignature(line: string): Signature {
  const open = line.indexOf("<");
  const close = line.lastIndexOf(">");
  if (open === -1 || close < open) {
    return { name: line.trim(), email: "", timeSeconds: 0, zone: "+0000" };
  }
  const [seconds = "", zone = ""] = line.slice(close + 1).trim().split(" ");
  return {
    name: line.slice(0, open).trim(),
    email: line.slice(open + 1, close),
    timeSeconds: /^\d{1,15}$/.test(seconds) ? Number(seconds) : 0,
    zone: /^[+-]\d{4}$/.test(zone) ? zone : "+0000",
  };
}
