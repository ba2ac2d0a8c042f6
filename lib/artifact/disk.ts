/**
 * The few things that the store asks of a disk.
 *
 * @module
 */

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
  read(path: string, start: number, end: number): ReadableStream<Uint8Array>;
  /** Writes the pieces to a new file that appears at `path` complete or not at all. */
  write(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** Removes a file or an empty folder; harmless when there is none. */
  remove(path: string): Promise<void>;
}
