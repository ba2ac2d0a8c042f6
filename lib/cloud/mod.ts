/**
 * Clouds: tokens and keys for whoever a cluster vouches for, without a stored secret.
 *
 * Registries, buckets and key services ask the same two questions as git does: `azureToken(scope)` and
 * `awsKeys(region)`.
 *
 * @module
 */
export * from "./access.ts";
export * from "./clouds.ts";
export * from "./code_commit.ts";
export { assumeAwsRole } from "./aws_role.ts";
export { type AwsRequest, signAwsRequest } from "./signature.ts";
