/**
 * When images were made, kept over restarts: each is asked for once, ever.
 *
 * @module
 */
import { type Disk, DiskError } from "../artifact/mod.ts";
import { sha256Hex } from "../base/mod.ts";
import type { BuildDateStore } from "../image/mod.ts";
import type { Logger } from "../runtime/mod.ts";

/** Dates in memory and on disk. */
export interface BuildDates {
  /** What the disk had and what came since; reads the disk once. */
  open(): Promise<BuildDateStore>;
  /** Writes what came; a disk that does not take it is only logged. */
  flush(): Promise<void>;
}

/** What the dates stand on. */
export interface BuildDatesOptions {
  /** Folder of `--storage-path`. */
  readonly disk: Disk;
  /** Name of a folder there; a hidden one, which the file server does not give away. */
  readonly path: string;
  /** For what the disk says. */
  readonly log: Pick<Logger, "info">;
  /** The image that was not asked for longest goes when there are more. */
  readonly most?: number;
}

/** Of the images of 500 policies with 100 tags each; 7 MB on disk. */
const MOST_IMAGES = 50_000;
/** What comes is a file of its own each time; when there are more of them, one takes the place of all. */
const MOST_FILES = 64;
/** A file of all images is smaller. */
const MOST_FILE_BYTES = 16 << 20;
const FILE = /^[0-9]{12}$/;
const ENTRY = /^\["(sha(?:256|512):[0-9a-f]+)",(".*")\]$/s;

/**
 * Dates of images in a folder of `disk`. A file that is damaged counts as none: what it had is asked for again.
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
  return new Dates(options);
}

class Dates implements BuildDates, BuildDateStore {
  readonly #options: BuildDatesOptions;
  /** The last is the one that was asked for last. */
  readonly #dates = new Map<string, string>();
  /** What no file has yet. */
  #fresh = new Map<string, string>();
  #files: readonly string[] = [];
  #isWholeDue = false;
  #opening: Promise<BuildDateStore> | undefined;
  #writing = Promise.resolve();

  constructor(options: BuildDatesOptions) {
    this.#options = options;
  }

  open(): Promise<BuildDateStore> {
    return this.#opening ??= this.#load();
  }

  flush(): Promise<void> {
    // Whoever waited for a write that threw has been told; the next one begins anew.
    const write = () => this.#write();
    return this.#writing = this.#writing.then(write, write);
  }

  get(digest: string): string | undefined {
    const created = this.#dates.get(digest);
    if (created !== undefined) this.#keep(digest, created);
    return created;
  }

  set(digest: string, created: string): void {
    this.#fresh.set(digest, created);
    this.#keep(digest, created);
  }

  #keep(digest: string, created: string): void {
    this.#dates.delete(digest);
    this.#dates.set(digest, created);
    for (const [oldest] of this.#dates) {
      if (this.#dates.size <= (this.#options.most ?? MOST_IMAGES)) break;
      this.#dates.delete(oldest);
    }
  }

  async #load(): Promise<BuildDateStore> {
    const { disk, path } = this.#options;
    await this.#atDisk("read", async () => {
      const names = await disk.list(path);
      this.#files = names.filter((name) => FILE.test(name));
      // Whoever put more there than we would has them taken for none.
      for (const name of this.#files.slice(-2 * MOST_FILES)) {
        const entries = await readDates(disk, `${path}/${name}`);
        for (const [digest, created] of entries) this.#keep(digest, created);
      }
    });
    return this;
  }

  async #write(): Promise<void> {
    if (this.#fresh.size === 0) return;
    const { disk, path } = this.#options;
    const isWhole = this.#isWholeDue || this.#files.length >= MOST_FILES;
    const entries = isWhole ? [...this.#dates] : this.#kept(this.#fresh);
    this.#fresh = new Map();
    // Until a file has them: only a whole one makes up for it.
    this.#isWholeDue = true;
    const name = String(Number(this.#files.at(-1) ?? 0) + 1).padStart(12, "0");
    const isWritten = await this.#atDisk(
      "write",
      () => disk.write(`${path}/${name}`, pieces(entries)),
    );
    if (!isWritten) return;
    this.#isWholeDue = false;
    const old = isWhole ? this.#files : [];
    this.#files = isWhole ? [name] : [...this.#files, name];
    await this.#atDisk("clear", async () => {
      for (const file of old) await disk.remove(`${path}/${file}`);
    });
  }

  #kept(dates: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
    return [...dates].filter(([digest]) => this.#dates.has(digest));
  }

  async #atDisk(doing: string, step: () => Promise<void>): Promise<boolean> {
    const { path, log } = this.#options;
    try {
      await step();
      return true;
    } catch (thrown) {
      if (!(thrown instanceof DiskError)) throw thrown;
      log.info(`cannot ${doing} build dates`, { path, error: thrown.message });
      return false;
    }
  }
}

/** The digest of the lines, then the lines: half of a file, or one that somebody edited, is none. */
async function* pieces(
  entries: readonly (readonly [string, string])[],
): AsyncGenerator<Uint8Array> {
  const lines = entries.map((entry) => JSON.stringify(entry)).join("\n");
  yield await Promise.resolve(new TextEncoder().encode(`${sha256Hex(lines)}\n${lines}`));
}

async function readDates(
  disk: Disk,
  path: string,
): Promise<readonly (readonly [string, string])[]> {
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
