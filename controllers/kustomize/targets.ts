/**
 * The clusters that Kustomizations are applied to: our own, and those that `spec.kubeConfig` names.
 *
 * Of a remote Kustomization everything that concerns what it applies happens there: dry-runs, writes, health,
 * drift and deletes. What belongs to the toolkit stays here: status, events, sources, variables, dependencies.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import type { Failure } from "../../lib/base/mod.ts";
import type { Clouds } from "../../lib/cloud/mod.ts";
import { openRemoteClusters, type RemoteClusters } from "../../lib/delivery/mod.ts";
import { type Cluster, type LiveWatch, openLiveWatch } from "../../lib/kube/mod.ts";
import { type ComponentDeps, isGateOn } from "../../lib/runtime/mod.ts";
import { OWNED_SELECTOR } from "./apply.ts";
import type { Target } from "./context.ts";
import { type DriftParts, type Owner, watchDrift } from "./drift.ts";
import { memoryKey } from "./memory.ts";
import { timeoutMs } from "./outcomes.ts";

/** What targets need to know of the controller. */
export interface TargetParts extends Pick<DriftParts, "memory" | "isRunning" | "enqueue"> {
  /** A Kustomization that is applied now: neither suspended nor going away. */
  find(owner: Owner): Kustomization | undefined;
  /** Logs in to clouds and their clusters. */
  readonly clouds: Clouds;
}

/** All clusters of the controller. */
export interface Targets extends AsyncDisposable {
  /** Where `kustomization` is applied in a run that begins now. */
  open(kustomization: Kustomization): Promise<Target>;
  /** Everything of ours in the cluster that `kustomization` was applied to last. */
  liveOf(kustomization: Kustomization): LiveWatch;
  /** Where the Kustomization of this key was applied last, as nobody else. */
  clusterOf(key: string): Cluster;
  /** The Kustomization of this key is gone. */
  release(key: string): void;
}

/** Opens our own cluster; others when they are needed. */
export function openTargets(deps: ComponentDeps, parts: TargetParts): Targets {
  return new AllTargets(deps, parts);
}

/** What is watched in one cluster. */
interface Site extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly live: LiveWatch;
}

class AllTargets implements Targets {
  readonly #deps: ComponentDeps;
  readonly #parts: TargetParts;
  readonly #local: Site;
  readonly #remotes: RemoteClusters<Site>;

  constructor(deps: ComponentDeps, parts: TargetParts) {
    const { cluster, clock, random, log, flags, mayWrite } = deps;
    this.#deps = deps;
    this.#parts = parts;
    this.#local = this.#openSite(cluster);
    this.#remotes = openRemoteClusters<Site>({
      cluster,
      clouds: parts.clouds,
      clock,
      random,
      accounts: {
        areAllowed: isGateOn("ObjectLevelWorkloadIdentity", flags["feature-gates"]),
        fallback: flags["default-kubeconfig-service-account"],
      },
      equip: (remote) => this.#openSite(remote),
      log: (message, fields) => log.info(message, fields),
      ...(mayWrite !== undefined && { mayWrite }),
    });
  }

  async open(kustomization: Kustomization): Promise<Target> {
    const key = memoryKey(kustomization);
    const { metadata: { namespace = "" }, spec: { kubeConfig } } = kustomization;
    if (kubeConfig === undefined) {
      this.#remotes.release(key);
      return this.#targetOf(this.#local, this.#deps.cluster);
    }
    const remote = await this.#remotes.open(key, namespace, kubeConfig);
    if (!remote.ok) return withoutCluster(this.#local.live, remote);
    const { cluster, equipment, secrets } = remote.value;
    // A server that answers slowly must not hold a worker for as long as it has objects.
    const deadlineMs = this.#deps.clock.monotonicMs() + timeoutMs(kustomization);
    return {
      ...this.#targetOf(equipment, cluster.until(deadlineMs)),
      targetSecrets: secrets,
      // To act as an account it need not exist: what it may delete there is found out by trying.
      hasAccount: () => Promise.resolve(true),
    };
  }

  liveOf(kustomization: Kustomization): LiveWatch {
    const site = this.#siteOf(memoryKey(kustomization), kustomization);
    return (site ?? this.#local).live;
  }

  clusterOf(key: string): Cluster {
    return this.#remotes.of(key)?.cluster ?? this.#deps.cluster;
  }

  release(key: string): void {
    this.#remotes.release(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#remotes[Symbol.asyncDispose]();
    await this.#local[Symbol.asyncDispose]();
  }

  #siteOf(key: string, { spec }: Kustomization): Site | undefined {
    return spec.kubeConfig === undefined ? this.#local : this.#remotes.of(key)?.equipment;
  }

  #targetOf({ live }: Pick<Site, "live">, cluster: Cluster): Target {
    return {
      live,
      targetSecrets: [],
      clusterFor: (kustomization) => this.#asAccount(kustomization, cluster),
      hasAccount: (kustomization) => this.#hasAccount(kustomization, cluster),
    };
  }

  #asAccount(kustomization: Kustomization, cluster: Cluster): Cluster {
    const name = accountOf(kustomization, this.#deps);
    if (name === "") return cluster;
    return cluster.as({ namespace: kustomization.metadata.namespace ?? "", name });
  }

  async #hasAccount(kustomization: Kustomization, cluster: Cluster): Promise<boolean> {
    const name = accountOf(kustomization, this.#deps);
    if (name === "") return true;
    const namespace = kustomization.metadata.namespace ?? "";
    const read = await cluster.get({ apiVersion: "v1", kind: "ServiceAccount", namespace, name });
    return read.ok || read.code !== "NotFound";
  }

  #openSite(cluster: Cluster): Site {
    const { clock, log, flags } = this.#deps;
    const { memory, find, isRunning, enqueue } = this.#parts;
    const live = openLiveWatch(cluster, { labelSelector: OWNED_SELECTOR });
    const stop = watchDrift({
      live,
      memory,
      clock,
      log,
      overrideManagers: flags["override-manager"],
      // The same names may stand on objects of another cluster, whose Kustomizations are not ours.
      clusterOf: (owner) => {
        const kustomization = find(owner);
        if (kustomization === undefined) return undefined;
        if (this.#siteOf(memoryKey(kustomization), kustomization) !== site) return undefined;
        return this.#asAccount(kustomization, cluster);
      },
      isRunning,
      enqueue,
    });
    const site: Site = {
      cluster,
      live,
      async [Symbol.asyncDispose]() {
        stop();
        await live[Symbol.asyncDispose]();
      },
    };
    return site;
  }
}

/** The account that applies for a Kustomization; empty for the controller itself, or as whom a kubeconfig says. */
export function accountOf(kustomization: Kustomization, { flags }: ComponentDeps): string {
  return kustomization.spec.serviceAccountName || flags["default-service-account"];
}

/** Nothing may be done then: the run ends with `failure` before it asks for a cluster. */
function withoutCluster(live: LiveWatch, failure: Failure): Target {
  const fault = () => new TypeError("A run went on without a cluster to apply to");
  return {
    live,
    targetSecrets: [],
    targetFailure: failure,
    clusterFor() {
      throw fault();
    },
    hasAccount: () => Promise.reject(fault()),
  };
}
