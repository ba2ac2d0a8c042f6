/**
 * Logins in a docker configuration, found as the kubelet finds them.
 *
 * @module
 */
import { decodeBase64, fail, isEqualJson, isRecord, ok, type Result } from "../base/mod.ts";
import { type DockerConfig, helperTrouble } from "./credential_helpers.ts";
import { fits, normalizeKey } from "./docker_key.ts";
import { parseImageName } from "./image_name.ts";

/** A user name and a password, or a token, for one registry. */
export interface RegistryLogin {
  /** Empty where a token is all there is. */
  readonly username: string;
  /** Password or token; empty where `identityToken` is all there is. */
  readonly password: string;
  /** What a registry's server of tokens takes instead of a password (OAuth 2.0, "refresh token"). */
  readonly identityToken?: string;
  /** Other hosts that the same configuration has the same login for. */
  readonly otherHosts?: readonly string[];
}

/** What of an entry says who logs in. */
const LOGIN_FIELDS = ["auth", "username", "password", "identitytoken"] as const;

/**
 * The login for `image`'s registry in the text of a `.dockerconfigjson`, or in several; nothing when there is none.
 * Keys are hosts with an optional path: the longest that fits wins, of equal ones the first; `*` stands for letters of
 * one part of a host. Helpers are programs, which nobody runs here: where one of them has the login, code `NeedsHelper`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const config = JSON.stringify({ auths: { "ghcr.io": { username: "me", password: "secret" } } });
 * const found = findLogin(config, "ghcr.io/org/app");
 * assert.deepEqual(found, { ok: true, value: { username: "me", password: "secret" } });
 * assert.deepEqual(findLogin(config, "quay.io/org/app"), { ok: true, value: undefined });
 * ```
 */
export function findLogin(
  dockerConfig: string | readonly string[],
  image: string,
): Result<RegistryLogin | undefined> {
  const name = parseImageName(image);
  if (!name.ok) return name;
  const texts = typeof dockerConfig === "string" ? [dockerConfig] : dockerConfig;
  const fitting: Entry[] = [];
  const configs: DockerConfig[] = [];
  for (const text of texts) {
    const config = parseConfig(text);
    if (!config.ok) return config;
    configs.push(config.value);
    for (const [key, entry] of Object.entries(config.value.auths)) {
      if (!fits(normalizeKey(key), name.value.canonical)) continue;
      fitting.push({ key, entry, config: config.value });
    }
  }
  const length = ({ key }: Entry) => normalizeKey(key).length;
  const [best] = fitting.toSorted((a, b) => length(b) - length(a));
  if (best === undefined || isEmpty(best.entry)) {
    const trouble = helperTrouble(best === undefined ? configs : [best.config], name.value);
    if (trouble !== undefined) return trouble;
  }
  if (best === undefined) return ok(undefined);
  const login = loginOf(best.entry, best.key);
  return login.ok ? ok({ ...login.value, ...otherHostsOf(best, login.value) }) : login;
}

/** One entry among all of its configuration. */
interface Entry {
  readonly key: string;
  readonly entry: unknown;
  readonly config: DockerConfig;
}

function otherHostsOf({ key, config: { auths } }: Entry, login: RegistryLogin) {
  const others = Object.entries(auths).filter(([other, entry]) => {
    const its = other === key ? undefined : loginOf(entry, other);
    return its?.ok && isEqualJson(its.value, login);
  });
  if (others.length === 0) return {};
  return { otherHosts: others.map(([other]) => normalizeKey(other).split("/")[0] ?? "") };
}

function parseConfig(text: string): Result<DockerConfig> {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    // The parser's words quote the text, and the text holds secrets.
    return fail("InvalidDockerConfig", ".dockerconfigjson is not JSON");
  }
  const { auths = {}, credHelpers, credsStore } = isRecord(config) ? config : { auths: undefined };
  if (!isRecord(config) || !isRecord(auths)) {
    return fail("InvalidDockerConfig", ".dockerconfigjson: auths must be an object");
  }
  return ok({ auths, helpers: isRecord(credHelpers) ? credHelpers : {}, store: credsStore });
}

/** Docker's own tools leave one where a helper has the login. */
function isEmpty(entry: unknown): boolean {
  return isRecord(entry) && LOGIN_FIELDS.every((field) => !entry[field]);
}

function loginOf(entry: unknown, key: string): Result<RegistryLogin> {
  const where = `.dockerconfigjson: auths["${key}"]`;
  if (!isRecord(entry)) return fail("InvalidDockerConfig", `${where} must be an object`);
  const { auth, username, password, identitytoken } = entry;
  const token = typeof identitytoken === "string" && identitytoken !== ""
    ? { identityToken: identitytoken }
    : undefined;
  if (typeof auth === "string" && auth !== "") {
    const decoded = decodeAuth(auth, where);
    return decoded.ok ? ok({ ...decoded.value, ...token }) : decoded;
  }
  if (typeof username === "string" && typeof password === "string") {
    return ok({ username, password, ...token });
  }
  if (token !== undefined) return ok({ username: "", password: "", ...token });
  const needed = "auth, identitytoken, or username and password";
  return fail("InvalidDockerConfig", `${where} needs ${needed}`);
}

function decodeAuth(auth: string, where: string): Result<RegistryLogin> {
  const bare = auth.trim().replace(/=+$/, "");
  const bytes = decodeBase64(bare.padEnd(Math.ceil(bare.length / 4) * 4, "="));
  const text = bytes === undefined ? "" : new TextDecoder().decode(bytes);
  const colon = text.indexOf(":");
  if (colon < 0) {
    return fail("InvalidDockerConfig", `${where}.auth must be base64 of USER:PASSWORD`);
  }
  // Docker's own tool used to pad passwords with zero bytes.
  const password = text.slice(colon + 1).replace(/\0+$/, "");
  return ok({ username: text.slice(0, colon), password });
}
