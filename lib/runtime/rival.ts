/**
 * Another controller of the same kinds on the same cluster (design D19): two appliers with one field manager
 * would fight, and neither would show it.
 *
 * @module
 */
import { isRecord, ok, type Result } from "../base/mod.ts";
import type { Cluster, KubeObject } from "../kube/mod.ts";
import { readRecord } from "./lease_record.ts";

/** How the holders of our own Leases begin. */
export const OWN_IDENTITY = "sluice_";

/** Who else is at work. */
export interface Rival {
  /** Namespace of its Lease. */
  readonly namespace: string;
  /** Name of its Lease. */
  readonly lease: string;
  /** Who holds it. */
  readonly holder: string;
}

/** What to look for. */
export interface RivalSearch {
  /** `source-controller`. */
  readonly controller: string;
  /** Name of our own Lease; it has a suffix when we see selected objects only. */
  readonly ownLease: string;
  /** Wall-clock time: milliseconds since 1970. */
  readonly nowMs: number;
}

const LEASE = { group: "coordination.k8s.io", version: "v1", kind: "Lease" } as const;
/** A holder that missed this many of its renewals is gone, whatever its Lease says. */
const PATIENCE = 2;

/**
 * The first holder of a Lease of the same component that is not ours and may see the same objects; fails when
 * Leases cannot be listed.
 */
export async function findRival(
  cluster: Cluster,
  search: RivalSearch,
): Promise<Result<Rival | undefined>> {
  const leases = await cluster.list(LEASE);
  if (!leases.ok) return leases;
  const rivals = leases.value.items.filter((lease) => isRival(lease, search));
  const [first] = rivals;
  if (first === undefined) return ok(undefined);
  const { name, namespace = "" } = first.metadata;
  return ok({ namespace, lease: name, holder: readRecord(first).holder });
}

function isRival(lease: KubeObject, { controller, ownLease, nowMs }: RivalSearch): boolean {
  const everything = `${controller}-leader-election`;
  const { name } = lease.metadata;
  if (name !== everything && !name.startsWith(`${everything}-`)) return false;
  // The suffix is a hash of the other's selector: two different ones are taken to see different objects.
  const overlaps = name === ownLease || name === everything || ownLease === everything;
  const { holder, renewTime, durationMs } = readRecord(lease);
  const isOther = holder !== "" && !holder.startsWith(OWN_IDENTITY);
  const isAlive = Date.parse(renewTime) + PATIENCE * durationMs > nowMs;
  return overlaps && isOther && isAlive && isRecord(lease.spec);
}
