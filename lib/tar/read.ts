/**
 * Reads an archive that a stranger made.
 *
 * Nothing is written to disk; links and special files never become entries.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import {
  type Budget,
  BudgetSpent,
  fail,
  type FileEntry,
  type FileTree,
  messageOf,
  Meter,
  ok,
  type Result,
} from "../base/mod.ts";
import { BLOCK_BYTES, paddingOf } from "./header.ts";
import { decodeText, InvalidArchive, parseHeader, type RawHeader } from "./parse_header.ts";
import { checkGlobalPax, parsePax, type PaxFields } from "./pax.ts";

/** How an archive is read. */
export interface ReadOptions {
  /** Symbolic links: a failure, or left out as Flux does. Hard links are always a failure. */
  readonly links?: "refuse" | "skip";
}

/** Archives that inflate beyond this are held to {@linkcode MOST_RATIO}. */
const FREE_BYTES = 16 << 20;
/** Honest text stays below 50; deflate ends at 1032. */
const MOST_RATIO = 200;
/** Longest pax or GNU record. */
const MOST_RECORD_BYTES = 1 << 20;

/**
 * The files of a `.tar.gz`; codes `InvalidArchive` and `TooLarge`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * const got = readArchive(new Uint8Array([1, 2, 3]), defaultBudget());
 * assert.equal(!got.ok && got.code, "InvalidArchive");
 * ```
 */
export function readArchive(
  archive: Uint8Array,
  budget: Budget,
  options: ReadOptions = {},
): Result<FileTree> {
  const most = Math.min(budget.bytes, Math.max(FREE_BYTES, archive.length * MOST_RATIO));
  let inflated: Uint8Array;
  try {
    inflated = gunzipSync(archive, { maxOutputLength: most });
  } catch (thrown) {
    const isLarge = thrown instanceof Error && "code" in thrown &&
      thrown.code === "ERR_BUFFER_TOO_LARGE";
    if (isLarge) return fail("TooLarge", `The archive holds more than ${most} bytes`);
    return fail("InvalidArchive", `The archive is not gzip: ${messageOf(thrown)}`, thrown);
  }
  return readTar(inflated, budget, options);
}

/**
 * The files of a `.tar`; they share its memory.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * const got = readTar(new Uint8Array(1024), defaultBudget());
 * assert.equal(got.ok && got.value.size, 0);
 * ```
 */
export function readTar(
  tar: Uint8Array,
  budget: Budget,
  options: ReadOptions = {},
): Result<FileTree> {
  try {
    return ok(new TarReader(tar, budget, options).readAll());
  } catch (thrown) {
    if (thrown instanceof InvalidArchive) return fail("InvalidArchive", thrown.message);
    if (thrown instanceof BudgetSpent) return fail("TooLarge", thrown.message, thrown);
    throw thrown;
  }
}

class TarReader {
  readonly #tar: Uint8Array;
  readonly #budget: Budget;
  readonly #meter: Meter;
  readonly #skipsLinks: boolean;
  readonly #tree = new Map<string, FileEntry>();
  readonly #folders = new Set<string>();
  #at = 0;
  /** What a pax or GNU record said about the entry that follows. */
  #next: PaxFields | undefined;

  constructor(tar: Uint8Array, budget: Budget, options: ReadOptions) {
    this.#tar = tar;
    this.#budget = budget;
    this.#meter = new Meter(budget);
    this.#skipsLinks = options.links === "skip";
  }

  readAll(): FileTree {
    for (;;) {
      const block = this.#take(BLOCK_BYTES, "header");
      const fields = parseHeader(block);
      if (fields === undefined) {
        // One block of zeros may be damage; the end of an archive has two.
        if (parseHeader(this.#take(BLOCK_BYTES, "end")) !== undefined || this.#next) {
          throw new InvalidArchive("The archive goes on after its end");
        }
        return this.#tree;
      }
      this.#meter.spendEntries(1, "an archive");
      this.#meter.checkTime("an archive");
      this.#readEntry(fields);
    }
  }

  #readEntry(fields: RawHeader): void {
    const sizeBytes = isRecord(fields.type)
      ? fields.sizeBytes
      : this.#next?.sizeBytes ?? fields.sizeBytes;
    if (isRecord(fields.type)) {
      if (sizeBytes > MOST_RECORD_BYTES) throw new InvalidArchive("A header record is too long");
      this.#readRecord(fields.type, this.#content(sizeBytes, "record"));
      return;
    }
    const rawPath = this.#next?.path ?? fields.path;
    const path = this.#path(rawPath);
    const isFolder = fields.type === "5" || (isFile(fields.type) && rawPath.endsWith("/"));
    this.#next = undefined;
    if (isFolder) {
      this.#content(sizeBytes, path);
      this.#addFolder(path);
      return;
    }
    if (fields.type === "2" && this.#skipsLinks) return;
    if (!isFile(fields.type)) {
      throw new InvalidArchive(`${path} is neither a file nor a folder (type "${fields.type}")`);
    }
    this.#addFile(path, fields.mode, this.#content(sizeBytes, path));
  }

  #readRecord(type: string, content: Uint8Array): void {
    if (type === "g") return checkGlobalPax(content);
    const read: PaxFields = type === "x"
      ? parsePax(content)
      : type === "L"
      ? { path: gnuName(content) }
      : {};
    const twice = Object.keys(read).some((key) => this.#next !== undefined && key in this.#next);
    if (twice) throw new InvalidArchive("Two header records speak of one entry");
    this.#next = { ...this.#next, ...read };
  }

  #path(raw: string): string {
    if (raw.startsWith("/")) throw new InvalidArchive(`The path ${quote(raw)} is absolute`);
    const parts = raw.split("/").filter((part) => part !== "" && part !== ".");
    if (parts.includes("..")) throw new InvalidArchive(`The path ${quote(raw)} contains ".."`);
    if (parts.length > this.#budget.depth) {
      throw new InvalidArchive(`The path ${quote(raw)} is deeper than ${this.#budget.depth}`);
    }
    return parts.join("/");
  }

  #addFolder(path: string): void {
    if (path === "" || this.#folders.has(path)) return;
    if (this.#tree.has(path)) throw new InvalidArchive(`${quote(path)} is a file and a folder`);
    this.#folders.add(path);
    const slash = path.lastIndexOf("/");
    if (slash > 0) this.#addFolder(path.slice(0, slash));
  }

  #addFile(path: string, mode: number, content: Uint8Array): void {
    if (path === "" || this.#folders.has(path)) {
      throw new InvalidArchive(`${quote(path)} is a file and a folder`);
    }
    const slash = path.lastIndexOf("/");
    if (slash > 0) this.#addFolder(path.slice(0, slash));
    this.#tree.set(path, {
      mode: (mode & 0o100) !== 0 ? "100755" : "100644",
      sizeBytes: content.length,
      read: () => content,
    });
  }

  #content(sizeBytes: number, where: string): Uint8Array {
    this.#meter.spendBytes(sizeBytes, where);
    const content = this.#take(sizeBytes, where);
    this.#take(paddingOf(sizeBytes), where);
    return content;
  }

  #take(count: number, where: string): Uint8Array {
    const end = this.#at + count;
    if (end > this.#tar.length) {
      throw new InvalidArchive(`The archive is cut off at ${quote(where)}`);
    }
    const taken = this.#tar.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function isFile(type: string): boolean {
  return type === "0" || type === "\0" || type === "7";
}

/** pax of one entry and of all, GNU long name and long link target. */
function isRecord(type: string): boolean {
  return type === "x" || type === "g" || type === "L" || type === "K";
}

function gnuName(content: Uint8Array): string {
  const end = content.indexOf(0);
  return decodeText(end === -1 ? content : content.subarray(0, end));
}

function quote(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}
