/**
 * Logging in to clouds without a stored secret: a cluster's word for a service account becomes a cloud's token.
 *
 * @module
 */
import type { CloudLogins, CloudOptions } from "./access.ts";
import { AWS } from "./aws.ts";
import { AZURE } from "./azure.ts";
import { type LogInToCluster, openClusterLogins } from "./clusters.ts";
import { GOOGLE } from "./google.ts";
import { openLogin } from "./login.ts";
import { type LogInToRegistry, openRegistryLogins } from "./registries.ts";

/** Clouds that can be logged in to. */
export interface Clouds extends CloudLogins {
  /** Where a cluster of a cloud is, and a token that it takes. */
  readonly clusterLogin: LogInToCluster;
  /** A user and a password for a registry of a cloud. */
  readonly registryLogin: LogInToRegistry;
}

/**
 * Opens the clouds. Machines are not asked for their own identity: where clouds keep it (169.254.169.254) nobody may
 * connect to (design D22).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemClock } from "../base/mod.ts";
 * import { openHttp } from "../http/mod.ts";
 * const pod: Record<string, string> = {
 *   AZURE_TENANT_ID: "t",
 *   AZURE_CLIENT_ID: "c",
 *   AZURE_FEDERATED_TOKEN_FILE: "/var/run/secrets/azure/tokens/azure-identity-token",
 * };
 * const clouds = openClouds({
 *   http: openHttp({ transport: async () => Response.json({ access_token: "x", expires_in: 3600 }) }),
 *   clock: systemClock,
 *   env: (name) => pod[name],
 *   readFile: async () => "signed by the cluster",
 * });
 * const got = await clouds.azureToken("https://vault.azure.net/.default", {});
 * assert.equal(got.ok && got.value.token, "x");
 * ```
 */
export function openClouds(options: CloudOptions): Clouds {
  const logins = {
    azureToken: openLogin(AZURE, options),
    awsKeys: openLogin(AWS, options),
    googleToken: openLogin(GOOGLE, options),
  };
  return {
    ...logins,
    clusterLogin: openClusterLogins(logins, options),
    registryLogin: openRegistryLogins(logins, options),
  };
}
