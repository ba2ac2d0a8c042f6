/**
 * Logins in a docker configuration, found as the kubelet finds them.
 *
 * @module
 */
import { decodeBase64, fail, isRecord, ok, type Result } from "../base/mod.ts";
import { parseImageName } from "./image_name.ts";

/** A user name and a password, or a token, for one registry. */
export interface RegistryLogin {
  /** Empty where a token is all there is. */
  readonly username: string;
  /** Password or token. */
  readonly password: string;
  /** Other hosts that the same configuration has the same login for. */
  readonly otherHosts?: readonly string[];
}

/** Keys that all mean Docker Hub. */
const DOCKER_HUB_NAMES = new Set(["docker.io", "registry-1.docker.io"]);

/**
 * The login for `image`'s registry in the text of a `.dockerconfigjson`, or in several; nothing when there is none.
 * Keys are hosts with an optional path: the longest that fits wins, of equal ones the first; `*` stands for letters of
 * one part of a host. Helpers, which would be programs, are never asked.
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
  for (const text of texts) {
    const auths = parseAuths(text);
    if (!auths.ok) return auths;
    for (const [key, entry] of Object.entries(auths.value)) {
      if (!fits(normalizeKey(key), name.value.canonical)) continue;
      fitting.push({ key, entry, auths: auths.value });
    }
  }
  const length = ({ key }: Entry) => normalizeKey(key).length;
  const [best] = fitting.toSorted((a, b) => length(b) - length(a));
  if (best === undefined) return ok(undefined);
  const login = loginOf(best.entry, best.key);
  return login.ok ? ok({ ...login.value, ...otherHostsOf(best, login.value) }) : login;
}

/** One entry among all of its configuration. */
interface Entry {
  readonly key: string;
  readonly entry: unknown;
  readonly auths: Readonly<Record<string, unknown>>;
}

function otherHostsOf({ key, auths }: Entry, login: RegistryLogin) {
  const others = Object.entries(auths).filter(([other, entry]) => {
    const its = other === key ? undefined : loginOf(entry, other);
    return its?.ok && its.value.username === login.username &&
      its.value.password === login.password;
  });
  if (others.length === 0) return {};
  return { otherHosts: others.map(([other]) => normalizeKey(other).split("/")[0] ?? "") };
}

function parseAuths(text: string): Result<Record<string, unknown>> {
  try {
    const config: unknown = JSON.parse(text);
    const auths = isRecord(config) ? config.auths ?? {} : undefined;
    if (isRecord(auths)) return ok(auths);
    return fail("InvalidDockerConfig", ".dockerconfigjson: auths must be an object");
  } catch {
    // The parser's words quote the text, and the text holds secrets.
    return fail("InvalidDockerConfig", ".dockerconfigjson is not JSON");
  }
}

/** `https://index.docker.io/v1/` → `index.docker.io`: scheme and version are history. */
function normalizeKey(key: string): string {
  const bare = key.trim().replace(/^https?:\/\//, "");
  const [host = "", ...path] = bare.split("/").filter((part) => part !== "");
  if (path[0] === "v1" || path[0] === "v2") path.shift();
  return [DOCKER_HUB_NAMES.has(host) ? "index.docker.io" : host, ...path].join("/");
}

function fits(key: string, canonical: string): boolean {
  const [host = "", ...path] = key.split("/");
  const [wanted = "", ...repository] = canonical.split("/");
  return fitsHost(host, wanted) && path.every((part, index) => part === repository[index]);
}

function fitsHost(pattern: string, host: string): boolean {
  const patterns = pattern.split(/[.:]/);
  const labels = host.split(/[.:]/);
  return pattern.includes(":") === host.includes(":") && patterns.length === labels.length &&
    patterns.every((part, index) => fitsLabel(part, labels[index] ?? ""));
}

function fitsLabel(pattern: string, label: string): boolean {
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop();
  if (end === undefined) return pattern === label;
  if (!label.startsWith(start)) return false;
  let at = start.length;
  for (const piece of rest) {
    const found = label.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return label.length >= at + end.length && label.endsWith(end);
}

function loginOf(entry: unknown, key: string): Result<RegistryLogin> {
  const where = `.dockerconfigjson: auths["${key}"]`;
  if (!isRecord(entry)) return fail("InvalidDockerConfig", `${where} must be an object`);
  const { auth, username, password } = entry;
  if (typeof auth === "string" && auth !== "") return decodeAuth(auth, where);
  if (typeof username === "string" && typeof password === "string") {
    return ok({ username, password });
  }
  return fail("InvalidDockerConfig", `${where} needs auth, or username and password`);
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
