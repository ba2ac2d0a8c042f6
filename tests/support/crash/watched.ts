/**
 * What a test sees of all its namespaces, by watch.
 *
 * @module
 */
import { GitRepository, ImageRepository, Kustomization } from "../../../crds/mod.ts";
import type { Cluster, Informer, KubeObject } from "../../../lib/kube/mod.ts";
import { fieldOf } from "../../../tools/demo/observe.ts";
import { Lookout } from "./lookout.ts";

const AGAIN_MS = 500;

/** The objects of one namespace; all are called alike. */
export interface Seen {
  readonly source: KubeObject | undefined;
  readonly kustomization: KubeObject | undefined;
  /** What takes its time to be healthy. */
  readonly slow: KubeObject | undefined;
}

/** Watches our kinds in all namespaces, and plays the controller of what takes its time to be healthy. */
export class Watched implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #sources: Informer;
  readonly #kustomizations: Informer;
  readonly #slow: Informer;
  readonly #lookout = new Lookout();

  /** Begins. */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#sources = cluster.informer(GitRepository.gvk);
    this.#kustomizations = cluster.informer(Kustomization.gvk);
    this.#slow = cluster.informer(ImageRepository.gvk);
    for (const informer of [this.#sources, this.#kustomizations, this.#slow]) {
      informer.onChange(({ object }) => this.#notice(object.metadata.namespace ?? ""));
    }
  }

  /** A namespace as it is now. */
  see(namespace: string): Seen {
    return {
      source: this.#sources.get("app", namespace),
      kustomization: this.#kustomizations.get("app", namespace),
      slow: this.#slow.get("slow", namespace),
    };
  }

  /** Waits until `isSo`, or until `over`; false when the time is up. */
  until(isSo: () => boolean, limitMs: number, over?: Promise<unknown>): Promise<boolean> {
    return this.#lookout.until(isSo, limitMs, over);
  }

  /** Stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    const informers = [this.#sources, this.#kustomizations, this.#slow];
    await Promise.all(informers.map((informer) => informer[Symbol.asyncDispose]()));
  }

  #notice(namespace: string): void {
    this.#heal(namespace);
    this.#lookout.notice();
  }

  /** Never before the Kustomization said that it waits: so that it always does. */
  async #heal(namespace: string): Promise<void> {
    const conditions = fieldOf(this.#kustomizations.get("app", namespace), "status", "conditions");
    const isAwaited = Array.isArray(conditions) &&
      conditions.some(({ type, status }) => type === "Healthy" && status === "Unknown");
    const slow = this.#slow.get("slow", namespace);
    if (!isAwaited || slow === undefined) return;
    const { generation } = slow.metadata;
    if (fieldOf(slow, "status", "observedGeneration") === generation) return;
    const ref = { ...ImageRepository, namespace, name: "slow" };
    const patch = { status: { observedGeneration: generation } };
    const how = { fieldManager: "test", type: "merge", subresource: "status" } as const;
    const healed = await this.#cluster.patch(ref, patch, how);
    // It may have gone meanwhile, which the watch tells; else it must be healthy in the end.
    if (!healed.ok && healed.code !== "NotFound") setTimeout(() => this.#heal(namespace), AGAIN_MS);
  }
}
