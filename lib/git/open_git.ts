/**
 * The git client: finds the commit that a reference names, fetches its files, and pushes changes of them.
 *
 * @module
 */
import { type Clock, ok, type Result, systemClock, WeightedCache } from "../base/mod.ts";
import type { HttpClient } from "../http/mod.ts";
import type { SshClient } from "../ssh/mod.ts";
import type { GitClient, GitWriter } from "./client.ts";
import { asResult } from "./failure.ts";
import { fetchCommit, fetchPack } from "./fetch_commit.ts";
import { type CommitTimes, findRef, givenCommit } from "./find_ref.ts";
import { type FetchPack, historyRequest, readHistory } from "./history.ts";
import type { KeptObjects } from "./kept_objects.ts";
import { Places } from "./places.ts";
import { parseRefSpec } from "./ref_spec.ts";
import { makeCommit, pushCommit } from "./push.ts";
import { openRemote } from "./remote.ts";
import { ServiceCache } from "./service_cache.ts";

const MOST_KEPT_BYTES = 128 << 20;

/** What the client stands on. */
export interface GitOptions {
  /** Sends the requests. */
  readonly http: HttpClient;
  /** Runs programs at servers; without it `ssh://` is refused. */
  readonly ssh?: SshClient;
  /**
   * Chooses among tag names by a range; without it `semver` is refused. Of several equally good ones the
   * one with the latest commit is taken, then the last.
   */
  readonly pickTags?: (tags: readonly string[], range: string) => Result<readonly string[]>;
  /** Bytes of fetched objects that are kept, so that the next commit costs what is new; 128 MiB when absent. */
  readonly keptBytes?: number;
  /** Decides how long a server's features are remembered. */
  readonly clock?: Clock;
}

/**
 * Opens a client.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * import { openHttp } from "../http/mod.ts";
 * const transport = () => Promise.resolve(new Response("Unauthorized\n", { status: 401 }));
 * const git = openGit({ http: openHttp({ transport }) });
 * const got = await git.listRef("http://host/app", { branch: "main" }, undefined, defaultBudget());
 * assert.equal(!got.ok && got.message, "authentication required: Unauthorized\n");
 * ```
 */
export function openGit(options: GitOptions): GitClient & GitWriter {
  const services = new ServiceCache(options.clock ?? systemClock);
  const times: CommitTimes = new Map();
  const objects = new WeightedCache<KeptObjects>(options.keptBytes ?? MOST_KEPT_BYTES);
  const shared = { services, objects, places: new Places() };
  return {
    listRef: (url, ref, login, budget) =>
      asResult(async () => {
        const wanted = parseRefSpec(ref);
        if (!wanted.ok) return wanted;
        if (wanted.value.kind === "commit") return ok(givenCommit(wanted.value));
        const opened = openRemote(options, shared, { url, login, budget });
        if (!opened.ok) return opened;
        using remote = opened.value;
        return await findRef(remote, wanted.value, { ...options, times });
      }),
    fetchTree: (url, ref, login, budget) =>
      asResult(async () => {
        const opened = openRemote(options, shared, { url, login, budget });
        if (!opened.ok) return opened;
        using remote = opened.value;
        return await fetchCommit(remote, ref);
      }),
    fetchHistory: (url, range, login, budget) =>
      asResult(async () => {
        const opened = openRemote(options, shared, { url, login, budget });
        if (!opened.ok) return opened;
        using remote = opened.value;
        const fetchWithHistory: FetchPack = (want, have) =>
          fetchPack(remote, want, (server) => ({ request: historyRequest(server, want, have) }));
        return await readHistory(range, fetchWithHistory, budget);
      }),
    makeCommit: (url, draft, login, budget) =>
      asResult(async () => {
        const opened = openRemote(options, shared, { url, login, budget });
        if (!opened.ok) return opened;
        using remote = opened.value;
        return await makeCommit(remote, draft);
      }),
    push: (url, push, login, budget) =>
      asResult(async () => {
        const request = { url, login, budget };
        const program = "git-receive-pack";
        const opened = openRemote(options, shared, { ...request, program });
        const reading = openRemote(options, shared, request);
        if (!opened.ok) return opened;
        if (!reading.ok) return reading;
        using remote = opened.value;
        using reader = reading.value;
        return await pushCommit(remote, reader, push);
      }),
  };
}
