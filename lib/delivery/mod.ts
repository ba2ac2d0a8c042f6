/**
 * What several components do with our kinds: credentials, and the Kustomization build as a pure function.
 *
 * @module
 */
export * from "./applied_object.ts";
export * from "./build.ts";
export {
  attemptManifests,
  type AttemptOptions,
  type BuildHead,
  type BuildRequest,
  type BuiltHead,
  doBuild,
  type SharedRemote,
} from "./build_job.ts";
export * from "./build_dates.ts";
export * from "./build_pool.ts";
export * from "./build_thread.ts";
export * from "./certificates.ts";
export { type CloudLoginOptions, GATE_DISABLED, readAccount } from "./cloud_logins.ts";
export * from "./credentials.ts";
export * from "./decryption_keys.ts";
export { type Generated, generateKustomization } from "./generate.ts";
export * from "./git_logins.ts";
export * from "./git_remotes.ts";
export * from "./github_app.ts";
export type { LaidFile } from "./laid_lines.ts";
export * from "./manifest_cache.ts";
export * from "./mounted_config.ts";
export * from "./open_tree.ts";
export { pickTags } from "./pick_tag.ts";
export * from "./proxy.ts";
export * from "./pull_secrets.ts";
export * from "./registry_access.ts";
export * from "./remote_account.ts";
export * from "./remote_builds.ts";
export * from "./remote_clusters.ts";
export * from "./remote_login.ts";
export * from "./remote_source.ts";
export * from "./sealed_resource.ts";
export * from "./serve_jobs.ts";
export * from "./shared_tree.ts";
export * from "./source_ref.ts";
export * from "./spec.ts";
export * from "./substitute.ts";
export * from "./thread_messages.ts";
export * from "./variables.ts";
export * from "./vault_workload.ts";
