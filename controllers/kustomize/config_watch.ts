/**
 * Labelled ConfigMaps and Secrets that Kustomizations refer to: their change starts a run
 * (`--watch-configs-label-selector`, contract/common.md §4).
 *
 * @module
 */
import { Kustomization } from "../../crds/mod.ts";
import {
  type Cluster,
  displayName,
  type GroupVersionKind,
  type KubeObject,
} from "../../lib/kube/mod.ts";

const KINDS: readonly GroupVersionKind[] = ["ConfigMap", "Secret"].map((kind) => (
  { group: "", version: "v1", kind }
));

/** What is watched, and for whom. */
export interface ConfigWatchOptions {
  readonly cluster: Cluster;
  /** Only objects whose labels match. */
  readonly labelSelector: string;
  /** The only namespace, where there is one. */
  readonly namespace?: string;
  /** The Kustomizations that refer to the object of this key, see {@linkcode configKeys}. */
  usersOf(key: string): readonly KubeObject[];
  enqueue(namespace: string, name: string, why: string): void;
}

/** Watches until disposed of. Only metadata is kept: what a Secret holds is read when it is needed. */
export function watchConfigs(
  { cluster, labelSelector, namespace, usersOf, enqueue }: ConfigWatchOptions,
): AsyncDisposable {
  const informers = KINDS.map((gvk) =>
    cluster.informer(gvk, {
      metadataOnly: true,
      ...(labelSelector !== "" && { labelSelector }),
      ...(namespace !== undefined && { namespace }),
    })
  );
  for (const [index, informer] of informers.entries()) {
    const kind = KINDS[index]?.kind ?? "";
    informer.onChange(({ object: { metadata } }) => {
      for (const user of usersOf(displayName({ ...metadata, kind }))) {
        const { namespace = "", name } = user.metadata;
        enqueue(namespace, name, `${kind} ${metadata.name} changed`);
      }
    });
  }
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(informers.map((informer) => informer[Symbol.asyncDispose]()));
    },
  };
}

/** Keys of the ConfigMaps and Secrets that `object`, a Kustomization, refers to. */
export function configKeys(object: KubeObject): string[] {
  const decoded = Kustomization.decode(object);
  if (!decoded.ok) return [];
  const { metadata: { namespace }, spec } = decoded.value;
  const named: readonly (readonly [string, { readonly name: string } | undefined])[] = [
    ["Secret", spec.decryption?.secretRef],
    ["Secret", spec.kubeConfig?.secretRef],
    ["ConfigMap", spec.kubeConfig?.configMapRef],
    ...(spec.postBuild?.substituteFrom ?? []).map((source) => [source.kind, source] as const),
  ];
  const keys = named.flatMap(([kind, ref]) =>
    ref ? [displayName({ kind, namespace, name: ref.name })] : []
  );
  return [...new Set(keys)];
}
