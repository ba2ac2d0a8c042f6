/**
 * Fetches remote bases, without any login: git over http(s), and single files.
 *
 * @module
 */
import {
  type Budget,
  BudgetSpent,
  type Clock,
  fail,
  type FileTree,
  mapParallel,
  Meter,
  ok,
  type Result,
  startDeadline,
  treeOf,
  WeightedCache,
} from "../base/mod.ts";
import type { GitClient, RemoteRef } from "../git/mod.ts";
import { type HttpClient, type HttpResponse, publicUrl } from "../http/mod.ts";
import type { RemoteAddress, RemoteTree } from "../kustomize/mod.ts";
import type { RemoteSession } from "./remote_builds.ts";
import { remoteFailure, withPermissionHint } from "./remote_failure.ts";
import { findRemote, type FoundRemote } from "./remote_find.ts";

/** What a source of remote bases stands on. */
export interface RemoteSourceOptions {
  /** Fetches repositories. */
  readonly git: GitClient;
  /** Fetches files. */
  readonly http: HttpClient;
  /** Ends what takes too long. */
  readonly clock: Clock;
}

/** Where remote bases come from, for many builds. */
export interface RemoteSource {
  /** For one build, which sees each address at one revision. */
  open(budget: Budget): RemoteSession;
}

/** At once, for one build. */
const MOST_AT_ONCE = 4;
const MOST_ADDRESSES = 200;
/** Of trees and files that are kept for the next build. */
const MOST_KEPT_BYTES = 128 << 20;
/** A file has no time in its address. */
const FILE_TIMEOUT_MS = 27_000;
/** What stands in the tree of a single file. */
const FILE_NAME = "file";

/** A file as it was, and the name that its server has for that. */
interface KeptFile {
  readonly tag: string;
  readonly body: Uint8Array;
}

/** What outlives a build. */
interface Kept {
  readonly trees: WeightedCache<FileTree>;
  readonly files: WeightedCache<KeptFile>;
}

/** Opens a source; an unchanged commit is downloaded once, as long as it is kept. */
export function openRemoteSource(options: RemoteSourceOptions): RemoteSource {
  const kept: Kept = {
    trees: new WeightedCache(MOST_KEPT_BYTES),
    files: new WeightedCache(MOST_KEPT_BYTES >> 2),
  };
  return { open: (budget) => new Session(options, kept, budget) };
}

class Session implements RemoteSession {
  readonly #options: RemoteSourceOptions;
  readonly #kept: Kept;
  readonly #budget: Budget;
  readonly #meter: Meter;
  readonly #found = new Map<string, Promise<Result<FoundRemote>>>();
  readonly #refs = new Map<string, Promise<Result<RemoteRef>>>();
  readonly #trees = new Map<string, Promise<Result<FileTree>>>();

  constructor(options: RemoteSourceOptions, kept: Kept, budget: Budget) {
    this.#options = options;
    this.#kept = kept;
    this.#budget = budget;
    this.#meter = new Meter(budget);
  }

  async find(addresses: Iterable<string>): Promise<ReadonlyMap<string, Result<string>>> {
    const all = [...addresses];
    const found = await mapParallel(all, MOST_AT_ONCE, async (address) => {
      const remote = await this.#find(address);
      return [address, remote.ok ? ok(remote.value.revision) : remote] as const;
    });
    return new Map(found);
  }

  async fetch(addresses: Iterable<string>): Promise<ReadonlyMap<string, Result<RemoteTree>>> {
    const all = [...addresses];
    const fetched = await mapParallel(
      all,
      MOST_AT_ONCE,
      async (address) => [address, await this.#fetch(address)] as const,
    );
    return new Map(fetched);
  }

  #find(address: string): Promise<Result<FoundRemote>> {
    return once(this.#found, address, async () => {
      if (this.#found.size >= MOST_ADDRESSES) {
        return remoteFailure(address, tooMany());
      }
      const found = await findRemote(address, {
        listRef: (at) => this.#listRef(at),
        fetchFile: (url) => this.#fetchFile(url),
      });
      return found.ok ? found : remoteFailure(address, found);
    });
  }

  async #fetch(address: string): Promise<Result<RemoteTree>> {
    const found = await this.#find(address);
    if (!found.ok) return found;
    const remote = found.value;
    if (remote.kind === "file") {
      return ok({ tree: treeOf({ [FILE_NAME]: remote.body }), path: FILE_NAME, isFile: true });
    }
    const tree = await this.#fetchTree(remote.address, remote.ref);
    if (!tree.ok) return remoteFailure(address, tree);
    return ok({ tree: tree.value, path: remote.address.path });
  }

  #listRef(at: RemoteAddress): Promise<Result<RemoteRef>> {
    const { repository, ref = "HEAD", timeoutMs } = at;
    return once(this.#refs, `${repository} ${ref}`, async () => {
      using deadline = startDeadline(this.#options.clock, timeoutMs, this.#budget.signal);
      const budget = { ...this.#budget, signal: deadline.signal };
      const found = await this.#options.git.listRef(repository, { any: ref }, undefined, budget);
      return found.ok ? found : withPermissionHint(found, repository);
    });
  }

  #fetchTree({ repository, timeoutMs }: RemoteAddress, ref: RemoteRef): Promise<Result<FileTree>> {
    const key = `${repository} ${ref.commit}`;
    return once(this.#trees, key, async () => {
      const known = this.#kept.trees.get(key);
      if (known !== undefined) return this.#spend(known, repository);
      using deadline = startDeadline(this.#options.clock, timeoutMs, this.#budget.signal);
      const budget = { ...this.#budget, signal: deadline.signal };
      const commit = await this.#options.git.fetchTree(repository, ref, undefined, budget);
      if (!commit.ok) return commit;
      const { tree } = commit.value;
      this.#kept.trees.set(key, tree, sizeOf(tree));
      return this.#spend(tree, repository);
    });
  }

  /** Trees of one build are counted together. */
  #spend(tree: FileTree, repository: string): Result<FileTree> {
    try {
      this.#meter.spendEntries(tree.size, publicUrl(repository));
      this.#meter.spendBytes(sizeOf(tree), publicUrl(repository));
      return ok(tree);
    } catch (thrown) {
      if (!(thrown instanceof BudgetSpent)) throw thrown;
      return fail(thrown.limit === "time" ? "Timeout" : "TooLarge", thrown.message, thrown);
    }
  }

  async #fetchFile(url: string): Promise<Result<Uint8Array>> {
    const kept = this.#kept.files.get(url);
    const got = await this.#options.http.fetch({
      url,
      headers: {
        ...loginOf(url),
        ...(kept !== undefined && { "if-none-match": kept.tag }),
      },
      timeoutMs: FILE_TIMEOUT_MS,
      maxBytes: this.#budget.bytes,
      signal: this.#budget.signal,
    });
    if (!got.ok) return withPermissionHint(got, url);
    if (got.value.status === 304 && kept !== undefined) return ok(kept.body);
    const { status, headers, body } = got.value;
    if (status < 200 || status > 299) return fail("NotAFile", `it answered ${status}`);
    if (isPage(got.value)) return fail("NotAFile", "it answered with a web page");
    const tag = headers.get("etag");
    if (tag !== null) this.#kept.files.set(url, { tag, body }, body.length);
    return ok(body);
  }
}

function tooMany() {
  return fail("TooLarge", `the build names more than ${MOST_ADDRESSES} remote bases`);
}

/** Whatever asks second waits for the first. */
function once<T>(known: Map<string, Promise<T>>, key: string, run: () => Promise<T>): Promise<T> {
  const running = known.get(key);
  if (running !== undefined) return running;
  const started = run();
  known.set(key, started);
  return started;
}

function sizeOf(tree: FileTree): number {
  let bytes = 0;
  for (const { sizeBytes } of tree.values()) bytes += sizeBytes ?? 0;
  return bytes;
}

/** Forges answer the address of a repository with a page for people. */
function isPage({ headers, body }: HttpResponse): boolean {
  if (/^text\/html\b/i.test(headers.get("content-type") ?? "")) return true;
  return /^\s*<(!doctype|html)/i.test(new TextDecoder().decode(body.subarray(0, 200)));
}

/** What the address itself says; it stays with the origin. */
function loginOf(url: string): { authorization: string } | Record<never, never> {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: "", password: "" };
  if (username === "" && password === "") return {};
  const pair = new TextEncoder().encode(`${unescapeText(username)}:${unescapeText(password)}`);
  return { authorization: `Basic ${pair.toBase64()}` };
}

function unescapeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
