/**
 * Clouds: tokens and keys for whoever a cluster vouches for, without a stored secret.
 *
 * Registries, buckets, key services and clusters ask the same questions as git does: `azureToken(scope)`,
 * `awsKeys(region)` and `googleToken(scopes)`.
 *
 * @module
 */
export * from "./access.ts";
export { type Asking, askJson, askToken, type Question } from "./ask.ts";
export { awsHost } from "./aws.ts";
export { askEntra, ENTRA, type EntraApplication, type EntraProof, isTenant } from "./azure.ts";
export * from "./claims.ts";
export * from "./clouds.ts";
export type { ClusterPlace } from "./cluster_kind.ts";
export {
  type CloudCluster,
  type ClusterLogin,
  type LogInToCluster,
  parseClusterAddress,
} from "./clusters.ts";
export * from "./code_commit.ts";
export { assumeAwsRole } from "./aws_role.ts";
export type {
  LogInToRegistry,
  RegistryPassword,
  RegistryProvider,
  RegistryRequest,
} from "./registries.ts";
export { type AwsRequest, type AwsSigner, presignAwsUrl, signAwsRequest } from "./signature.ts";
