/**
 * The store: content-addressed archives of each object's source, verified before they are relied upon.
 *
 * @module
 */
import {
  BudgetSpent,
  type Clock,
  fail,
  type Failure,
  formatTime,
  ok,
  type Result,
  systemClock,
} from "../base/mod.ts";
import { writeArchive } from "../tar/mod.ts";
import type { Artifact, ArtifactStore, Content, Owner } from "./artifact.ts";
import { type Disk, DiskError } from "./disk.ts";
import { algorithmOf, type DigestAlgorithm, openHash } from "./hash.ts";

/** What the store stands on. */
export interface StoreOptions {
  /** `--storage-adv-addr`: host and port under which the file server is reached. */
  readonly host: string;
  /** `--artifact-digest-algo`; SHA-256 when absent. */
  readonly algorithm?: DigestAlgorithm;
  /** Time for ages and `lastUpdateTime`. */
  readonly clock?: Clock;
  /** `--artifact-retention-ttl`. */
  readonly retentionTtlMs?: number;
  /** `--artifact-retention-records`. */
  readonly retentionRecords?: number;
}

/** A path part: a kind, a namespace, a name, a file. Never `.`, `..`, hidden or with a slash. */
const SAFE_PART = /^[a-z0-9][A-Za-z0-9._:+-]{0,252}$/;
const ARCHIVE_ENDING = ".tar.gz";

/**
 * Opens the store in the folder of `--storage-path`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openDisk } from "./disk.ts";
 * const store = openArtifactStore(openDisk("/data"), { host: "source:80" });
 * const got = await store.remove({ kind: "GitRepository", namespace: "..", name: "app" });
 * assert.equal(!got.ok && got.code, "InvalidPath");
 * ```
 */
export function openArtifactStore(disk: Disk, options: StoreOptions): ArtifactStore {
  return new Store(disk, options);
}

interface Seen {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly digest: string;
}

class Store implements ArtifactStore {
  readonly #disk: Disk;
  readonly #host: string;
  readonly #algorithm: DigestAlgorithm;
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #retentionRecords: number;
  /** Digests of files that have not changed since they were read; gone with the file. */
  readonly #seen = new Map<string, Seen>();

  constructor(disk: Disk, options: StoreOptions) {
    this.#disk = disk;
    this.#host = options.host;
    this.#algorithm = options.algorithm ?? "sha256";
    this.#clock = options.clock ?? systemClock;
    this.#retentionMs = options.retentionTtlMs ?? 60_000;
    this.#retentionRecords = options.retentionRecords ?? 2;
  }

  async publish(owner: Owner, content: Content): Promise<Result<Artifact>> {
    const folder = folderOf(owner);
    const { revision, tree, skip, metadata } = content;
    const file = `${revision.slice(revision.lastIndexOf(":") + 1)}${ARCHIVE_ENDING}`;
    if (folder === undefined || !SAFE_PART.test(file)) return unsafe(`${folder}/${file}`);
    const path = `${folder}/${file}`;
    const hash = await openHash(this.#algorithm);
    let size = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const piece of writeArchive(tree, skip === undefined ? {} : { skip })) {
        hash.update(piece);
        size += piece.length;
        yield piece;
      }
    }
    const written = await attempt(() => this.#disk.write(path, counted()));
    if (!written.ok) return written;
    const digest = hash.digest();
    await this.#remember(path, digest);
    return ok({
      path,
      url: this.#urlOf(path),
      revision,
      digest,
      size,
      lastUpdateTime: formatTime(this.#clock.now()),
      ...(metadata !== undefined && { metadata }),
    });
  }

  async verify(artifact: Artifact): Promise<Result<Artifact>> {
    const { path } = artifact;
    if (!path.split("/").every((part) => SAFE_PART.test(part))) return unsafe(path);
    // By its own algorithm: whoever chooses another one keeps what is stored.
    const algorithm = algorithmOf(artifact.digest) ?? this.#algorithm;
    const digest = await attempt(() => this.#digestOf(path, algorithm));
    if (!digest.ok) return digest;
    if (digest.value === artifact.digest) return ok({ ...artifact, url: this.#urlOf(path) });
    if (digest.value === undefined) return fail("NotFound", `artifact ${path} is not in storage`);
    return fail("DigestMismatch", `artifact ${path} does not have the digest ${artifact.digest}`);
  }

  async collectGarbage(
    owner: Owner,
    current: Artifact | undefined,
  ): Promise<Result<readonly string[]>> {
    const folder = folderOf(owner);
    if (folder === undefined) return unsafe(owner.name);
    return await attempt(async () => {
      const files = await this.#filesOf(folder);
      const newestFirst = files.toSorted((a, b) => b.modifiedMs - a.modifiedMs);
      const limitMs = this.#clock.now() - this.#retentionMs;
      const removed: string[] = [];
      let kept = newestFirst.some(({ path }) => path === current?.path) ? 1 : 0;
      for (const { path, modifiedMs } of newestFirst) {
        if (path === current?.path) continue;
        // Nothing is written for this owner now: what is half written was so when a process died.
        const isKept = path.endsWith(ARCHIVE_ENDING) && modifiedMs >= limitMs &&
          kept < this.#retentionRecords;
        kept += isKept ? 1 : 0;
        if (isKept) continue;
        await this.#removeFile(path);
        removed.push(path);
      }
      return removed.sort();
    });
  }

  async remove(owner: Owner): Promise<Result<readonly string[]>> {
    const folder = folderOf(owner);
    if (folder === undefined) return unsafe(owner.name);
    return await attempt(async () => {
      const files = await this.#filesOf(folder);
      for (const { path } of files) await this.#removeFile(path);
      await this.#disk.remove(folder);
      return files.map(({ path }) => path);
    });
  }

  #urlOf(path: string): string {
    return `http://${this.#host}/${path}`;
  }

  /** Regular files that the store wrote, left-overs of broken writes included; nothing else is touched. */
  async #filesOf(folder: string): Promise<readonly { path: string; modifiedMs: number }[]> {
    const files: { path: string; modifiedMs: number }[] = [];
    for (const name of await this.#disk.list(folder)) {
      if (!name.endsWith(ARCHIVE_ENDING) && !/^\..*\.tmp$/.test(name)) continue;
      const path = `${folder}/${name}`;
      const entry = await this.#disk.stat(path);
      if (entry?.kind === "file") files.push({ path, modifiedMs: entry.modifiedMs });
    }
    return files;
  }

  /** The digest of a regular file; nothing when there is none. */
  async #digestOf(path: string, algorithm: DigestAlgorithm): Promise<string | undefined> {
    const entry = await this.#disk.stat(path);
    if (entry?.kind !== "file") {
      this.#seen.delete(path);
      return undefined;
    }
    const seen = this.#seen.get(path);
    const isSame = seen?.sizeBytes === entry.sizeBytes && seen.modifiedMs === entry.modifiedMs;
    if (isSame && algorithmOf(seen.digest) === algorithm) return seen.digest;
    const hash = await openHash(algorithm);
    for await (const piece of this.#disk.read(path, 0, entry.sizeBytes)) hash.update(piece);
    const digest = hash.digest();
    const { sizeBytes, modifiedMs } = entry;
    this.#seen.set(path, { sizeBytes, modifiedMs, digest });
    return digest;
  }

  async #remember(path: string, digest: string): Promise<void> {
    const entry = await this.#disk.stat(path);
    if (entry?.kind !== "file") return;
    const { sizeBytes, modifiedMs } = entry;
    this.#seen.set(path, { sizeBytes, modifiedMs, digest });
  }

  async #removeFile(path: string): Promise<void> {
    this.#seen.delete(path);
    await this.#disk.remove(path);
  }
}

function folderOf({ kind, namespace, name }: Owner): string | undefined {
  const parts = [kind.toLowerCase(), namespace, name];
  return parts.every((part) => SAFE_PART.test(part)) ? parts.join("/") : undefined;
}

function unsafe(path: string): Failure {
  return fail("InvalidPath", `${JSON.stringify(path.slice(0, 300))} is not a path in the storage`);
}

/** A disk that fails and a tree beyond its limits are expected; anything else is a bug. */
async function attempt<T>(step: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await step());
  } catch (thrown) {
    if (thrown instanceof DiskError) return fail("StorageFailed", thrown.message, thrown.cause);
    if (thrown instanceof BudgetSpent) return fail("TooLarge", thrown.message, thrown);
    throw thrown;
  }
}
