/**
 * The git client: finds the commit that a reference names, and fetches its files.
 *
 * @module
 */
import {
  type Budget,
  type Clock,
  fail,
  type Failure,
  ok,
  type Result,
  systemClock,
} from "../base/mod.ts";
import { type HttpClient, publicUrl } from "../http/mod.ts";
import type { Advertisement } from "./advertisement.ts";
import { buildFileTree } from "./checkout.ts";
import type { Commit, Credentials, GitClient, GitCode, RemoteRef } from "./client.ts";
import { parseCommit, parseTagTarget } from "./commit.ts";
import { asResult } from "./failure.ts";
import { type FetchedPack, type FetchPack, historyRequest, readHistory } from "./history.ts";
import { httpTransport, type Service, type Transport } from "./http_transport.ts";
import type { ObjectFormat } from "./object_format.ts";
import type { Pack } from "./pack.ts";
import { PktReader } from "./pkt_line.ts";
import type { RefList } from "./ref_list.ts";
import { formatRevision, parseRefSpec, type Wanted } from "./ref_spec.ts";
import { ServiceCache } from "./service_cache.ts";
import { fetchRequest, lsRefsRequest, readFetch, readLsRefs } from "./upload_pack.ts";

/** Failures of a POST that the first request of the conversation would have met just as well. */
const SAYS_NOTHING_OF_COMMAND: ReadonlySet<string> = new Set<GitCode>([
  "Unauthorized",
  "Forbidden",
  "RepositoryNotFound",
  "UnexpectedStatus",
  "Unreachable",
  "NotPermitted",
]);

/** When commits were made, by id; bounded. */
type CommitTimes = Map<string, number>;
const MOST_TIMES = 10_000;
/** Versions that differ in their build metadata only; of more than these the last ones are looked at. */
const MOST_EQUAL_TAGS = 32;

/** What the client stands on. */
export interface GitOptions {
  /** Sends the requests. */
  readonly http: HttpClient;
  /**
   * Chooses among tag names by a range; without it `semver` is refused. Of several equally good ones the
   * one with the latest commit is taken, then the last.
   */
  readonly pickTags?: (tags: readonly string[], range: string) => Result<readonly string[]>;
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
export function openGit(options: GitOptions): GitClient {
  const services = new ServiceCache(options.clock ?? systemClock);
  const times: CommitTimes = new Map();
  return {
    listRef: (url, ref, login, budget) =>
      asResult(async () => {
        const wanted = parseRefSpec(ref);
        if (!wanted.ok) return wanted;
        if (wanted.value.kind === "commit") return ok(givenCommit(wanted.value));
        const remote = openRemote(options.http, services, url, login, budget);
        if (!remote.ok) return remote;
        return await findRef(remote.value, wanted.value, { ...options, times });
      }),
    fetchTree: (url, ref, login, budget) =>
      asResult(async () => {
        const remote = openRemote(options.http, services, url, login, budget);
        return remote.ok ? await fetchCommit(remote.value, ref) : remote;
      }),
    fetchHistory: (url, range, login, budget) =>
      asResult(async () => {
        const remote = openRemote(options.http, services, url, login, budget);
        if (!remote.ok) return remote;
        const fetchWithHistory: FetchPack = (want, have) =>
          fetchPack(remote.value, want, (server) => historyRequest(server, want, have));
        return await readHistory(range, fetchWithHistory, budget);
      }),
  };
}

/** One repository during one run. */
interface Remote {
  readonly transport: Transport;
  readonly services: ServiceCache;
  readonly key: string;
  readonly budget: Budget;
}

function openRemote(
  http: HttpClient,
  services: ServiceCache,
  url: string,
  login: Credentials | undefined,
  budget: Budget,
): Result<Remote> {
  const shown = JSON.stringify(publicUrl(url).slice(0, 500));
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (!URL.canParse(url) || /[\x00-\x20\x7f]|%0[ad]|%00/i.test(url)) {
    return fail("InvalidUrl", `${shown} is not the URL of a git repository`);
  }
  const { protocol } = new URL(url);
  if (protocol === "ssh:") {
    return fail("Unsupported", `${shown}: ssh is not supported yet, use https`);
  }
  if (protocol !== "http:" && protocol !== "https:") {
    return fail("InvalidUrl", `${shown} begins neither with http:// nor with https://`);
  }
  return ok({ transport: httpTransport(http, url, login), services, key: publicUrl(url), budget });
}

function givenCommit({ commit, branch }: { commit: string; branch?: string }): RemoteRef {
  const ref = branch === undefined ? "" : `refs/heads/${branch}`;
  return { commit, ref, revision: formatRevision(ref, digestOf(commit), false) };
}

function digestOf(commit: string): string {
  return `${commit.length === 40 ? "sha1" : "sha256"}:${commit}`;
}

async function findRef(
  remote: Remote,
  wanted: Exclude<Wanted, { kind: "commit" }>,
  { pickTags, times }: GitOptions & { times: CommitTimes },
): Promise<Result<RemoteRef>> {
  if (wanted.kind === "ref") return await findNamed(remote, wanted.ref, wanted.isFullName);
  if (wanted.kind === "any") return await findAny(remote, wanted.name, wanted.refs);
  if (pickTags === undefined) return fail("Unsupported", "spec.ref.semver is not supported yet");
  const listed = await listRefs(remote, ["refs/tags/"], Infinity);
  if (!listed.ok) return listed;
  const names = listed.value.names().filter((name) => name.startsWith("refs/tags/"));
  const tags = pickTags(names.map((name) => name.slice("refs/tags/".length)), wanted.range);
  if (!tags.ok) return tags;
  const picked: RemoteRef[] = [];
  for (const tag of tags.value) {
    const ref = found(listed.value, `refs/tags/${tag}`, false);
    if (ref === undefined) return missing(`refs/tags/${tag}`);
    if (!ref.ok) return ref;
    picked.push(ref.value);
  }
  return await findLatest(remote, picked, times);
}

/** The one with the latest commit; a commit never changes its time, so each is asked for once. */
async function findLatest(
  remote: Remote,
  refs: readonly RemoteRef[],
  times: CommitTimes,
): Promise<Result<RemoteRef>> {
  let latest: { ref: RemoteRef; timeSeconds: number } | undefined;
  for (const ref of refs.slice(-MOST_EQUAL_TAGS)) {
    if (refs.length === 1) return ok(ref);
    let timeSeconds = times.get(ref.commit);
    if (timeSeconds === undefined) {
      const commit = await fetchCommitObject(remote, ref, { commitOnly: true });
      if (!commit.ok) return commit;
      timeSeconds = commit.value.committer.timeSeconds;
      if (times.size >= MOST_TIMES) times.clear();
      times.set(ref.commit, timeSeconds);
    }
    if (latest === undefined || timeSeconds >= latest.timeSeconds) latest = { ref, timeSeconds };
  }
  return latest === undefined ? fail("RefNotFound", "no tag was picked") : ok(latest.ref);
}

async function findNamed(
  remote: Remote,
  ref: string,
  isFullName: boolean,
): Promise<Result<RemoteRef>> {
  const listed = await listRefs(remote, [ref], Infinity);
  if (!listed.ok) return listed;
  const named = found(listed.value, ref, isFullName);
  if (named !== undefined) return named;
  const empty = await checkEmpty(remote);
  if (empty !== undefined) return empty;
  if (!isFullName) return missing(ref);
  return fail("UnresolvedRef", `unable to resolve ref '${ref}' to a specific commit`);
}

async function findAny(
  remote: Remote,
  name: string,
  refs: readonly string[],
): Promise<Result<RemoteRef>> {
  const listed = await listRefs(remote, refs, Infinity);
  if (!listed.ok) return listed;
  for (const ref of refs) {
    const named = found(listed.value, ref, !ref.startsWith("refs/"));
    if (named !== undefined) return named;
  }
  return await checkEmpty(remote) ?? missing(name);
}

/** Asked only when a ref is missing: one line of the full list tells whether there is anything at all. */
async function checkEmpty(remote: Remote): Promise<Failure | undefined> {
  const any = await listRefs(remote, [], 1);
  if (!any.ok) return any;
  return any.value.size === 0 ? fail("EmptyRepository", "git repository is empty") : undefined;
}

function missing(ref: string): Failure {
  return fail("RefNotFound", `couldn't find remote ref "${ref}"`);
}

function found(refs: RefList, ref: string, isFullName: boolean): Result<RemoteRef> | undefined {
  const listed = refs.get(ref);
  if (listed?.id === undefined) return undefined;
  const commit = listed.peeled ?? listed.id;
  return ok({
    ref,
    commit,
    revision: formatRevision(ref, digestOf(commit), isFullName),
    ...(listed.peeled !== undefined && { tagObject: listed.id }),
  });
}

async function listRefs(
  remote: Remote,
  prefixes: readonly string[],
  most: number,
): Promise<Result<RefList>> {
  let refs: RefList | undefined;
  const asked = await ask(
    remote,
    // Version 0 has told its refs already; they are never older than this run.
    ({ advertisement }) => {
      refs = advertisement.refs;
      return refs === undefined ? lsRefsRequest(advertisement, prefixes) : undefined;
    },
    async (body) => {
      refs = await readLsRefs(new PktReader(body), remote.budget, most);
    },
  );
  if (!asked.ok) return asked;
  if (refs === undefined) throw new TypeError("the refs were not read");
  return ok(refs);
}

/**
 * Sends a command; what the server said of itself before is used first, so that an unchanged repository
 * costs one request. When that fails, the server is asked anew, for its own words.
 */
async function ask(
  remote: Remote,
  command: (service: Service) => Uint8Array | undefined,
  read: (body: AsyncIterable<Uint8Array>, service: Service) => Promise<void>,
): Promise<Result<void>> {
  const { transport, services, key, budget } = remote;
  const known = services.get(key);
  if (known !== undefined) {
    const sent = await sendAndRead(known);
    if (sent.ok) return sent;
    services.delete(key);
    if (!SAYS_NOTHING_OF_COMMAND.has(sent.code)) return sent;
  }
  const service = await transport.advertise(budget);
  if (!service.ok) return service;
  services.set(key, service.value);
  return await sendAndRead(service.value);

  async function sendAndRead(to: Service): Promise<Result<void>> {
    const bytes = command(to);
    if (bytes === undefined) return ok(undefined);
    const sent = await transport.send(to, bytes, budget);
    if (!sent.ok) return sent;
    await using answer = sent.value;
    return await asResult(async () => ok(await read(answer.body, to)));
  }
}

async function fetchCommit(remote: Remote, ref: RemoteRef): Promise<Result<Commit>> {
  const fetched = await fetchCommitObject(remote, ref);
  if (!fetched.ok) return fetched;
  const { pack, format, tree, ...commit } = fetched.value;
  return ok({ ...commit, tree: buildFileTree(pack, tree, format, remote.budget) });
}

/** A commit whose files are still in the pack; with `commitOnly` they may not be there. */
async function fetchCommitObject(
  remote: Remote,
  ref: RemoteRef,
  options: { commitOnly?: boolean } = {},
): Promise<Result<Omit<Commit, "tree"> & { tree: string; pack: Pack; format: ObjectFormat }>> {
  const want = ref.tagObject ?? ref.commit;
  const fetched = await fetchPack(
    remote,
    ref.commit,
    (server) => fetchRequest(server, want, options),
  );
  if (!fetched.ok) return fetched;
  const { pack, format } = fetched.value;
  const rawTag = ref.tagObject === undefined ? undefined : pack.read(ref.tagObject);
  if (rawTag !== undefined && pack.describe(parseTagTarget(format, rawTag)) === undefined) {
    return unknownCommit(ref.commit);
  }
  if (pack.describe(ref.commit)?.type !== "commit") return unknownCommit(ref.commit);
  const raw = pack.read(ref.commit);
  const { tree, message, author, committer } = parseCommit(format, raw);
  const tag = rawTag === undefined ? {} : { rawTag };
  return ok({ ...ref, tree, pack, format, message, author, committer, raw, ...tag });
}

/** Sends a request for objects that lead to `commit`, and reads the pack. */
async function fetchPack(
  remote: Remote,
  commit: string,
  request: (server: Advertisement) => Uint8Array,
): Promise<Result<FetchedPack>> {
  let fetched: FetchedPack | undefined;
  const asked = await ask(
    remote,
    ({ advertisement }) => request(advertisement),
    async (body, { advertisement }) => {
      const pack = await readFetch(body, advertisement, remote.budget);
      fetched = { pack, format: advertisement.format };
    },
  );
  if (!asked.ok) return asked.code === "UnknownCommit" ? unknownCommit(commit) : asked;
  if (fetched === undefined) throw new TypeError("the pack was not read");
  return ok(fetched);
}

function unknownCommit(commit: string): Failure {
  return fail(
    "UnknownCommit",
    `unable to resolve commit object for '${commit}': object not found`,
  );
}
