/**
 * Who in other namespaces may refer to an object.
 *
 * @module
 */
import { type Infer, list, object, optional, textMap } from "../../lib/schema/mod.ts";

/** Namespaces by their labels. */
export const NamespaceSelector = object("Namespaces by their labels.", {
  matchLabels: optional(textMap("Labels that a namespace must have, all of them. Empty: any.")),
});
/** Namespaces by their labels. */
export type NamespaceSelector = Infer<typeof NamespaceSelector>;

/** Who in other namespaces may refer to an object. */
export const AccessFrom = object(
  "Namespaces whose objects may refer to this one. Without it, only its own namespace may.",
  {
    namespaceSelectors: list("A namespace that matches one of these is let in.", NamespaceSelector),
  },
);
/** Who in other namespaces may refer to an object. */
export type AccessFrom = Infer<typeof AccessFrom>;
