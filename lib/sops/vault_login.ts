/**
 * Logging in to HashiCorp Vault and OpenBao without a stored token: a server takes the cluster's word for an account, by
 * any of its methods that take a JWT.
 *
 * @module
 */
import {
  type Clock,
  type Expiring,
  ExpiringCache,
  fail,
  isRecord,
  ok,
  type Result,
  stringifyJson,
} from "../base/mod.ts";
import { askJson, type CloudAccount } from "../cloud/mod.ts";
import { parseFields } from "../yaml/mod.ts";
import { type KeyServerOptions, parseServerUrl } from "./key_server.ts";

/** Gives a token for the server at an address. */
export type VaultLogin = (address: string) => Promise<Result<string>>;

/** A server that may be logged in to, and where it takes logins. */
export interface VaultInstance {
  /** As files name it. */
  readonly address: string;
  /** `auth/kubernetes/login`. */
  readonly loginPath: string;
}

/** Logs in to a server as an account. */
export type LogInToVault = (
  instance: VaultInstance,
  account: CloudAccount,
  options: KeyServerOptions,
) => Promise<Result<string>>;

/** A path of a few names. */
const PATH = /^[\w.-]+(?:\/[\w.-]+)*$/;
/** A token without an end is asked for again all the same: somebody may have withdrawn it. */
const ENDLESS_SECONDS = 3_600;

/**
 * The servers of a ConfigMap's `config.yaml`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = "instances:\n- address: https://vault.example:8200\n  loginPath: auth/kubernetes/login\n";
 * const got = parseVaultConfig(text);
 * assert.equal(got.ok && got.value[0]?.loginPath, "auth/kubernetes/login");
 * ```
 */
export function parseVaultConfig(text: string): Result<readonly VaultInstance[]> {
  const { instances } = parseFields(text) ?? {};
  if (!Array.isArray(instances)) return fail("InvalidConfig", "it has no list of instances");
  const known: VaultInstance[] = [];
  for (const [at, instance] of instances.entries()) {
    const { address, loginPath } = isRecord(instance) ? instance : {};
    const path = typeof loginPath === "string" ? plainPath(loginPath) : undefined;
    const isSound = typeof address === "string" && parseServerUrl(address, "address").ok;
    if (!isSound || path === undefined) {
      const why = "needs an address of http or https, and a loginPath of plain names";
      return fail("InvalidConfig", `instances[${at}] ${why}`);
    }
    known.push({ address, loginPath: path });
  }
  return ok(known);
}

/** Logs in; tokens are kept by server and account until shortly before they end. */
export function openVaultLogins(clock: Clock): LogInToVault {
  const kept = new ExpiringCache<string>({ clock });
  return (instance, account, { http, clock, env }) => {
    const { address, loginPath } = instance;
    const { namespace, name } = account;
    const key = JSON.stringify([address, loginPath, namespace, name]);
    // Others may wait for the same token: it is not called off with the run that was the first to ask.
    return kept.get(key, () => logIn(instance, account, { http, clock, env }));
  };
}

async function logIn(
  { address, loginPath }: VaultInstance,
  { namespace, name, requestToken }: CloudAccount,
  options: KeyServerOptions,
): Promise<Result<Expiring<string>>> {
  const url = vaultUrl(address, loginPath);
  if (!url.ok) return url;
  // Nobody but this server can then use it.
  const word = await requestToken(address);
  if (!word.ok) {
    const what = "failed to issue Kubernetes token for Vault authentication";
    return fail(word.code, `${what}: ${word.message}`, word);
  }
  const role = `${namespace}_${name}`;
  const where = `Vault '${address}' at login path '${loginPath}' as role '${role}'`;
  const nowMs = options.clock.now();
  const question = {
    url: url.value,
    headers: vaultHeaders(options),
    body: stringifyJson({ role, jwt: word.value }),
    secrets: [word.value],
  };
  const answer = await askJson(question, options);
  if (!answer.ok) {
    return fail(answer.code, `failed to authenticate with ${where}: ${answer.message}`, answer);
  }
  const { auth } = answer.value;
  const { client_token: token, lease_duration: seconds } = isRecord(auth) ? auth : {};
  if (typeof token !== "string" || token === "") {
    return fail("InvalidData", `${where} returned no token`);
  }
  const lifeMs = (Number(seconds) || ENDLESS_SECONDS) * 1_000;
  return ok({ value: token, endMs: nowMs + lifeMs });
}

/** Where a path of a server is. */
export function vaultUrl(address: string, path: string): Result<string> {
  const server = parseServerUrl(address, "vault_address");
  if (!server.ok) return server;
  const { origin, pathname } = server.value;
  return ok(`${origin}${pathname.replace(/\/+$/, "")}/v1/${path}`);
}

/** What goes along with every request. */
export function vaultHeaders({ env }: KeyServerOptions): Record<string, string> {
  const namespace = env("VAULT_NAMESPACE");
  return {
    "x-vault-request": "true",
    "content-type": "application/json",
    ...(namespace && { "x-vault-namespace": namespace }),
  };
}

/** The path without slashes at its ends, or nothing when it is more than names, or leads upwards. */
export function plainPath(text: string): string | undefined {
  const path = text.replace(/^\/+|\/+$/g, "");
  const isPlain = PATH.test(path) && !path.split("/").some((name) => /^\.+$/.test(name));
  return isPlain ? path : undefined;
}
