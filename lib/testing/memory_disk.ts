/**
 * A disk in memory, whose failures tests decide.
 *
 * @module
 */
import { type Disk, DiskError } from "../artifact/mod.ts";
import type { Clock } from "../base/mod.ts";

/** What a test may look at and break. */
export interface MemoryDisk extends Disk {
  /** Files by path. */
  readonly files: Map<string, { bytes: Uint8Array<ArrayBuffer>; modifiedMs: number }>;
  /** Paths that are links. */
  readonly links: Set<string>;
  /** Set: every write fails for this reason. */
  writeFailure: string | undefined;
  /** How often a file was read. */
  reads: number;
}

/** An empty disk; changes are dated by `clock`. */
export function memoryDisk(clock: Clock): MemoryDisk {
  const files: MemoryDisk["files"] = new Map();
  const links = new Set<string>();
  const under = (path: string) => path === "" ? "" : `${path}/`;
  const disk: MemoryDisk = {
    files,
    links,
    writeFailure: undefined,
    reads: 0,
    stat(path) {
      const file = files.get(path);
      if (links.has(path)) return Promise.resolve({ kind: "other", sizeBytes: 0, modifiedMs: 0 });
      if (file !== undefined) {
        const { bytes, modifiedMs } = file;
        return Promise.resolve({ kind: "file", sizeBytes: bytes.length, modifiedMs });
      }
      const isFolder = [...files.keys()].some((other) => other.startsWith(under(path)));
      const folder = { kind: "folder" as const, sizeBytes: 0, modifiedMs: 0 };
      return Promise.resolve(isFolder ? folder : undefined);
    },
    list(path) {
      const paths = [...files.keys(), ...links].filter((other) => other.startsWith(under(path)));
      const names = paths.map((other) => other.slice(under(path).length).split("/")[0] ?? "");
      return Promise.resolve([...new Set(names)].sort());
    },
    async *read(path, start, end) {
      const file = files.get(path);
      if (file === undefined) throw new DiskError(`read ${path}`, new Error("No such file"));
      disk.reads++;
      yield await Promise.resolve(file.bytes.slice(start, end));
    },
    async write(path, pieces) {
      const parts = (await Array.fromAsync(pieces)).map((piece) => new Uint8Array(piece));
      if (disk.writeFailure !== undefined) {
        throw new DiskError(`write ${path}`, new Error(disk.writeFailure));
      }
      const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
      files.set(path, { bytes, modifiedMs: clock.now() });
    },
    remove(path) {
      files.delete(path);
      return Promise.resolve();
    },
  };
  return disk;
}
