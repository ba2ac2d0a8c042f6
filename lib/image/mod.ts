/**
 * Which of an image's tags is wanted (contract/image.md, ImagePolicy).
 *
 * @module
 */
export * from "./choose_tag.ts";
export * from "./filter_tags.ts";
