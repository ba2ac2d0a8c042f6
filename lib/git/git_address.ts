/**
 * Addresses of repositories as people write them: URLs, `git@host:path`, folders of this machine.
 *
 * @module
 */

/** An address in its parts; nothing is decoded. */
export interface GitAddress {
  /** `https`, `ssh`, `file`, …, in small letters. */
  readonly scheme: string;
  /** The user; empty where the address has an `@` and none before it. */
  readonly user?: string;
  /** Name, and port where one is written. */
  readonly host: string;
  /** Begins with a slash where the address has one. */
  readonly path: string;
  /** What follows the path: a query, a fragment. */
  readonly rest: string;
}

const TRANSPORTS = new Set("ssh git git+ssh http https ftp ftps rsync file".split(" "));
const URL_FORM = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#]*)([^?#]*)(.*)$/is;
/** `[user@]host:path`, as `scp` has it. */
const SCP_FORM = /^(?:([\w.~-]+)@)?([\w.-]+):(?!\/\/)([\w./~-]+)$/;

/**
 * Reads an address as Flux does: what is neither a URL that git knows nor of the form `git@host:path` is a folder.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const address = parseGitAddress("git@git.example:team/app");
 * assert.deepEqual(address, { scheme: "ssh", user: "git", host: "git.example", path: "team/app", rest: "" });
 * assert.equal(parseGitAddress("./app").scheme, "file");
 * ```
 */
export function parseGitAddress(text: string): GitAddress {
  const [, scheme = "", userInfo, host = "", path = "", rest = ""] = URL_FORM.exec(text) ?? [];
  if (TRANSPORTS.has(scheme.toLowerCase())) {
    const user = userInfo?.split(":", 1)[0];
    return { scheme: scheme.toLowerCase(), host, path, rest, ...(user !== undefined && { user }) };
  }
  const short = SCP_FORM.exec(text);
  if (short === null) return { scheme: "file", host: "", path: text, rest: "" };
  const [, user, name = "", place = ""] = short;
  return { scheme: "ssh", host: name, path: place, rest: "", ...(user !== undefined && { user }) };
}

/**
 * Whether two addresses name one repository, however it is reached and by whom: host with port and path are
 * compared, `.git` at the end is not. Letters count, and so does a slash at the end, as in Flux v1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(isSameRepository("git@git.example:team/app", "https://me@git.example/team/app.git"));
 * assert.ok(!isSameRepository("https://git.example/team/app", "https://git.example/team/App"));
 * ```
 */
export function isSameRepository(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => parseGitAddress(text));
  return a?.host === b?.host && repositoryPath(a) === repositoryPath(b);
}

/**
 * The path of a repository without the slash before it and one `.git` behind it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(repositoryPath(parseGitAddress("https://git.example/team/app.git")), "team/app");
 * ```
 */
export function repositoryPath(address: GitAddress | undefined): string {
  return (address?.path ?? "").replace(/^\/+/, "").replace(/\.git$/, "");
}

/**
 * An address without its password, as a URL: what Flux v1 shows of a remote. The user stays, so a token in its
 * place does, too; for messages of our own `maskSecrets()` of lib/base and `publicUrl()` of lib/http take both.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(showGitAddress("https://me:secret@git.example/app"), "https://me@git.example/app");
 * assert.equal(showGitAddress("git@git.example:team/app"), "ssh://git@git.example/team/app");
 * ```
 */
export function showGitAddress(text: string): string {
  const { scheme, user, host, path, rest } = parseGitAddress(text);
  const slash = host === "" || path === "" || path.startsWith("/") ? "" : "/";
  const shown = path.toWellFormed().replace(/[^\x21-\x7e]/gu, (sign) => encodeURIComponent(sign));
  return `${scheme}://${user === undefined ? "" : `${user}@`}${host}${slash}${shown}${rest}`;
}
