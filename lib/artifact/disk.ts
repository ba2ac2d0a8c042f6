/**
 * The few things that the store asks of a disk.
 *
 * @module
 */
import { messageOf } from "../base/mod.ts";

/** What is at a path; links are `other`, they are never followed. */
export interface DiskEntry {
  /** Regular file, folder, or anything else. */
  readonly kind: "file" | "folder" | "other";
  /** Bytes of a file. */
  readonly sizeBytes: number;
  /** Last change, milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** A folder on disk; paths are relative to it, `/`-separated, without `.` and `..`. */
export interface Disk {
  /** What is at `path`; nothing when it does not exist. */
  stat(path: string): Promise<DiskEntry | undefined>;
  /** Names in a folder, sorted; none when it does not exist. */
  list(path: string): Promise<readonly string[]>;
  /** The bytes from `start` up to `end`, in pieces. */
  read(path: string, start: number, end: number): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Writes the pieces to a new file that appears at `path` complete or not at all. */
  write(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** Removes a file or an empty folder; harmless when there is none, or when the folder is not empty. */
  remove(path: string): Promise<void>;
}

/** A disk that does not do what it was asked: full, read-only, broken. */
export class DiskError extends Error {
  /** Names what was tried; the system's words without what varies. */
  constructor(doing: string, cause: unknown) {
    const [reason = ""] = messageOf(cause).split(" (os error");
    super(`Cannot ${doing}: ${reason}`, { cause });
    this.name = "DiskError";
  }
}

const PIECE_BYTES = 64 << 10;

/** The folder `root`; it is made when first written to. */
export function openDisk(root: string): Disk {
  const at = (path: string) => path === "" ? root : `${root}/${path}`;
  return {
    stat: (path) => statFile(path, at(path)),
    list: (path) => listFolder(path, at(path)),
    read: (path, start, end) => readFile(path, at(path), { start, end }),
    write: (path, pieces) => writeFile(path, at(path), pieces),
    remove: (path) => removeEntry(path, at(path)),
  };
}

async function statFile(path: string, full: string): Promise<DiskEntry | undefined> {
  try {
    const info = await Deno.lstat(full);
    const kind = info.isFile ? "file" : info.isDirectory ? "folder" : "other";
    return { kind, sizeBytes: info.size, modifiedMs: info.mtime?.getTime() ?? 0 };
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw new DiskError(`look at ${path}`, thrown);
  }
}

async function listFolder(path: string, full: string): Promise<readonly string[]> {
  try {
    const names = await Array.fromAsync(Deno.readDir(full), ({ name }) => name);
    return names.sort();
  } catch (thrown) {
    if (isMissing(thrown)) return [];
    throw new DiskError(`list ${path}`, thrown);
  }
}

async function* readFile(
  path: string,
  full: string,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    using file = await Deno.open(full, { read: true });
    await file.seek(start, Deno.SeekMode.Start);
    for (let left = end - start; left > 0;) {
      const piece = new Uint8Array(Math.min(left, PIECE_BYTES));
      const count = await file.read(piece);
      if (count === null) throw new Error("the file is shorter than it was");
      left -= count;
      yield piece.subarray(0, count);
    }
  } catch (thrown) {
    throw new DiskError(`read ${path}`, thrown);
  }
}

async function writeFile(
  path: string,
  full: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = full.slice(0, full.lastIndexOf("/"));
  // One name per write: two of the same path at once must not share a half-written file.
  const temporary = `${folder}/.${crypto.randomUUID()}.tmp`;
  const opened = await atDisk(`write ${path}`, async () => {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    return await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
  });
  try {
    using file = opened;
    // What the pieces throw is their maker's own failure, not the disk's.
    for await (const piece of pieces) {
      await atDisk(`write ${path}`, () => writeAll(file, piece));
    }
    await atDisk(`write ${path}`, () => file.sync());
  } catch (thrown) {
    await Deno.remove(temporary).catch(() => {});
    throw thrown;
  }
  await atDisk(`write ${path}`, async () => {
    await Deno.rename(temporary, full);
    // The new name itself must survive a power cut.
    using names = await Deno.open(folder, { read: true });
    await names.sync();
  });
}

async function writeAll(file: Deno.FsFile, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at));
}

async function removeEntry(path: string, full: string): Promise<void> {
  try {
    await Deno.remove(full);
  } catch (thrown) {
    const isFull = thrown instanceof Error && "code" in thrown && thrown.code === "ENOTEMPTY";
    if (!isMissing(thrown) && !isFull) throw new DiskError(`remove ${path}`, thrown);
  }
}

async function atDisk<T>(doing: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (thrown) {
    throw new DiskError(doing, thrown);
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Deno.errors.NotFound || thrown instanceof Deno.errors.NotADirectory;
}
