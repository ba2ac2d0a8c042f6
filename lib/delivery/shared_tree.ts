/**
 * A file tree in one piece of memory that threads share: handing it to another thread copies nothing.
 *
 * @module
 */
import { type Clock, type FileEntry, type FileMode, type FileTree, sleep } from "../base/mod.ts";

/** The order is the number by which a mode is stored. */
const MODES: readonly FileMode[] = ["100644", "100755", "120000", "160000"];
/** Number of entries, bytes of the index. */
const HEADER_BYTES = 8;
/** Mode, length of the path, offset and length of the content. */
const ENTRY_BYTES = 16;
/** The work between two pauses takes a few milliseconds. */
const ENTRIES_PER_TURN = 2_000;
const BYTES_PER_TURN = 8 << 20;

/** Files whose content lies in shared memory, behind an index of them. */
export class SharedTree extends Map<string, FileEntry> {
  /** Index and content; any thread can read it with {@linkcode openSharedTree}. */
  readonly memory: SharedArrayBuffer;

  /** Takes memory that {@linkcode shareTree} filled. */
  constructor(memory: SharedArrayBuffer) {
    super();
    this.memory = memory;
  }
}

/**
 * Copies a tree into shared memory, with pauses in which others get their turn.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemClock, treeOf } from "../base/mod.ts";
 * const shared = await shareTree(treeOf({ "a.yaml": "a: 1\n" }), systemClock);
 * const there = openSharedTree(shared.memory);
 * assert.equal(new TextDecoder().decode(there.get("a.yaml")?.read()), "a: 1\n");
 * ```
 */
export async function shareTree(tree: FileTree, clock: Clock): Promise<SharedTree> {
  if (tree instanceof SharedTree) return tree;
  const turns = new Turns(clock);
  const files: { mode: FileMode; path: Uint8Array; content: Uint8Array }[] = [];
  let indexBytes = HEADER_BYTES;
  let contentBytes = 0;
  for (const [path, entry] of tree) {
    const file = { mode: entry.mode, path: encoder.encode(path), content: entry.read() };
    files.push(file);
    indexBytes += ENTRY_BYTES + file.path.length;
    contentBytes += file.content.length;
    await turns.spend(0);
  }
  const memory = new SharedArrayBuffer(indexBytes + contentBytes);
  const view = new DataView(memory);
  const bytes = new Uint8Array(memory);
  view.setUint32(0, files.length);
  view.setUint32(4, indexBytes);
  let at = HEADER_BYTES;
  let offset = indexBytes;
  for (const { mode, path, content } of files) {
    view.setUint32(at, MODES.indexOf(mode));
    view.setUint32(at + 4, path.length);
    view.setUint32(at + 8, offset);
    view.setUint32(at + 12, content.length);
    bytes.set(path, at + ENTRY_BYTES);
    bytes.set(content, offset);
    at += ENTRY_BYTES + path.length;
    offset += content.length;
    await turns.spend(content.length);
  }
  return await fill(new SharedTree(memory), turns);
}

/** The tree in memory that another thread has shared. */
export function openSharedTree(memory: SharedArrayBuffer): SharedTree {
  const tree = new SharedTree(memory);
  for (const [path, entry] of entriesOf(memory)) tree.set(path, entry);
  return tree;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function fill(tree: SharedTree, turns: Turns): Promise<SharedTree> {
  for (const [path, entry] of entriesOf(tree.memory)) {
    tree.set(path, entry);
    await turns.spend(0);
  }
  return tree;
}

function* entriesOf(memory: SharedArrayBuffer): Generator<[string, FileEntry]> {
  const view = new DataView(memory);
  const count = view.getUint32(0);
  let at = HEADER_BYTES;
  for (let number = 0; number < count; number++) {
    const mode = MODES[view.getUint32(at)] ?? "100644";
    const pathBytes = view.getUint32(at + 4);
    const offset = view.getUint32(at + 8);
    const sizeBytes = view.getUint32(at + 12);
    const path = decoder.decode(copyOf(memory, at + ENTRY_BYTES, pathBytes));
    yield [path, { mode, sizeBytes, read: () => copyOf(memory, offset, sizeBytes) }];
    at += ENTRY_BYTES + pathBytes;
  }
}

/** Memory of its own: what others share may not be decoded everywhere. */
function copyOf(memory: SharedArrayBuffer, offset: number, length: number): Uint8Array {
  return new Uint8Array(memory, offset, length).slice();
}

/** Lets the event loop turn after some work. */
class Turns {
  readonly #clock: Clock;
  #entries = 0;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one entry with so many bytes; waits a turn when it has been enough. */
  async spend(bytes: number): Promise<void> {
    this.#entries++;
    this.#bytes += bytes;
    if (this.#entries < ENTRIES_PER_TURN && this.#bytes < BYTES_PER_TURN) return;
    this.#entries = 0;
    this.#bytes = 0;
    await sleep(this.#clock, 0);
  }
}
