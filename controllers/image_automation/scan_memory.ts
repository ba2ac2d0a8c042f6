/**
 * What earlier runs found for automated workloads, in memory.
 *
 * @module
 */
import type { AutomationName, Look, Scan, ScanMemory } from "./context.ts";

/** Nothing was found yet. */
export function openScanMemory(): ScanMemory {
  const scans = new Map<string, ReadonlyMap<string, Scan>>();
  const looks = new Map<string, Look>();
  return {
    read: (automation) => scans.get(keyOf(automation)) ?? new Map(),
    write: (automation, found) => void scans.set(keyOf(automation), found),
    lastLook: (automation) => looks.get(keyOf(automation)),
    remember: (automation, look) => void looks.set(keyOf(automation), look),
    forget(automation) {
      scans.delete(keyOf(automation));
      looks.delete(keyOf(automation));
    },
  };
}

function keyOf({ namespace, name }: AutomationName): string {
  return `${namespace}/${name}`;
}
