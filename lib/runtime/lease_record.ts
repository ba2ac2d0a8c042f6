/**
 * The Lease of an election as an object: pure functions (coordination.k8s.io/v1, client-go's conventions).
 *
 * @module
 */
import { isRecord } from "../base/mod.ts";
import type { KubeObject } from "../kube/mod.ts";

/** What a Lease says. */
export interface LeaseRecord {
  /** Who holds it; empty when nobody does. */
  readonly holder: string;
  /** For how long after its last renewal nobody else may take it. */
  readonly durationMs: number;
  /** Changes with each renewal. */
  readonly renewTime: string;
  readonly acquireTime: string;
  /** How often it went from one holder to another. */
  readonly transitions: number;
}

/** Reads a Lease; what is missing or of another type counts as empty. */
export function readRecord({ spec }: KubeObject): LeaseRecord {
  const fields = isRecord(spec) ? spec : {};
  const { holderIdentity, leaseDurationSeconds, renewTime, acquireTime, leaseTransitions } = fields;
  return {
    holder: typeof holderIdentity === "string" ? holderIdentity : "",
    durationMs: numberOr(leaseDurationSeconds, 0) * 1_000,
    renewTime: typeof renewTime === "string" ? renewTime : "",
    acquireTime: typeof acquireTime === "string" ? acquireTime : "",
    transitions: numberOr(leaseTransitions, 0),
  };
}

/** A new Lease that says `record`, or `before` saying it; conditional on the version of `before`. */
export function writeRecord(
  named: { namespace: string; name: string },
  before: KubeObject | undefined,
  record: LeaseRecord,
): KubeObject {
  const spec = isRecord(before?.spec) ? before.spec : {};
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: before?.metadata ?? { name: named.name, namespace: named.namespace },
    spec: {
      ...spec,
      holderIdentity: record.holder,
      leaseDurationSeconds: Math.ceil(record.durationMs / 1_000),
      renewTime: record.renewTime,
      acquireTime: record.acquireTime,
      leaseTransitions: record.transitions,
    },
  };
}

/** `metav1.MicroTime`: the API server takes exactly six digits. */
export function formatMicroTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("Z", "000Z");
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}
