/**
 * Credentials out of Secrets (contract/source.md "Auth", contract/common.md §14 "Shared secret key names").
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { tlsIn } from "./certificates.ts";
import type { Credentials } from "../git/mod.ts";
import type { Cluster, KubeObject } from "../kube/mod.ts";

/** The entries of a Secret as text; those that are no base64 of UTF-8 text are left out. */
export type SecretData = ReadonlyMap<string, string>;

/** Reads a Secret's entries; the failure has the API server's words. */
export async function readSecret(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<Result<SecretData>> {
  const secret = await cluster.get({ apiVersion: "v1", kind: "Secret", namespace, name });
  return secret.ok ? ok(secretData(secret.value)) : secret;
}

/**
 * The entries of a Secret object.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { a: "Yg==" } };
 * assert.equal(secretData(secret).get("a"), "b");
 * ```
 */
export function secretData(secret: KubeObject): SecretData {
  const entries = new Map<string, string>();
  const { data } = secret;
  if (typeof data !== "object" || data === null) return entries;
  for (const [key, value] of Object.entries(data)) {
    const text = typeof value === "string" ? decodeText(value) : undefined;
    if (text !== undefined) entries.set(key, text);
  }
  return entries;
}

function decodeText(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.fromBase64(base64);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * What the entries of a Secret say to a git server at `url`. Over http(s) a bearer token goes before user name and
 * password, and a Secret with none of the known keys means anonymous access (errata 13); over SSH there is no
 * access without a key and without knowing the server's. See {@linkcode requireClientKey}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const login = gitCredentials(new Map([["username", "u"], ["password", "p"]]), "https://git.example/app");
 * assert.deepEqual(login, { ok: true, value: { username: "u", password: "p" } });
 * ```
 */
export function gitCredentials(data: SecretData, url: string): Result<Credentials> {
  if (url === "") return fail("InvalidUrl", "no transport type set");
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//.exec(url.toLowerCase()) ?? [];
  if (scheme === undefined) return fail("InvalidUrl", "the address does not begin with https://");
  if (scheme === "ssh") return sshCredentials(data);
  if (scheme === "http" || scheme === "https") return httpCredentials(data, scheme, url);
  return fail("InvalidUrl", `unknown transport '${scheme}'`);
}

/**
 * Refuses a certificate without its key, and a key without its certificate: neither proves anything, and a
 * handshake that fails for it would not name the Secret.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = requireClientKey({ clientCert: "PEM" }, "ns/s");
 * assert.match(got.ok ? "" : got.message, /'ns\/s'.*go together/);
 * ```
 */
export function requireClientKey(login: Credentials, secretName: string): Result<Credentials> {
  if ((login.clientCert === undefined) === (login.clientKey === undefined)) return ok(login);
  const why = "keys 'tls.crt' and 'tls.key' go together";
  return fail("InvalidCredentials", `invalid secret '${secretName}': ${why}`);
}

/** The layout of Flux; that of Flux v1, whose Secret has no `known_hosts`, lacks what makes it safe. */
function sshCredentials(data: SecretData): Result<Credentials> {
  const [identity = "", knownHosts = ""] = [data.get("identity"), data.get("known_hosts")];
  const lacking = identity === "" ? "identity" : knownHosts === "" ? "known_hosts" : undefined;
  if (lacking !== undefined) {
    return fail("InvalidCredentials", `invalid 'ssh' auth option: '${lacking}' is required`);
  }
  const passphrase = data.get("password");
  return ok({ identity, knownHosts, ...(passphrase !== undefined && { passphrase }) });
}

function httpCredentials(
  data: SecretData,
  scheme: string,
  url: string,
): Result<Credentials> {
  const bearerToken = data.get("bearerToken");
  // What the address says of a user holds where the Secret says nothing, each by itself.
  const user = userOf(url);
  const basic = bearerToken === undefined ? data : new Map<string, string>();
  const username = basic.get("username") ?? user.username;
  const password = basic.get("password") ?? user.password;
  if (password !== undefined && username === undefined) {
    return fail(
      "InvalidCredentials",
      `invalid '${scheme}' auth option: 'password' requires 'username' to be set`,
    );
  }
  return ok({
    ...(bearerToken !== undefined && { bearerToken }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...tlsIn(data),
  });
}

function userOf(url: string): { username: string | undefined; password: string | undefined } {
  const { username, password } = URL.parse(url) ?? { username: "", password: "" };
  return { username: decodeUser(username), password: decodeUser(password) };
}

function decodeUser(text: string): string | undefined {
  if (text === "") return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
