/**
 * Which objects are meant, by their labels.
 *
 * @module
 */
import { type Infer, list, object, optional, text, textMap } from "../../lib/schema/mod.ts";

/** Which objects are meant, by their labels. */
export function labelSelector(description: string) {
  const expression = object("A condition on one label.", {
    key: text("The label."),
    operator: text("`In`, `NotIn`, `Exists` or `DoesNotExist`."),
    values: optional(
      list("Values, for `In` and `NotIn`.", text("A value."), { isAtomic: true }),
    ),
  });
  return object(
    description,
    {
      matchLabels: optional(textMap("Labels that must be there, with these values.")),
      matchExpressions: optional(
        list("Conditions that must all hold.", expression, { isAtomic: true }),
      ),
    },
    [],
    { isAtomic: true },
  );
}
/** Which objects are meant, by their labels. */
export type LabelSelector = Infer<ReturnType<typeof labelSelector>>;
