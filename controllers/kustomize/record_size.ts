/**
 * Whether the record of what a Kustomization owns fits into its status.
 *
 * @module
 */
import { fail, type Failure, stringifyJson } from "../../lib/base/mod.ts";
import type { InventoryEntry } from "../../lib/kube/ssa/mod.ts";

/** etcd takes 1.5 MiB of one object, and the record is not all of it. */
const MOST_BYTES = 1_048_576;

/**
 * A failure when a record is too large for a status: the write that must come before the first apply would be
 * refused after every object was tried.
 */
export function checkRecordSize(
  union: readonly InventoryEntry[],
  wanted: readonly InventoryEntry[],
): Failure | undefined {
  const sizeBytes = stringifyJson(union).length;
  if (sizeBytes <= MOST_BYTES) return undefined;
  const old = union.length - wanted.length;
  const others = old === 0 ? "" : ` and of ${old} from before`;
  const [takes, most] = [sizeBytes, MOST_BYTES].map((bytes) => Math.ceil(bytes / 1_024));
  return fail(
    "TooLarge",
    `The record of ${wanted.length} objects${others} takes ${takes} KiB, and status.inventory ` +
      `holds ${most} KiB: divide them among several Kustomizations`,
  );
}
