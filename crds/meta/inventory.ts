/**
 * What an applier has applied, and how its last runs went.
 *
 * @module
 */
import {
  type Infer,
  integer,
  list,
  object,
  optional,
  text,
  textMap,
} from "../../lib/schema/mod.ts";
import { time } from "./interval.ts";

/** One applied object. */
export const InventoryEntry = object("One applied object.", {
  id: text("The object as `<namespace>_<name>_<group>_<kind>`."),
  v: text("Version of its kind, without the group."),
});
/** One applied object. */
export type InventoryEntry = Infer<typeof InventoryEntry>;

/** The applied objects. */
export const Inventory = object(
  "The objects that were applied; what leaves the source is pruned by it.",
  {
    entries: list("The objects, in the order of their application.", InventoryEntry),
  },
);
/** The applied objects. */
export type Inventory = Infer<typeof Inventory>;

/** How the runs of one set of manifests went. */
export const Snapshot = object("How the runs of one set of manifests went.", {
  digest: text("Digest of the manifests as `<algorithm>:<hex>`."),
  firstReconciled: time("When they were first applied."),
  lastReconciled: time("When they were last applied."),
  lastReconciledDuration: text("How long the last run took."),
  lastReconciledStatus: text("Reason of `Ready` after the last run."),
  totalReconciliations: integer("How many runs there were.", { format: "int64" }),
  metadata: optional(textMap("Revision and origin revision of the artifact.")),
});
/** How the runs of one set of manifests went. */
export type Snapshot = Infer<typeof Snapshot>;
