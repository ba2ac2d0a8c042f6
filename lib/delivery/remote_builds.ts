/**
 * Builds that need remote bases: a build says which it lacks, they are fetched, and it is tried again.
 *
 * @module
 */
import { fail, maskSecrets, ok, type Result } from "../base/mod.ts";
import type { BuildOptions, RemoteTree } from "../kustomize/mod.ts";

/** Remote bases and files by their address; a failure where one cannot be had. */
export type Remotes = ReadonlyMap<string, Result<RemoteTree>>;

/** How the engine asks for a remote base. */
export type FetchRemote = NonNullable<BuildOptions["fetchRemote"]>;

/** What a build gave, and the addresses that it asked for in vain. */
export interface RemoteAttempt<T> {
  /** Of no use while something is needed. */
  readonly result: Result<T>;
  /** In the order of the input. */
  readonly needed: readonly string[];
  /** Resources, as YAML, that have to be opened first; see `buildOpening`. */
  readonly sealed?: readonly string[];
}

/** Fetches for one build; each address once. */
export interface RemoteSession {
  /** Where each address leads now; the same text as long as nothing has changed there. */
  find(addresses: Iterable<string>): Promise<ReadonlyMap<string, Result<string>>>;
  /** What lies at each address, or why it cannot be had. */
  fetch(addresses: Iterable<string>): Promise<Remotes>;
}

/** A build and the remotes that went into it. */
export interface BuiltWithRemotes<T> {
  /** What was built. */
  readonly value: T;
  /** Where each address that was asked for led, as {@linkcode RemoteSession.find} says it. */
  readonly revisions: ReadonlyMap<string, string>;
}

/** Remote bases that name remote bases; nobody goes that far. */
const MOST_ROUNDS = 20;

/**
 * Runs a build that cannot fetch, with what was fetched for it, and notes what it lacks. It may run anywhere: what
 * goes in and what comes out is data.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const attempt = attemptBuild(new Map(), (fetchRemote) => fetchRemote("github.com/org/repo"));
 * assert.deepEqual(attempt.needed, ["github.com/org/repo"]);
 * ```
 */
export function attemptBuild<T>(
  remotes: Remotes,
  build: (fetchRemote: FetchRemote) => Result<T>,
): RemoteAttempt<T> {
  const needed = new Set<string>();
  const result = build((address) => {
    const known = remotes.get(address);
    if (known !== undefined) return known;
    needed.add(address);
    return fail("RemoteNeeded", `remote base "${maskSecrets(address, [])}" was not fetched`);
  });
  return { result, needed: [...needed] };
}

/**
 * Builds as often as it takes until nothing is needed any more; what is needed at once is fetched at once.
 * A remote that cannot be had is a failure of the build, in the words of the engine, which knows file and line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ok, treeOf } from "../base/mod.ts";
 * const remote = { tree: treeOf({}), path: "base" };
 * const session: RemoteSession = {
 *   find: (addresses) => Promise.resolve(new Map([...addresses].map((address) => [address, ok("v1")]))),
 *   fetch: (addresses) => Promise.resolve(new Map([...addresses].map((address) => [address, ok(remote)]))),
 * };
 * const built = await buildWithRemotes(session, (remotes) =>
 *   attemptBuild(remotes, (fetchRemote) => {
 *     const base = fetchRemote("github.com/org/repo");
 *     return base.ok ? ok(base.value.path) : base;
 *   }));
 * assert.equal(built.ok && built.value.value, "base");
 * ```
 */
export async function buildWithRemotes<T>(
  session: RemoteSession,
  build: (remotes: Remotes) => RemoteAttempt<T> | Promise<RemoteAttempt<T>>,
  likely: Iterable<string> = [],
): Promise<Result<BuiltWithRemotes<T>>> {
  const remotes = new Map(await session.fetch(likely));
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { result, needed } = await build(remotes);
    const missing = needed.filter((address) => !remotes.has(address));
    if (missing.length === 0) {
      return result.ok ? ok({ value: result.value, revisions: await revisionsOf() }) : result;
    }
    for (const [address, remote] of await session.fetch(missing)) remotes.set(address, remote);
  }
  return fail("BuildFailed", `remote bases lead on to others more than ${MOST_ROUNDS} times`);

  async function revisionsOf(): Promise<ReadonlyMap<string, string>> {
    const revisions = new Map<string, string>();
    if (remotes.size === 0) return revisions;
    for (const [address, revision] of await session.find(remotes.keys())) {
      if (revision.ok) revisions.set(address, revision.value);
    }
    return revisions;
  }
}

/** True when every address still leads where it led. */
export async function isCurrent(
  session: RemoteSession,
  revisions: ReadonlyMap<string, string>,
): Promise<boolean> {
  if (revisions.size === 0) return true;
  const found = await session.find(revisions.keys());
  return [...revisions].every(([address, revision]) => {
    const now = found.get(address);
    return now?.ok === true && now.value === revision;
  });
}

/** Answers every address with a refusal that names the flag. */
export function refuseRemote(address: string): Result<RemoteTree> {
  const shown = maskSecrets(address, []);
  return fail(
    "Unsupported",
    `remote base "${shown}" is refused by --no-remote-bases; copy it into the repository`,
  );
}
