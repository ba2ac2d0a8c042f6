/**
 * Git over smart HTTP and SSH, in memory.
 *
 * @module
 */
export * from "./client.ts";
export type { NewObject } from "./new_commit.ts";
export type { ObjectType } from "./object_format.ts";
export { type GitOptions, openGit } from "./open_git.ts";
export { commitTitle } from "./commit.ts";
export * from "./git_address.ts";
export { formatRevision } from "./ref_spec.ts";
export * from "./revision.ts";
export * from "./signed_object.ts";
export { fetchSubmodules, type SubmoduleParent } from "./submodules.ts";
