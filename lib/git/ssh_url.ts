/**
 * Addresses of the form `ssh://user@host:port/path`.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { publicUrl } from "../http/mod.ts";

/** Where a repository is. */
export interface SshPlace {
  /** Name or address, without brackets. */
  readonly host: string;
  /** 22 unless named. */
  readonly port: number;
  /** `git` unless named. */
  readonly user: string;
  /** Path at the server; `~user/…` begins at a home. */
  readonly path: string;
}

/** Nothing that begins like an option, and nothing that a shell or a known_hosts file reads as more. */
const HOST = /^[a-z0-9_]([a-z0-9_.-]{0,252}[a-z0-9_.])?$/i;
const ADDRESS = /^\[[0-9a-f:.]+\]$/i;
const USER = /^[a-z0-9_.+@][a-z0-9_.+@-]{0,255}$/i;
const MOST_PATH = 4096;

/**
 * Reads an address.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = parseSshUrl("ssh://host/a%20b.git");
 * assert.deepEqual(got.ok && got.value, { host: "host", port: 22, user: "git", path: "/a b.git" });
 * assert.ok(!parseSshUrl("ssh://-oProxyCommand=x/app").ok);
 * ```
 */
export function parseSshUrl(url: string): Result<SshPlace> {
  const parsed = URL.parse(url);
  const user = decode(parsed?.username ?? "");
  const path = decode(parsed?.pathname ?? "");
  if (parsed === null || user === undefined || path === undefined) {
    return invalid(url, "no address");
  }
  const { hostname } = parsed;
  if (!HOST.test(hostname) && !ADDRESS.test(hostname)) return invalid(url, "no name of a host");
  if (user !== "" && !USER.test(user)) return invalid(url, "no name of a user");
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (path.length > MOST_PATH || /[\x00-\x1f\x7f]/.test(path) || !/^\/./.test(path)) {
    return invalid(url, "no path of a repository");
  }
  return ok({
    host: hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase(),
    port: parsed.port === "" ? 22 : Number(parsed.port),
    user: user === "" ? "git" : user,
    path: path.startsWith("/~") ? path.slice(1) : path,
  });
}

function invalid(url: string, what: string): Result<never> {
  const shown = JSON.stringify(publicUrl(url).slice(0, 500));
  return fail("InvalidUrl", `${shown} has ${what} that can be used`);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
