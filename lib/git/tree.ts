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
const MODES: ReadonlyMap<number, TreeEntry["mode"]> = new Map<number, TreeEntry["mode"]>([
  [0o40000, "40000"],
  [0o100644, "100644"],
  [0o100664, "100644"],
  [0o100755, "100755"],
  [0o120000, "120000"],
  [0o160000, "160000"],
]);
/** Longest mode, a space, a zero. */
const MOST_MODE_BYTES = 6;
const MOST_NAME_BYTES = 4096;
const DIGIT_0 = 0x30;
const DOT = 0x2e;
const SLASH = 0x2f;
const UPPER_G = 0x47;
const BACKSLASH = 0x5c;
const LOWER_G = 0x67;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Code points that HFS+ leaves out when it compares names. */
export const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** Steps from entry to entry of a tree object, and makes nothing of what it does not have to. */
export class TreeCursor {
  /** Mode of the entry; nothing when git knows no such mode. */
  mode: TreeEntry["mode"] | undefined;
  /** Where its name begins. */
  nameAt = 0;
  /** Behind its name. */
  nameEnd = 0;
  readonly #content: Uint8Array;
  readonly #idBytes: number;
  #next = 0;

  /** Stands before the first entry. */
  constructor({ idBytes }: ObjectFormat, content: Uint8Array) {
    this.#content = content;
    this.#idBytes = idBytes;
  }

  /** Goes to the next entry; false at the end. */
  next(): boolean {
    const content = this.#content;
    const at = this.#next;
    if (at === content.length) return false;
    const space = content.indexOf(0x20, at);
    const zero = content.indexOf(0, at);
    const end = zero + 1 + this.#idBytes;
    const fits = space > at && space - at <= MOST_MODE_BYTES && zero > space &&
      end <= content.length;
    if (!fits) throw invalid("A folder of the repository is damaged");
    this.mode = parseMode(content, at, space);
    this.nameAt = space + 1;
    this.nameEnd = zero;
    this.#next = end;
    return true;
  }

  /** The entry's name. */
  name(): string {
    const { nameAt, nameEnd } = this;
    const content = this.#content;
    for (let at = nameAt; at < nameEnd; at++) {
      if ((content[at] ?? 0) >= 0x80) return parseName(content.subarray(nameAt, nameEnd));
    }
    return latin1(content.subarray(nameAt, nameEnd));
  }

  /** Where the id of its content begins. */
  get idAt(): number {
    return this.nameEnd + 1;
  }

  /** The id of its content. */
  id(): string {
    return this.#content.subarray(this.idAt, this.#next).toHex();
  }
}

function parseMode(bytes: Uint8Array, start: number, end: number): TreeEntry["mode"] | undefined {
  let mode = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - DIGIT_0;
    // One mode has one form.
    if (digit < 0 || digit > 7 || (digit === 0 && at === start)) return undefined;
    mode = 8 * mode + digit;
  }
  return MODES.get(mode);
}

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
  checkTree(format, content);
  const entries: TreeEntry[] = [];
  const cursor = new TreeCursor(format, content);
  while (cursor.next()) {
    const { mode } = cursor;
    if (mode !== undefined) entries.push({ mode, name: cursor.name(), id: cursor.id() });
  }
  return entries;
}

/** Refuses a tree object with wrong order, doubles or dangerous names. */
export function checkTree(format: ObjectFormat, content: Uint8Array): void {
  const cursor = new TreeCursor(format, content);
  let last: Name = { at: 0, end: 0, isFolder: false };
  let files = 0;
  let folders = 0;
  while (cursor.next()) {
    const { mode, nameAt: at, nameEnd: end } = cursor;
    if (end - at > MOST_NAME_BYTES) throw invalid("A file name in the repository is too long");
    if (mode === undefined) {
      throw invalid(`${quote(cursor.name())} has a mode that git does not know`);
    }
    if (!isPlainName(content, at, end)) checkName(cursor.name(), mode);
    const name = { at, end, isFolder: mode === "40000" };
    if (files + folders > 0 && !isBefore(content, last, name)) throw disorder(cursor.name());
    last = name;
    if (name.isFolder) folders++;
    else files++;
  }
  // Only a file and a folder can have the same name without standing right beside each other.
  if (files > 0 && folders > 0) refuseDoubles(new TreeCursor(format, content));
}

function refuseDoubles(cursor: TreeCursor): void {
  const names = new Set<string>();
  while (cursor.next()) {
    const name = cursor.name();
    if (names.has(name)) throw disorder(name);
    names.add(name);
  }
}

function disorder(name: string): Error {
  return invalid(`The folder that holds ${quote(name)} is not in order`);
}

interface Name {
  readonly at: number;
  readonly end: number;
  readonly isFolder: boolean;
}

/** git compares names byte by byte, those of folders as if they ended in a slash. */
function isBefore(bytes: Uint8Array, one: Name, other: Name): boolean {
  for (let shift = 0;; shift++) {
    const left = byteAt(bytes, one, shift);
    const right = byteAt(bytes, other, shift);
    if (left !== right) return left < right;
    if (left < 0) return false;
  }
}

function byteAt(bytes: Uint8Array, { at, end, isFolder }: Name, shift: number): number {
  if (at + shift < end) return bytes[at + shift] ?? 0;
  return isFolder && at + shift === end ? SLASH : -1;
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

function parseName(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw invalid(`The file name ${quote(latin1(bytes))} is not UTF-8`);
  }
}

function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
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
