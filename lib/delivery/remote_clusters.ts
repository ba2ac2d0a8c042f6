/**
 * Connections to remote clusters: one for each content of a kubeconfig, shared by all who apply with it, closed
 * when nobody does any more.
 *
 * Where such a server is and what it answers is up to a tenant. Addresses that lead to the machine's link or to
 * metadata are refused like those of sources, private ones are not: most clusters have one (design D22). Each
 * request has a deadline, a server that hangs is not asked on, and what it sends is bounded.
 *
 * @module
 */
import type { KubeConfigReference } from "../../crds/mod.ts";
import {
  fail,
  isAddress,
  messageOf,
  ok,
  type Random,
  type Resolve,
  type Result,
  systemResolve,
} from "../base/mod.ts";
import { AddressCheck } from "../http/mod.ts";
import {
  type Access,
  type Cluster,
  type Fetch,
  openCluster,
  type OpenClusterOptions,
} from "../kube/mod.ts";
import type { TokenParts } from "./remote_account.ts";
import { readRemoteLogin, type RemoteLogin } from "./remote_login.ts";

/** A remote cluster in use. */
export interface RemoteCluster<T> {
  /** The cluster, as whom its kubeconfig says. */
  readonly cluster: Cluster;
  /** What the component keeps for each cluster, such as watches. */
  readonly equipment: T;
  /** Credentials, so that they can be taken out of messages. */
  readonly secrets: readonly string[];
}

/** All remote clusters of a component. */
export interface RemoteClusters<T> extends AsyncDisposable {
  /**
   * The cluster that `user`, an object in `namespace`, applies to from now on; the one before is let go of when
   * it is another. Codes: those of the API server for a Secret that cannot be read, `InvalidKubeconfig`,
   * `Unsupported`, `RefusedAddress`.
   */
  open(
    user: string,
    namespace: string,
    kubeConfig: KubeConfigReference,
  ): Promise<Result<RemoteCluster<T>>>;
  /** The cluster that `user` applies to. */
  of(user: string): RemoteCluster<T> | undefined;
  /** `user` is gone, or applies elsewhere. */
  release(user: string): void;
}

/** What remote clusters are opened with. */
export interface RemoteClusterOptions<T> extends TokenParts {
  /** Chance, for back-offs. */
  readonly random: Random;
  /** Makes what is kept for each cluster. */
  readonly equip: (cluster: Cluster) => T;
  /** Whether this process may write now; always when absent. */
  readonly mayWrite?: () => boolean;
  /** Told of clusters that come and go, and of trouble. */
  readonly log?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Clusters that are open at once; the least recently used goes first. 256 when absent. */
  readonly most?: number;
  /** Finds the addresses of a server; the system's when absent. */
  readonly resolve?: Resolve;
  /** Sends requests; `fetch` when absent. */
  readonly fetch?: Fetch;
  /** Makes connection pools; the runtime's, which needs the right to reach a proxy, when absent. */
  readonly createHttpClient?: OpenClusterOptions["createHttpClient"];
}

/** Bounds of one remote cluster: half as many requests at once as at our own, and answers of a sane size. */
const LIMITS = {
  timeoutMs: 30_000,
  restMs: 15_000,
  maxInFlight: 16,
  maxBodyBytes: 32 << 20,
  maxListBytes: 64 << 20,
} as const;
const MOST_CLUSTERS = 256;

/**
 * Opens none yet.
 *
 * @example
 * ```ts ignore
 * const clusters = openRemoteClusters({ cluster, clock, random, equip: (remote) => openLiveWatch(remote, options) });
 * const target = await clusters.open("apps/web", "apps", { secretRef: { name: "staging" } });
 * ```
 */
export function openRemoteClusters<T extends AsyncDisposable>(
  options: RemoteClusterOptions<T>,
): RemoteClusters<T> {
  return new Pool(options);
}

interface Entry<T> extends RemoteCluster<T> {
  readonly id: string;
  /** Closes the connection, which a guarded cluster does not. */
  readonly connection: AsyncDisposable;
  readonly users: Set<string>;
}

class Pool<T extends AsyncDisposable> implements RemoteClusters<T> {
  readonly #options: RemoteClusterOptions<T>;
  readonly #addresses: AddressCheck;
  /** By id; the least recently used first. */
  readonly #entries = new Map<string, Entry<T>>();
  readonly #byUser = new Map<string, Entry<T>>();
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: RemoteClusterOptions<T>) {
    this.#options = options;
    this.#addresses = new AddressCheck(options.resolve ?? systemResolve, options.clock);
  }

  async open(
    user: string,
    namespace: string,
    kubeConfig: KubeConfigReference,
  ): Promise<Result<RemoteCluster<T>>> {
    const login = await readRemoteLogin(this.#options, namespace, kubeConfig);
    const entry = login.ok ? await this.#connect(login.value) : login;
    if (!entry.ok) {
      // A Secret that is gone, or no kubeconfig any more, withdraws the connection that was made by it.
      if (entry.code !== "Unreachable" && entry.code !== "Timeout") this.release(user);
      return entry;
    }
    if (this.#isClosed) return fail("Closed", "Remote clusters are closed");
    this.#use(user, entry.value);
    return entry;
  }

  of(user: string): RemoteCluster<T> | undefined {
    return this.#byUser.get(user);
  }

  release(user: string): void {
    const entry = this.#byUser.get(user);
    if (entry === undefined) return;
    this.#byUser.delete(user);
    entry.users.delete(user);
    if (entry.users.size === 0) this.#close(entry);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const entry of [...this.#entries.values()]) this.#close(entry);
    await Promise.all(this.#closing);
  }

  #use(user: string, entry: Entry<T>): void {
    // First, so that a cluster is not closed between its last user and its next.
    entry.users.add(user);
    this.#entries.delete(entry.id);
    this.#entries.set(entry.id, entry);
    if (this.#byUser.get(user) !== entry) this.release(user);
    this.#byUser.set(user, entry);
    const [oldest] = this.#entries.values();
    const { most = MOST_CLUSTERS } = this.#options;
    if (this.#entries.size > most && oldest !== undefined) this.#close(oldest);
  }

  async #connect({ id, access, secrets }: RemoteLogin): Promise<Result<Entry<T>>> {
    const known = this.#entries.get(id);
    if (known !== undefined) return ok(known);
    const { clock, random, log, equip, createHttpClient, mayWrite = () => true } = this.#options;
    const reached = await access();
    if (!reached.ok) return reached;
    const opened = await openCluster({
      ...LIMITS,
      access,
      clock,
      random,
      fetch: this.#judged(reached.value),
      ...(createHttpClient !== undefined && { createHttpClient }),
      ...(log !== undefined && { log }),
    });
    if (!opened.ok) return opened;
    // Another run may have come here meanwhile; nothing has been sent on ours.
    const other = this.#entries.get(id);
    if (other !== undefined) {
      await opened.value[Symbol.asyncDispose]();
      return ok(other);
    }
    const cluster = opened.value.guardedBy(() => mayWrite() ? undefined : notLeader());
    const equipment = equip(cluster);
    log?.("remote cluster opened", { server: cluster.server });
    const connection = opened.value;
    const entry: Entry<T> = { id, cluster, connection, equipment, secrets, users: new Set() };
    this.#entries.set(id, entry);
    return ok(entry);
  }

  #close(entry: Entry<T>): void {
    this.#entries.delete(entry.id);
    for (const user of entry.users) this.#byUser.delete(user);
    entry.users.clear();
    const closing = this.#end(entry);
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  async #end(entry: Entry<T>): Promise<void> {
    const { log } = this.#options;
    try {
      await entry.equipment[Symbol.asyncDispose]();
      await entry.connection[Symbol.asyncDispose]();
      log?.("remote cluster closed", { server: entry.cluster.server });
    } catch (thrown) {
      log?.("cannot close a remote cluster", { error: messageOf(thrown) });
    }
  }

  /** Judges where a request goes before it is sent; of one through a proxy, the proxy, and an address that is spelt out. */
  #judged({ proxyUrl }: Access): Fetch {
    const hostOf = (url: string) => new URL(url).hostname;
    const { fetch: send = (url, init) => fetch(url, init) } = this.#options;
    return async (url, init) => {
      const signal = init.signal ?? new AbortController().signal;
      // Of each request, as a cloud may tell another address later.
      const host = hostOf(url);
      const isPlain = isAddress(host.replace(/^\[(.*)\]$/, "$1"));
      const hosts = proxyUrl === undefined ? [host] : [hostOf(proxyUrl), ...isPlain ? [host] : []];
      for (const each of hosts) {
        const judged = await this.#addresses.judge(each, signal);
        if (!judged.ok) throw new Error(judged.message);
      }
      signal.throwIfAborted();
      return await send(url, init);
    };
  }
}

function notLeader() {
  return fail("NotLeader", "This process does not hold its lease any more");
}
