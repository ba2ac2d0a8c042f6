/**
 * Where a submodule is, and what of its parent's login may go there.
 *
 * @module
 */
import { fail, joinWithin, ok, type Result } from "../base/mod.ts";
import type { Credentials } from "./client.ts";

/** `user@host:path`, as scp has it; git takes it for an address where no slash comes before the colon. */
const SCP = /^(?<user>[^@:/]+@)?(?<host>\[[0-9a-f:]+\]|[\w.-]+):(?![:-]|\/\/)(?<path>.+)$/i;

/**
 * The address that `url` of a submodule stands for, seen from the repository at `parent`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const parent = "https://host/team/app.git";
 * assert.deepEqual(submoduleUrl(parent, "../lib.git"), { ok: true, value: "https://host/team/lib.git" });
 * assert.deepEqual(submoduleUrl(parent, "git@host:team/lib"), { ok: true, value: "ssh://git@host/team/lib" });
 * ```
 */
export function submoduleUrl(parent: string, url: string): Result<string> {
  if (/^\.\.?(\/|$)/.test(url)) return relativeUrl(parent, url);
  if (/^(https?|ssh):\/\//i.test(url)) return ok(withUserInfo(parent, url));
  const { user = "git@", host, path = "" } = SCP.exec(url)?.groups ?? {};
  if (host === undefined) {
    return fail(
      "InvalidUrl",
      "its url begins neither with http:// nor with https:// nor with ssh://",
    );
  }
  return ok(`ssh://${user}${host}/${path.replace(/^\/+/, "")}`);
}

/** gitsubmodules "Relative URLs": from the repository itself, as if it were a folder. */
function relativeUrl(parent: string, relative: string): Result<string> {
  const base = URL.parse(parent);
  const path = base && joinWithin(base.pathname.replace(/^\/+|\/+$/g, ""), relative);
  if (!base || path === undefined || path === null || path === "") {
    return fail("InvalidUrl", "its url leads out of the server");
  }
  return ok(`${parent.slice(0, parent.indexOf("://"))}://${authorityOf(parent)}/${path}`);
}

function authorityOf(url: string): string {
  return /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? "";
}

/** A login that is part of the parent's address holds for the whole server, like one of a Secret. */
function withUserInfo(parent: string, url: string): string {
  const [from, to] = [URL.parse(parent), URL.parse(url)];
  if (from === null || to === null || !isSameServer(parent, url)) return url;
  if (to.username !== "" || to.password !== "" || from.username === "") return url;
  return url.replace("://", `://${authorityOf(parent).replace(/@[^@]*$/, "@")}`);
}

/**
 * The part of the parent's login that a submodule gets: all of it at the same scheme, host and port. Anywhere
 * else only what is no secret: whom to trust, and the way there.
 */
export function submoduleLogin(
  parent: string,
  url: string,
  login: Credentials | undefined,
): Credentials | undefined {
  if (login === undefined || isSameServer(parent, url)) return login;
  const { caCert, proxy } = login;
  return { ...(caCert !== undefined && { caCert }), ...(proxy && { proxy }) };
}

function isSameServer(a: string, b: string): boolean {
  const [one, two] = [URL.parse(a), URL.parse(b)];
  if (one === null || two === null) return false;
  return one.protocol === two.protocol && portOf(one) === portOf(two) &&
    one.hostname.toLowerCase() === two.hostname.toLowerCase();
}

/** URL drops default ports of http and https only. */
function portOf({ protocol, port }: URL): string {
  return protocol === "ssh:" && port === "22" ? "" : port;
}
