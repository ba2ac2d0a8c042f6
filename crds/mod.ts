/**
 * Every kind of the API, in one list.
 *
 * @module
 */
import { ImagePolicy } from "./image/image_policy.ts";
import { ImageRepository } from "./image/image_repository.ts";
import { ImageUpdateAutomation } from "./image/image_update_automation.ts";
import { Kustomization } from "./kustomize/kustomization.ts";
import type { AnyKind } from "./meta/kind.ts";
import { ExternalArtifact } from "./source/external_artifact.ts";
import { GitRepository } from "./source/git_repository.ts";

export * from "./image/image_policy.ts";
export * from "./image/image_repository.ts";
export * from "./image/image_update_automation.ts";
export * from "./kustomize/kustomization.ts";
export * from "./kustomize/selector.ts";
export * from "./meta/access.ts";
export * from "./meta/condition.ts";
export * from "./meta/inventory.ts";
export type { LabelSelector } from "./meta/label_selector.ts";
export {
  type CustomResourceDefinition,
  definitionOf,
  type DefinitionVersion,
} from "./meta/definition.ts";
export type { AnyKind, Kind, KindObject, KindVersion, PrinterColumn } from "./meta/kind.ts";
export { UNSEEN_STATUS } from "./meta/kind.ts";
export type { ObjectMeta, OwnerReference } from "./meta/object_meta.ts";
export type {
  KindReference,
  LocalReference,
  NamespacedReference,
  SecretKeyReference,
} from "./meta/reference.ts";
export * from "./source/artifact.ts";
export * from "./source/external_artifact.ts";
export * from "./source/git_repository.ts";

/** Every kind, in the order of installation. */
export const ALL_KINDS: readonly AnyKind[] = [
  GitRepository,
  ExternalArtifact,
  Kustomization,
  ImageRepository,
  ImagePolicy,
  ImageUpdateAutomation,
];
