/**
 * Variables in text, as Flux's `postBuild` fills them in (contract/kustomize.md §5).
 *
 * @module
 */
export * from "./substitute.ts";
