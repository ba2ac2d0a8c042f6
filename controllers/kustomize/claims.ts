/**
 * Who else answers for an object: what other Kustomizations have on record, and what lives in a namespace.
 *
 * @module
 */
import { Kustomization } from "../../crds/mod.ts";
import { isRecord, stringifyJson } from "../../lib/base/mod.ts";
import {
  type Cluster,
  displayName,
  type GroupVersionKind,
  type Informer,
  type KubeObject,
  refOf,
} from "../../lib/kube/mod.ts";
import { parseInventoryId } from "../../lib/kube/ssa/mod.ts";
import { ownerOf } from "./apply.ts";
import type { Owner } from "./drift.ts";
import { type Memory, memoryKey } from "./memory.ts";
import { sourceKeyOf } from "./sources.ts";

/** See the module's description. */
export interface Claims {
  /** The others that have the object of this inventory id on record, and are not going away. */
  othersOf(kustomization: Kustomization, id: string): readonly Kustomization[];
  /** One of them whose last build, in this process, wants it. */
  claimantOf(kustomization: Kustomization, id: string): Owner | undefined;
  /** The others of the same source and cluster that are not going away. */
  siblingsOf(kustomization: Kustomization): readonly Kustomization[];
  /** Whether `other` is one of them. */
  isSibling(kustomization: Kustomization, other: Kustomization): boolean;
  /** Whether it has applied all of `revision`, with the spec that it has now. */
  hasApplied(kustomization: Kustomization, revision: string): boolean;
  /** Whether it no longer wants the object of this inventory id, and has it on record for others only. */
  isMoving(kustomization: Kustomization, id: string): boolean;
  /** Whether a run of it goes on. */
  isRunning(kustomization: Kustomization): boolean;
  /** What of others a namespace holds, for messages. */
  occupantOf(kustomization: Kustomization, namespace: string): Promise<string | undefined>;
}

/** Index of the Kustomizations by what they have on record; see {@linkcode claimKeys}. */
export const CLAIMS_INDEX = "claims";

/** Failures that do not pass: who may not look never will, and a kind that is not served has no objects. */
const LASTING = new Set(["Forbidden", "NoMatch", "NotFound"]);

/** Owner labels may lead in a circle. */
const MOST_PARENTS = 10;

/** Kinds that do something where they are, and whose end takes more than themselves along. */
const TOOLKIT_KINDS: readonly GroupVersionKind[] = [
  ...["GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart", "ExternalArtifact"]
    .map((kind) => ({ group: "source.toolkit.fluxcd.io", version: "v1", kind })),
  { group: "kustomize.toolkit.fluxcd.io", version: "v1", kind: "Kustomization" },
  { group: "helm.toolkit.fluxcd.io", version: "v2", kind: "HelmRelease" },
  ...["ImageRepository", "ImagePolicy", "ImageUpdateAutomation"]
    .map((kind) => ({ group: "image.toolkit.fluxcd.io", version: "v1", kind })),
  { group: "notification.toolkit.fluxcd.io", version: "v1", kind: "Receiver" },
  ...["Alert", "Provider"]
    .map((kind) => ({ group: "notification.toolkit.fluxcd.io", version: "v1beta3", kind })),
];

/** What a raw Kustomization has on record, and in which namespaces, with the cluster that it is applied to. */
export function claimKeys(object: KubeObject): readonly string[] {
  const { status } = object;
  const inventory = isRecord(status) && isRecord(status.inventory) ? status.inventory.entries : [];
  const ids = Array.isArray(inventory)
    ? inventory.filter(isRecord).map(({ id }) => String(id))
    : [];
  const site = siteOf(object);
  const namespaces = new Set(ids.map(namespaceOf));
  return [
    ...ids.map((id) => `${site} ${id}`),
    ...[...namespaces].map((namespace) => `${site} in ${namespace}`),
  ];
}

function namespaceOf(id: string): string {
  const parsed = parseInventoryId(id);
  return parsed.ok ? parsed.value.namespace : "";
}

/** The same ids in two clusters are two objects. */
function siteOf({ metadata, spec }: KubeObject): string {
  if (!isRecord(spec) || spec.kubeConfig === undefined) return "";
  return stringifyJson([metadata.namespace, spec.kubeConfig]);
}

/** What is asked. */
export interface ClaimParts {
  readonly kustomizations: Pick<Informer, "byIndex" | "get">;
  readonly memory: Memory;
  /** Whether a run of the Kustomization of this key goes on. */
  isRunning(key: string): boolean;
  /** Where a Kustomization is applied, with the controller's own rights. */
  clusterOf(kustomization: Kustomization): Cluster;
}

/** Reads claims off the local copy of all Kustomizations. */
export function openClaims({ kustomizations, memory, isRunning, clusterOf }: ClaimParts): Claims {
  function others(self: Kustomization, what: string): Kustomization[] {
    return besides(self, kustomizations.byIndex(CLAIMS_INDEX, `${siteOf(self)} ${what}`));
  }
  function besides(self: Kustomization, found: readonly KubeObject[]): Kustomization[] {
    return found.flatMap((object) => {
      if (memoryKey(object) === memoryKey(self)) return [];
      if (object.metadata.deletionTimestamp !== undefined) return [];
      const decoded = Kustomization.decode(object);
      return decoded.ok ? [decoded.value] : [];
    });
  }
  /** What `self` has applied goes with it, whatever that has applied in turn. */
  function isOfFamily(object: KubeObject, self: Kustomization): boolean {
    let here: KubeObject | undefined = object;
    for (let depth = 0; depth < MOST_PARENTS && here !== undefined; depth++) {
      if (here.kind === self.kind && memoryKey(here) === memoryKey(self)) return true;
      const owner = ownerOf(here);
      here = owner && kustomizations.get(owner.name, owner.namespace);
    }
    return false;
  }
  return {
    othersOf: (self, id) => others(self, id),
    siblingsOf(self) {
      const found = kustomizations.byIndex("source", sourceKeyOf(self));
      return besides(self, found.filter((object) => siteOf(object) === siteOf(self)));
    },
    isSibling(self, other) {
      if (other.metadata.deletionTimestamp !== undefined) return false;
      return memoryKey(other) !== memoryKey(self) && siteOf(other) === siteOf(self) &&
        sourceKeyOf(other) === sourceKeyOf(self);
    },
    hasApplied({ metadata, status }, revision) {
      const { whole } = memory.peek(memoryKey({ metadata })) ?? {};
      const { generation } = metadata;
      if (whole?.revision === revision && whole.generation === generation) return true;
      // Another process may have done it.
      return status?.lastAppliedRevision === revision && status.observedGeneration === generation;
    },
    isMoving: (other, id) => memory.peek(memoryKey(other))?.moving?.ids.has(id) === true,
    isRunning: (kustomization) => isRunning(memoryKey(kustomization)),
    claimantOf(self, id) {
      const claimant = others(self, id).find((other) => {
        const known = memory.peek(memoryKey(other));
        return known?.applied.has(id) === true || known?.found.has(id) === true;
      });
      if (claimant === undefined) return undefined;
      const { name, namespace = "" } = claimant.metadata;
      return { name, namespace };
    },
    async occupantOf(self, namespace) {
      const tenant = others(self, `in ${namespace}`).find((other) => !isOfFamily(other, self));
      if (tenant !== undefined) return `objects of ${displayName(refOf(tenant))}`;
      const found = await Promise.all(
        TOOLKIT_KINDS.map((gvk) => clusterOf(self).list(gvk, { namespace })),
      );
      const resident = found.flatMap((list) => list.ok ? list.value.items : []).find((object) =>
        object.metadata.deletionTimestamp === undefined && !isOfFamily(object, self)
      );
      if (resident !== undefined) return displayName(refOf(resident));
      // What cannot be seen may be there; the next run looks again.
      const unseen = found.find((list) => !list.ok && !LASTING.has(list.code));
      return unseen?.ok === false ? `what cannot be listed: ${unseen.message}` : undefined;
    },
  };
}
