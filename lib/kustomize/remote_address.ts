/**
 * Addresses of remote bases: which part names the repository, which the folder in it, which the commit.
 *
 * @module
 */
import { fail, joinWithin, ok, parseDuration, type Result } from "../base/mod.ts";

/** What the address of a remote base says. */
export interface RemoteAddress {
  /** What git would clone: `https://host/org/repo`, `ssh://git@host/org/repo` or `git@host:org/repo`. */
  readonly repository: string;
  /** The folder to build; the root is the empty string. */
  readonly path: string;
  /** Branch, tag, full reference name or commit; absent: what the remote's HEAD names. */
  readonly ref?: string;
  /** How long git may take. */
  readonly timeoutMs: number;
  /** True when `.git`, `_git` or `//` says where the repository ends, so that the address is no single file's. */
  readonly isMarked: boolean;
}

const DEFAULT_TIMEOUT_MS = 27_000;
const LONGEST_ADDRESS = 4_096;
/** Where there is no mark, a repository is an organisation and a name, as on GitHub. */
const UNMARKED_SEGMENTS = 2;

/**
 * Takes the address of a remote base apart, as `kustomize` does. Failure codes: `InvalidAddress`, and `Unsupported`
 * for `file://` and `git://`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = parseRemoteAddress("https://host/org/repo//deploy/base?ref=v1.2&timeout=90");
 * assert.deepEqual(got.ok && got.value, {
 *   repository: "https://host/org/repo",
 *   path: "deploy/base",
 *   ref: "v1.2",
 *   timeoutMs: 90_000,
 *   isMarked: true,
 * });
 * ```
 */
export function parseRemoteAddress(address: string): Result<RemoteAddress> {
  if (address.length > LONGEST_ADDRESS) {
    return fail("InvalidAddress", `an address is longer than ${LONGEST_ADDRESS} characters`);
  }
  const question = address.indexOf("?");
  const place = question === -1 ? address : address.slice(0, question);
  const host = splitHost(place.replace(/^git::/i, ""));
  if (!host.ok) return host;
  const { prefix, rest } = host.value;
  const { repository, folder, isMarked } = splitRepository(rest);
  if (repository === "") {
    return fail("InvalidAddress", "it names no repository; write host/organisation/repository");
  }
  const path = joinWithin("", folder);
  if (path === undefined) return fail("InvalidAddress", "its path leaves the repository");
  const query = question === -1 ? "" : address.slice(question + 1);
  return ok({ repository: prefix + repository, path, isMarked, ...parseQuery(query) });
}

/** True for what can only be meant as an address, whether it is a good one or not. */
export function isRemoteFolder(path: string): boolean {
  return /^(git::|(https?|ssh|git|file):\/\/)/i.test(path) || parseRemoteAddress(path).ok;
}

/** The scheme, user and host, up to and with the character that ends it, and what follows. */
function splitHost(place: string): Result<{ prefix: string; rest: string }> {
  const [scheme = ""] = /^[a-z]+:\/\//i.exec(place) ?? [];
  const [user = ""] = /^[a-z][a-z0-9-]*@/i.exec(place.slice(scheme.length)) ?? [];
  const named = place.slice(scheme.length + user.length);
  const isGitHub = /^github\.com[/:]/i.test(named);
  const refused = checkScheme(scheme.toLowerCase(), user !== "" || isGitHub);
  if (refused !== undefined) return refused;

  const end = named.search(scheme === "" ? /[/:]/ : /\//);
  if (end < 1) return fail("InvalidAddress", "it names no host and path");
  const rest = named.slice(end + 1);
  if (!isGitHub) {
    return ok({ prefix: scheme.toLowerCase() + user + named.slice(0, end + 1), rest });
  }
  // Of an address at GitHub only the kind of login is kept.
  const isSsh = user !== "" || scheme.toLowerCase() === "ssh://";
  return ok({ prefix: isSsh ? `${user}github.com:` : "https://github.com/", rest });
}

function checkScheme(scheme: string, mayLackScheme: boolean): Result<never> | undefined {
  switch (scheme) {
    case "http://":
    case "https://":
    case "ssh://":
      return undefined;
    case "":
      return mayLackScheme ? undefined : fail("InvalidAddress", "it is no address; add https://");
    case "file://":
      return fail("Unsupported", "file:// is this machine's disk; use a path, or https://");
    default:
      return fail("Unsupported", `${scheme} is not supported; use https://`);
  }
}

/** `_git` stands one folder above the repository, `.git` ends its name, and `//` is no part of either. */
function splitRepository(rest: string): { repository: string; folder: string; isMarked: boolean } {
  const azure = rest.indexOf("_git/");
  if (azure !== -1) {
    const end = rest.indexOf("/", azure + "_git/".length);
    return end === -1
      ? { repository: rest, folder: "", isMarked: true }
      : { repository: rest.slice(0, end), folder: rest.slice(end + 1), isMarked: true };
  }
  const double = rest.indexOf("//");
  if (double !== -1) {
    return { repository: rest.slice(0, double), folder: rest.slice(double + 2), isMarked: true };
  }
  const suffix = rest.indexOf(".git");
  if (suffix !== -1) {
    const end = suffix + ".git".length;
    return { repository: rest.slice(0, end), folder: rest.slice(end), isMarked: true };
  }
  const segments = rest.split("/");
  if (segments.length < UNMARKED_SEGMENTS) return { repository: "", folder: "", isMarked: false };
  return {
    repository: segments.slice(0, UNMARKED_SEGMENTS).join("/"),
    folder: segments.slice(UNMARKED_SEGMENTS).join("/"),
    isMarked: false,
  };
}

/** A query that does not parse says nothing, and neither does a value that makes no sense. */
function parseQuery(query: string): { ref?: string; timeoutMs: number } {
  const isBroken = query.includes(";") || /%(?![0-9a-f]{2})/i.test(query);
  const values = new URLSearchParams(isBroken ? "" : query);
  const ref = values.get("ref") || values.get("version") || "";
  return { ...(ref !== "" && { ref }), timeoutMs: parseTimeout(values.get("timeout") ?? "") };
}

/** Seconds, or a duration. */
function parseTimeout(text: string): number {
  const parsed = parseDuration(/^\+?[0-9]+$/.test(text) ? `${text}s` : text);
  return parsed.ok && parsed.value > 0 ? parsed.value : DEFAULT_TIMEOUT_MS;
}
