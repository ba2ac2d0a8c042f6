/**
 * When images were made, kept over restarts: each is asked for once, ever.
 *
 * @module
 */
import { type Disk, DiskError } from "../artifact/mod.ts";
import { sha256Hex } from "../base/mod.ts";
import type { BuildDateStore } from "../image/mod.ts";
import type { Logger } from "../runtime/mod.ts";

/** Dates in memory and in a file. */
export interface BuildDates {
  /** What the file had and what came since; reads the file once. */
  open(): Promise<BuildDateStore>;
  /** Writes the file when something came; a disk that does not take it is only logged. */
  flush(): Promise<void>;
}

/** What the dates stand on. */
export interface BuildDatesOptions {
  /** Folder of `--storage-path`. */
  readonly disk: Disk;
  /** Name of the file; a hidden one, which the file server does not give away. */
  readonly path: string;
  /** For what the disk says. */
  readonly log: Pick<Logger, "info">;
  /** The image that was not asked for longest goes when there are more. */
  readonly most?: number;
}

/** Of the images of 500 policies with 100 tags each; 7 MB on disk. */
const MOST_IMAGES = 50_000;
/** A file of that many images is smaller. */
const MOST_FILE_BYTES = 16 << 20;
const ENTRY = /^\["(sha(?:256|512):[0-9a-f]+)",(".*")\]$/s;

/**
 * Dates of images in a file of `disk`. A file that is damaged counts as none: what it had is asked for again.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemClock } from "../base/mod.ts";
 * import { memoryDisk } from "../testing/memory_disk.ts";
 * const options = { disk: memoryDisk(systemClock), path: ".dates", log: { info() {} } };
 * const digest = `sha256:${"0".repeat(64)}`;
 * const dates = openBuildDates(options);
 * (await dates.open()).set(digest, "2024-05-06T07:08:09Z");
 * await dates.flush();
 * assert.equal((await openBuildDates(options).open()).get(digest), "2024-05-06T07:08:09Z");
 * ```
 */
export function openBuildDates(options: BuildDatesOptions): BuildDates {
  const { disk, path, log, most = MOST_IMAGES } = options;
  const dates = new Map<string, string>();
  let isChanged = false;
  let opening: Promise<BuildDateStore> | undefined;
  let writing = Promise.resolve();

  const store: BuildDateStore = {
    get(digest) {
      const created = dates.get(digest);
      if (created !== undefined) touch(digest, created);
      return created;
    },
    set(digest, created) {
      isChanged = true;
      touch(digest, created);
      for (const [oldest] of dates) {
        if (dates.size <= most) break;
        dates.delete(oldest);
      }
    },
  };
  /** The last in the map's order is what was asked for last. */
  function touch(digest: string, created: string): void {
    dates.delete(digest);
    dates.set(digest, created);
  }
  async function load(): Promise<BuildDateStore> {
    const kept = await atDisk(`${path} is not read`, log, () => readFile(disk, path));
    for (const [digest, created] of kept ?? []) dates.set(digest, created);
    return store;
  }
  async function write(): Promise<void> {
    if (!isChanged) return;
    isChanged = false;
    await atDisk(`${path} is not written`, log, () => disk.write(path, pieces(dates)));
  }
  return {
    open: () => opening ??= load(),
    flush: () => writing = writing.then(write),
  };
}

async function atDisk<T>(
  trouble: string,
  log: Pick<Logger, "info">,
  step: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await step();
  } catch (thrown) {
    if (!(thrown instanceof DiskError)) throw thrown;
    log.info("build dates are kept in memory only", { trouble, error: thrown.message });
    return undefined;
  }
}

/** The digest of the lines, then the lines: half of a file, or one that somebody edited, is none. */
async function* pieces(dates: ReadonlyMap<string, string>): AsyncGenerator<Uint8Array> {
  const lines = [...dates].map((entry) => JSON.stringify(entry)).join("\n");
  yield await Promise.resolve(new TextEncoder().encode(`${sha256Hex(lines)}\n${lines}`));
}

async function readFile(disk: Disk, path: string): Promise<readonly (readonly [string, string])[]> {
  const entry = await disk.stat(path);
  if (entry?.kind !== "file" || entry.sizeBytes > MOST_FILE_BYTES) return [];
  const parts = await Array.fromAsync(disk.read(path, 0, entry.sizeBytes));
  const text = await new Blob(parts).text();
  const end = text.indexOf("\n");
  const lines = text.slice(end + 1);
  if (sha256Hex(lines) !== text.slice(0, end)) return [];
  return lines.split("\n").flatMap((line) => {
    const [, digest, created] = ENTRY.exec(line) ?? [];
    if (digest === undefined || created === undefined) return [];
    const said: unknown = JSON.parse(created);
    return typeof said === "string" ? [[digest, said] as const] : [];
  });
}
