/**
 * Tree objects: what a folder holds, with every name a stranger may not use refused.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { FileMode } from "../base/mod.ts";
import { invalid } from "./failure.ts";
import type { ObjectFormat } from "./object_format.ts";

/** One line of a tree object. */
export interface TreeEntry {
  /** Mode as in the object; `40000` is a folder. */
  readonly mode: FileMode | "40000";
  /** Name in its folder. */
  readonly name: string;
  /** Id of its content. */
  readonly id: string;
}

/** git's fsck knows these and no others; `100664` is what old versions wrote. */
const MODES: ReadonlyMap<string, FileMode | "40000"> = new Map<string, FileMode | "40000">([
  ["40000", "40000"],
  ["100644", "100644"],
  ["100664", "100644"],
  ["100755", "100755"],
  ["120000", "120000"],
  ["160000", "160000"],
]);
/** Longest mode, a space, a zero. */
const MOST_MODE_BYTES = 6;
const MOST_NAME_BYTES = 4096;
const DOT = 0x2e;
const SLASH = 0x2f;
const UPPER_G = 0x47;
const BACKSLASH = 0x5c;
const LOWER_G = 0x67;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Code points that HFS+ leaves out when it compares names. */
export const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/**
 * Reads a tree object; wrong order, doubles and dangerous names are refused.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { SHA1 } from "./object_format.ts";
 * assert.deepEqual(parseTree(SHA1, new Uint8Array()), []);
 * ```
 */
export function parseTree(format: ObjectFormat, content: Uint8Array): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  // Only a folder can have the name of another entry without standing right beside it.
  let names: Set<string> | undefined;
  let last = "";
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const zero = content.indexOf(0, at);
    const idAt = zero + 1;
    const end = idAt + format.idBytes;
    const fits = space > at && space - at <= MOST_MODE_BYTES && zero > space &&
      end <= content.length;
    if (!fits) throw invalid("A folder of the repository is damaged");
    if (zero - space > MOST_NAME_BYTES + 1) {
      throw invalid("A file name in the repository is too long");
    }
    const mode = MODES.get(bytes.toString("latin1", at, space));
    // A sign for each byte: in git's order, and mostly the name itself.
    const raw = bytes.toString("latin1", space + 1, zero);
    const isPlain = isPlainName(content, space + 1, zero);
    const name = isPlain ? raw : parseName(content.subarray(space + 1, zero), raw);
    if (mode === undefined) throw invalid(`${quote(name)} has a mode that git does not know`);
    if (!isPlain) checkName(name, mode);
    // git compares folders as if their names ended in a slash.
    const key = mode === "40000" ? `${raw}/` : raw;
    if (mode === "40000") names ??= new Set(entries.map((entry) => entry.name));
    if (key <= last || names?.has(name)) {
      throw invalid(`The folder that holds ${quote(name)} is not in order`);
    }
    last = key;
    names?.add(name);
    entries.push({ mode, name, id: content.subarray(idAt, end).toHex() });
    at = end;
  }
  return entries;
}

/** Whether a look suffices to see that a name is sound: ASCII, no separator, nothing like `.git` or `git~1`. */
function isPlainName(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (start === end || first === DOT || first === LOWER_G || first === UPPER_G) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80 || byte === SLASH || byte === BACKSLASH) return false;
  }
  return true;
}

function parseName(bytes: Uint8Array, raw: string): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw invalid(`The file name ${quote(raw)} is not UTF-8`);
  }
}

function checkName(name: string, mode: TreeEntry["mode"]): void {
  if (name === "" || name === "." || name === ".." || /[/\\]/.test(name)) {
    throw invalid(`${quote(name)} is not a file name`);
  }
  if (isDotGit(name, ".git", "git~1")) throw invalid(`${quote(name)} stands for .git`);
  // A link could make git read its settings from anywhere (fsck: gitmodulesSymlink).
  if (mode === "120000" && isDotGit(name, ".gitmodules", "gitmod~1")) {
    throw invalid(`${quote(name)} must not be a link`);
  }
}

/** Whether any file system takes `name` for `plain`: by case, ignored characters, streams or short names. */
function isDotGit(name: string, plain: string, short: string): boolean {
  const folded = name.replace(HFS_IGNORED, "").normalize("NFC").toLowerCase();
  // NTFS drops trailing dots and spaces and what follows a colon.
  const ntfs = folded.replace(/:.*$/s, "").replace(/[ .]+$/, "");
  return folded === plain || ntfs === plain || ntfs === short;
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}
