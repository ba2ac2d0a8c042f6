/**
 * How one object names another.
 *
 * @module
 */
import { type Infer, object, optional, text } from "../../lib/schema/mod.ts";

const nameField = { name: text("Name of the object.") } as const;

/** Names an object in the same namespace. */
export function localReference(description: string) {
  return object(description, nameField);
}
/** Names an object in the same namespace. */
export type LocalReference = Infer<ReturnType<typeof localReference>>;

/** Names an object that may be in another namespace. */
export function namespacedReference(description: string) {
  return object(description, {
    ...nameField,
    namespace: optional(text("Namespace of the object; its own when absent.")),
  });
}
/** Names an object that may be in another namespace. */
export type NamespacedReference = Infer<ReturnType<typeof namespacedReference>>;

/** Names an object of any kind, which may be in another namespace. */
export function kindReference(description: string) {
  return object(description, {
    apiVersion: optional(text("Group and version of the object; apps/v1 when absent.")),
    kind: text("Kind of the object."),
    ...nameField,
    namespace: optional(text("Namespace of the object; its own when absent.")),
  });
}
/** Names an object of any kind, which may be in another namespace. */
export type KindReference = Infer<ReturnType<typeof kindReference>>;

/** Names a key of a Secret in the same namespace. */
export function secretKeyReference(description: string) {
  return object(description, {
    ...nameField,
    key: optional(text("Key in the Secret; `value`, else `value.yaml`, when absent.")),
  });
}
/** Names a key of a Secret in the same namespace. */
export type SecretKeyReference = Infer<ReturnType<typeof secretKeyReference>>;
