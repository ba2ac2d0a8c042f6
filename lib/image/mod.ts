/**
 * Which of an image's tags is wanted, and where it is written (contract/image.md).
 *
 * @module
 */
export * from "./build_date.ts";
export type { Change, ObjectChanges, ObjectIdentity } from "./changes.ts";
export * from "./choose_tag.ts";
export * from "./commit_message.ts";
export * from "./filter_tags.ts";
export * from "./flux1/mod.ts";
export * from "./latest_image.ts";
export type { ManifestUpdate, SkippedFile } from "./manifest_update.ts";
export { updateWithSetters } from "./setters.ts";
