/**
 * Writes a tree as POSIX ustar in gzip; the same tree gives the same bytes.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import type { FileTree } from "../base/mod.ts";
import { BLOCK_BYTES, header, paddingOf } from "./header.ts";

/** Says whether a file or folder stays out; called for every one, children of skipped folders too. */
export type Skip = (path: string, isFolder: boolean) => boolean;

const FOLDER_MODE = 0o750;
const FILE_MODE = 0o600;
const EXECUTABLE_MODE = 0o700;
/** Blocks are gathered to this size before they are compressed. */
const PIECE_BYTES = 256 << 10;
/** RFC 1952 §2.3: no name, no time, and 255 for an unknown system, as Go writes it. */
const GZIP_HEADER = new Uint8Array([31, 139, 8, 0, 0, 0, 0, 0, 0, 255]);

/**
 * The archive of a tree, piece by piece: files and folders in the order of a walk, the root as `.`,
 * submodules as empty folders, links left out.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, treeOf } from "../base/mod.ts";
 * import { readArchive } from "./read.ts";
 * const pieces = await Array.fromAsync(writeArchive(treeOf({ "a.yaml": "x: 1\n" })));
 * const archive = new Uint8Array(await new Blob(pieces).arrayBuffer());
 * const got = readArchive(archive, defaultBudget());
 * assert.deepEqual(got.ok && [...got.value.keys()], ["a.yaml"]);
 * ```
 */
export async function* writeArchive(
  tree: FileTree,
  options: { readonly skip?: Skip } = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let sum = 0;
  let length = 0;
  function* counted(): Generator<Uint8Array<ArrayBuffer>> {
    for (const piece of gathered(archiveBlocks(tree, options.skip ?? (() => false)))) {
      sum = crc32(piece, sum);
      length += piece.length;
      yield piece;
    }
  }
  yield GZIP_HEADER.slice();
  yield* ReadableStream.from(counted()).pipeThrough(new CompressionStream("deflate-raw"));
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, sum, true);
  trailer.setUint32(4, length % 2 ** 32, true);
  yield new Uint8Array(trailer.buffer);
}

function* archiveBlocks(tree: FileTree, skip: Skip): Generator<Uint8Array> {
  yield folderHeader(".");
  const seen = new Set<string>();
  for (const path of walkOrder(tree.keys())) {
    const entry = tree.get(path);
    for (const folder of foldersAbove(path)) {
      if (seen.has(folder)) continue;
      seen.add(folder);
      if (!skip(folder, true)) yield folderHeader(folder);
    }
    if (entry === undefined || entry.mode === "120000") continue;
    const isSubmodule = entry.mode === "160000";
    if (skip(path, isSubmodule)) continue;
    if (isSubmodule) {
      yield folderHeader(path);
      continue;
    }
    const content = entry.read();
    const mode = entry.mode === "100755" ? EXECUTABLE_MODE : FILE_MODE;
    yield header({ path, mode, sizeBytes: content.length, type: "0" });
    yield content;
    yield new Uint8Array(paddingOf(content.length));
  }
  yield new Uint8Array(2 * BLOCK_BYTES);
}

function folderHeader(path: string): Uint8Array {
  return header({ path, mode: FOLDER_MODE, sizeBytes: 0, type: "5" });
}

function foldersAbove(path: string): readonly string[] {
  const folders: string[] = [];
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    folders.push(path.slice(0, at));
  }
  return folders;
}

/** A walk reads each folder by the bytes of its names, so `a/b` comes before `a.txt`. */
function walkOrder(paths: Iterable<string>): readonly string[] {
  return [...paths].map((path) => ({ path, key: walkKey(path) }))
    .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
    .map(({ path }) => path);
}

/** One character per byte of UTF-8, because strings compare by UTF-16 units; slashes sort first. */
function walkKey(path: string): string {
  const bytes = /^[ -~]*$/.test(path) ? path : toByteString(path);
  return bytes.replaceAll("/", "\0");
}

function toByteString(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** Copies small blocks together; every piece is a fresh buffer, the compressor may keep it. */
function* gathered(blocks: Iterable<Uint8Array>): Generator<Uint8Array<ArrayBuffer>> {
  let piece = new Uint8Array(PIECE_BYTES);
  let used = 0;
  for (const block of blocks) {
    for (let at = 0; at < block.length;) {
      const part = block.subarray(at, at + PIECE_BYTES - used);
      piece.set(part, used);
      used += part.length;
      at += part.length;
      if (used < PIECE_BYTES) continue;
      yield piece;
      piece = new Uint8Array(PIECE_BYTES);
      used = 0;
    }
  }
  if (used > 0) yield piece.subarray(0, used);
}
