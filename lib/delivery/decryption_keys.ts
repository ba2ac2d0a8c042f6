/**
 * The keys of a decryption Secret (contract/kustomize.md §4).
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import type { CloudAccess, CloudLogins } from "../cloud/mod.ts";
import { parsePrivateKeys, type PgpPrivateKey } from "../crypt/mod.ts";
import {
  type AwsLogin,
  type AzureLogin,
  azureLogin,
  GCP_SCOPE,
  type GcpLogin,
  gcpLogin,
  type KeyServerOptions,
  type KeyServices,
  openWithAge,
  openWithAws,
  openWithAzure,
  openWithGcp,
  openWithPgp,
  openWithVault,
  parseAwsCredentials,
  parseAzureCredentials,
  parseGcpCredentials,
  parseIdentities,
  type VaultLogin,
} from "../sops/mod.ts";
import type { SecretData } from "./credentials.ts";

/** Whoever the cluster vouches for, where the Secret has no credentials. */
export interface Workload {
  /** Gives tokens and keys. */
  readonly clouds: CloudLogins;
  /** Whom to log in as; asked for when a cloud is. */
  access(): Promise<Result<CloudAccess>>;
  /** Logs in to Vault; absent where no server is known. */
  readonly vault?: VaultLogin;
}

/** What asking key services takes. */
export interface KeyOptions extends KeyServerOptions {
  /** Logs in without stored credentials; absent: only with them. */
  readonly workload?: Workload;
}

/**
 * Who opens what with the entries of a Secret: `*.agekey` holds age identities, `*.asc` PGP private keys, `sops.*` the
 * credentials for key services.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemClock } from "../base/mod.ts";
 * import { openHttp } from "../http/mod.ts";
 * const options = { http: openHttp(), clock: systemClock, env: () => undefined };
 * const got = await readKeyServices(new Map([["a.agekey", "?"]]), "apps/keys", options);
 * assert.match(got.ok ? "" : got.message, /^failed to import 'a.agekey' data from sops decryption Secret 'apps\/keys'/);
 * ```
 */
export async function readKeyServices(
  data: SecretData,
  secretName: string,
  options: KeyOptions,
): Promise<Result<KeyServices>> {
  const found: Found = {
    identities: [],
    pgpKeys: [],
    aws: workloadAws(options),
    azure: workloadAzure(options),
    gcp: workloadGcp(options),
    vault: workloadVault(options),
  };
  for (const [name, text] of data) {
    const read = await readEntry(name, text, found, options);
    if (read.ok) continue;
    // In Flux's words.
    const what = `failed to import '${name}' data from sops decryption Secret '${secretName}'`;
    return fail("InvalidKeys", `${what}: ${read.message}`, read);
  }
  const { identities, pgpKeys, aws, azure, gcp, vault } = found;
  return ok({
    ...(identities.length > 0 && { age: openWithAge(identities) }),
    ...(pgpKeys.length > 0 && { pgp: openWithPgp(pgpKeys) }),
    ...(aws !== undefined && { aws: openWithAws(aws, options) }),
    ...(azure !== undefined && { azure: openWithAzure(azure, options) }),
    ...(gcp !== undefined && { gcp: openWithGcp(gcp, options) }),
    ...(vault !== undefined && { vault: openWithVault(vault, options) }),
  });
}

interface Found {
  readonly identities: string[];
  readonly pgpKeys: PgpPrivateKey[];
  aws: AwsLogin | undefined;
  azure: AzureLogin | undefined;
  gcp: GcpLogin | undefined;
  vault: VaultLogin | undefined;
}

async function readEntry(
  name: string,
  text: string,
  found: Found,
  options: KeyOptions,
): Promise<Result<void>> {
  if (name.endsWith(".agekey")) return take(await parseIdentities(text), found.identities);
  if (name.endsWith(".asc")) return take(await parsePrivateKeys(text), found.pgpKeys);
  switch (name) {
    case "sops.vault-token":
      found.vault = () => Promise.resolve(ok(text.trim()));
      return ok(undefined);
    case "sops.aws-kms": {
      const keys = parseAwsCredentials(text);
      if (keys.ok) found.aws = () => Promise.resolve(keys);
      return keys.ok ? ok(undefined) : keys;
    }
    case "sops.azure-kv": {
      const application = parseAzureCredentials(text);
      if (application.ok) found.azure = azureLogin(application.value, options);
      return application.ok ? ok(undefined) : application;
    }
    case "sops.gcp-kms": {
      const account = parseGcpCredentials(text);
      if (account.ok) found.gcp = gcpLogin(account.value, options);
      return account.ok ? ok(undefined) : account;
    }
    default:
      return ok(undefined);
  }
}

function take<T>(parsed: Result<readonly T[]>, into: T[]): Result<void> {
  if (!parsed.ok) return parsed;
  into.push(...parsed.value);
  return ok(undefined);
}

function workloadAws({ workload }: KeyOptions): AwsLogin | undefined {
  return workload && (async (region) => {
    const access = await workload.access();
    return access.ok
      ? lacking("aws-kms", await workload.clouds.awsKeys(region, access.value))
      : access;
  });
}

function workloadAzure({ workload }: KeyOptions): AzureLogin | undefined {
  return workload && (async (scope) => {
    const access = await workload.access();
    if (!access.ok) return access;
    const got = lacking("azure-kv", await workload.clouds.azureToken(scope, access.value));
    return got.ok ? ok(got.value.token) : got;
  });
}

function workloadGcp({ workload }: KeyOptions): GcpLogin | undefined {
  return workload && (async () => {
    const access = await workload.access();
    if (!access.ok) return access;
    const got = lacking("gcp-kms", await workload.clouds.googleToken(GCP_SCOPE, access.value));
    return got.ok ? ok(got.value.token) : got;
  });
}

function workloadVault({ workload }: KeyOptions): VaultLogin | undefined {
  const login = workload?.vault;
  return login && (async (address) => lacking("vault-token", await login(address)));
}

/** Who never meant to log in without credentials has forgotten them. */
function lacking<T>(entry: string, got: Result<T>): Result<T> {
  if (got.ok) return got;
  return fail(
    got.code,
    `the decryption Secret has not an entry 'sops.${entry}', and ${got.message}`,
    got,
  );
}
