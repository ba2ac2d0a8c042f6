/**
 * Git over smart HTTP, in memory.
 *
 * @module
 */
export * from "./client.ts";
export { type GitOptions, openGitClient } from "./open_git_client.ts";
