/**
 * Which kinds a server serves, and where. One per server: all identities share it.
 *
 * @module
 */
import { type Clock, fail, isRecord, ok, type Result, sleep } from "../base/mod.ts";
import type { ApiResource } from "./cluster.ts";
import { apiVersionOf, type GroupVersionKind } from "./object.ts";
import type { ApiResponse, Transport } from "./transport.ts";

/** One answer for both forms: who does not know the first gives the second. */
const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
  "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/** The server is not asked more often than this. */
const REFRESH_MS = 1_000;

/** What is known of one group version. */
interface GroupVersion {
  resources: ApiResource[];
  /** The server behind it did not answer: what is not in `resources` may exist all the same. */
  isStale: boolean;
}

type GroupVersions = Map<string, GroupVersion>;

/** Knows the kinds of a server; asks when one is missing. */
export class Discovery {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #known: GroupVersions = new Map();
  /** The last answer of `/api` and `/apis`, kept as long as its ETag holds. */
  readonly #answers = new Map<string, { etag: string; found: GroupVersions }>();
  #askedMs = -Infinity;
  /** A request that has been sent. */
  #running: Promise<Result<void>> | undefined;
  /** A request that waits for its turn. */
  #planned: Promise<Result<void>> | undefined;

  /** Asks nothing yet. */
  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  /**
   * How a kind is served. `NoMatch` means that a server which was asked after this call does not know it;
   * `ServiceUnavailable` that the server behind its group version gave no answer.
   */
  async resourceOf(gvk: GroupVersionKind): Promise<Result<ApiResource>> {
    const known = this.#find(gvk) ?? await this.#findSoon(gvk);
    return known === undefined ? await this.askFor(gvk) : ok(known);
  }

  /** The same from a server that is asked now, whatever is known: after it answered that there is no such kind. */
  async askFor(gvk: GroupVersionKind): Promise<Result<ApiResource>> {
    const asked = await this.refresh();
    if (!asked.ok) return asked;
    const found = this.#find(gvk);
    if (found !== undefined) return ok(found);
    const groupVersion = apiVersionOf(gvk);
    if (this.#known.get(groupVersion)?.isStale === true) {
      return fail("ServiceUnavailable", `stale GroupVersion discovery: ${groupVersion}`);
    }
    return fail("NoMatch", `no matches for kind "${gvk.kind}" in version "${groupVersion}"`);
  }

  /** Calls `listener` after each refresh. */
  onRefresh(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks the server anew, at most once a second: who calls before the next turn shares its answer. */
  refresh(): Promise<Result<void>> {
    this.#planned ??= this.#askInTurn();
    return this.#planned;
  }

  async #askInTurn(): Promise<Result<void>> {
    await this.#running;
    const waitMs = this.#askedMs + REFRESH_MS - this.#clock.monotonicMs();
    if (waitMs > 0) await sleep(this.#clock, waitMs);
    // From here on the answer could be older than a caller's question.
    this.#planned = undefined;
    this.#askedMs = this.#clock.monotonicMs();
    this.#running = this.#ask();
    const answer = await this.#running;
    this.#running = undefined;
    return answer;
  }

  /** What a request that is under way finds: at the start everybody asks at once. */
  async #findSoon(gvk: GroupVersionKind): Promise<ApiResource | undefined> {
    await this.#running;
    return this.#find(gvk);
  }

  #find({ group, version, kind }: GroupVersionKind): ApiResource | undefined {
    return this.#known.get(apiVersionOf({ group, version }))?.resources.find((resource) =>
      resource.gvk.kind === kind
    );
  }

  async #ask(): Promise<Result<void>> {
    const answers = await Promise.all([this.#askRoot("/api"), this.#askRoot("/apis")]);
    const next: GroupVersions = new Map();
    for (const answer of answers) {
      if (!answer.ok) return answer;
      for (const [groupVersion, found] of answer.value) {
        next.set(groupVersion, keepKnown(found, this.#known.get(groupVersion)));
      }
    }
    this.#known = next;
    for (const listener of [...this.#listeners]) listener();
    return ok(undefined);
  }

  async #askRoot(path: "/api" | "/apis"): Promise<Result<GroupVersions>> {
    const before = this.#answers.get(path);
    const answer = await this.#transport.send({
      method: "GET",
      path,
      accept: AGGREGATED,
      ...(before === undefined ? {} : { etag: before.etag }),
    });
    if (!answer.ok) return answer;
    if (answer.value.status === 304 && before !== undefined) return ok(before.found);
    this.#answers.delete(path);
    const { body, etag } = answer.value;
    if (!isRecord(body)) return fail("InternalError", `${path} did not answer with discovery data`);
    if (body.kind !== "APIGroupDiscoveryList") return await this.#askGroups(path, body);
    const found = readAggregated(body);
    if (etag !== "") this.#answers.set(path, { etag, found });
    return ok(found);
  }

  /** The older way: one request for each group version. */
  async #askGroups(
    path: "/api" | "/apis",
    root: Record<string, unknown>,
  ): Promise<Result<GroupVersions>> {
    const groupVersions = path === "/api" ? textsOf(root.versions) : records(root.groups)
      .flatMap((group) => records(group.versions).map((version) => String(version.groupVersion)));
    const found: GroupVersions = new Map();
    await Promise.all(groupVersions.map(async (groupVersion) => {
      const answer = await this.#transport.send({ method: "GET", path: `${path}/${groupVersion}` });
      found.set(groupVersion, readGroupVersion(groupVersion, answer));
    }));
    return ok(found);
  }
}

/** A server that is away for now takes none of its kinds with it. */
function keepKnown(found: GroupVersion, before: GroupVersion | undefined): GroupVersion {
  if (!found.isStale || found.resources.length > 0 || before === undefined) return found;
  return { resources: before.resources, isStale: true };
}

function readAggregated(list: Record<string, unknown>): GroupVersions {
  const found: GroupVersions = new Map();
  for (const group of records(list.items)) {
    const name = isRecord(group.metadata) ? textOf(group.metadata.name) : "";
    for (const version of records(group.versions)) {
      const at = { group: name, version: textOf(version.version) };
      const resources = records(version.resources).flatMap((entry) => readEntry(at, entry));
      found.set(apiVersionOf(at), { resources, isStale: version.freshness === "Stale" });
    }
  }
  return found;
}

function readEntry(
  at: { group: string; version: string },
  entry: Record<string, unknown>,
): ApiResource[] {
  const kind = isRecord(entry.responseKind) ? textOf(entry.responseKind.kind) : "";
  // An entry without a kind holds subresources only.
  if (kind === "") return [];
  return [{
    gvk: { ...at, kind },
    plural: textOf(entry.resource),
    namespaced: entry.scope === "Namespaced",
    verbs: textsOf(entry.verbs),
  }];
}

function readGroupVersion(groupVersion: string, answer: Result<ApiResponse>): GroupVersion {
  if (!answer.ok || !isRecord(answer.value.body)) return { resources: [], isStale: true };
  const slash = groupVersion.indexOf("/");
  const at = {
    group: slash < 0 ? "" : groupVersion.slice(0, slash),
    version: groupVersion.slice(slash + 1),
  };
  const resources = records(answer.value.body.resources)
    .filter((entry) => !textOf(entry.name).includes("/"))
    .map((entry) => ({
      gvk: { ...at, kind: textOf(entry.kind) },
      plural: textOf(entry.name),
      namespaced: entry.namespaced === true,
      verbs: textsOf(entry.verbs),
    }));
  return { resources, isStale: false };
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
