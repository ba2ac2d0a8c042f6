/**
 * `known_hosts`: which keys a server may show. sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".
 *
 * @module
 */
import { createHmac } from "node:crypto";
import { fail, isSameBytes, ok, type Result } from "../base/mod.ts";
import { keyType } from "./host_key.ts";

/** A server by name, as the user wrote it. */
export interface HostPlace {
  /** Name or address, without brackets. */
  readonly host: string;
  /** Port. */
  readonly port: number;
}

/** The lines of a file. */
export interface KnownHosts {
  /** Keys by the hosts they are for. */
  readonly lines: readonly KnownLine[];
  /** Keys that no host may show. */
  readonly revoked: readonly Uint8Array[];
}

/** A line that vouches for a key. */
export interface KnownLine {
  /** Whether it speaks of a server. */
  readonly isFor: (place: HostPlace) => boolean;
  /** The key as it stands on the wire. */
  readonly key: Uint8Array;
  /** The key signs the certificates of hosts. */
  readonly isAuthority: boolean;
}

const SSH_PORT = 22;
const MOST_LINES = 20_000;
const MOST_PATTERNS = 1_000;

/**
 * Reads a file; a line that cannot be read spoils it, for it may be the one that refuses.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const key = "AAAAC3NzaC1lZDI1NTE5AAAAIK8Go+MpFxTk81bBnJsVzRlR7G5mYqp3vgdUfyiTgzQd";
 * const hosts = parseKnownHosts(`[git.example]:2222 ssh-ed25519 ${key}\n`);
 * assert.ok(hosts.ok);
 * const shown = Uint8Array.fromBase64(key);
 * assert.ok(checkHostKey(hosts.value, { host: "git.example", port: 2222 }, shown).ok);
 * assert.ok(!checkHostKey(hosts.value, { host: "git.example", port: 22 }, shown).ok);
 * ```
 */
export function parseKnownHosts(text: string): Result<KnownHosts> {
  const rows = text.split("\n").map((row) => row.trim());
  if (rows.length > MOST_LINES) return fail("InvalidKnownHosts", "knownhosts: too many lines");
  const lines: KnownLine[] = [];
  const revoked: Uint8Array[] = [];
  for (const row of rows) {
    if (row === "" || row.startsWith("#")) continue;
    const parsed = parseLine(row);
    if (!parsed.ok) return parsed;
    if (parsed.value.marker === "@revoked") revoked.push(parsed.value.line.key);
    else lines.push(parsed.value.line);
  }
  return ok({ lines, revoked });
}

function parseLine(row: string): Result<{ marker: string; line: KnownLine }> {
  const words = row.split(/[ \t]+/);
  const marker = words[0]?.startsWith("@") ? words.shift() ?? "" : "";
  if (!["", "@revoked", "@cert-authority"].includes(marker)) {
    return fail("InvalidKnownHosts", `knownhosts: unknown marker ${JSON.stringify(marker)}`);
  }
  const [names = "", type = "", encoded = ""] = words;
  if (type === "") {
    return fail("InvalidKnownHosts", "knownhosts: knownhosts: missing host pattern");
  }
  const key = decodeKey(encoded);
  if (key === undefined) {
    return fail("InvalidKnownHosts", "knownhosts: illegal base64 data at input byte 0");
  }
  if (keyType(key) === undefined) return fail("InvalidKnownHosts", "knownhosts: no key in a line");
  const isFor = names.startsWith("|") ? parseHashed(names) : parsePatterns(names);
  if (!isFor.ok) return isFor;
  return ok({
    marker,
    line: { isFor: isFor.value, key, isAuthority: marker === "@cert-authority" },
  });
}

function decodeKey(encoded: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(encoded);
  } catch {
    return undefined;
  }
}

/** `|1|salt|hash`: HMAC-SHA1 of the name. */
function parseHashed(names: string): Result<KnownLine["isFor"]> {
  const [, version, salt = "", hash = "", ...rest] = names.split("|");
  const [key, want] = [decodeKey(salt), decodeKey(hash)];
  if (version !== "1" || rest.length > 0 || key === undefined || want === undefined) {
    return fail("InvalidKnownHosts", "knownhosts: a hashed name is damaged");
  }
  return ok((place) => {
    const got = createHmac("sha1", key).update(hashedName(place)).digest();
    return isSameBytes(got, want);
  });
}

function hashedName({ host, port }: HostPlace): string {
  const name = host.toLowerCase();
  return port === SSH_PORT ? name : `[${name}]:${port}`;
}

function parsePatterns(names: string): Result<KnownLine["isFor"]> {
  const patterns = names.split(",").filter((name) => name !== "").map(parsePattern);
  if (patterns.length > MOST_PATTERNS) {
    return fail("InvalidKnownHosts", "knownhosts: too many names in a line");
  }
  return ok((place) => {
    const matching = patterns.filter((pattern) =>
      pattern.port === place.port && matchesWildcard(pattern.host, place.host.toLowerCase())
    );
    // One name with an exclamation mark outweighs all others, wherever it stands.
    return matching.length > 0 && !matching.some(({ isNegated }) => isNegated);
  });
}

function parsePattern(text: string): { host: string; port: number; isNegated: boolean } {
  const isNegated = text.startsWith("!");
  const name = (isNegated ? text.slice(1) : text).toLowerCase();
  const [, host = name, port] = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(name) ?? [];
  return { host, port: port === undefined ? SSH_PORT : Number(port), isNegated };
}

/**
 * Whether `text` fits `pattern`, in which `*` stands for any letters and `?` for one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(matchesWildcard("*.example.com", "git.example.com"));
 * assert.ok(!matchesWildcard("git?", "git"));
 * ```
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let [at, from] = [0, 0];
  let [star, retry] = [-1, 0];
  // A mismatch goes back to the last star only, so time grows with the product, not with the power.
  while (from < text.length) {
    if (pattern[at] === "*") {
      star = at++;
      retry = from;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[from])) {
      at++;
      from++;
    } else if (star !== -1) {
      at = star + 1;
      from = ++retry;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/**
 * Whether the server at `place` may show `key`; the failures have the words of Go's client. Like that, and unlike OpenSSH, it
 * takes an authority's own key: whoever holds it could sign itself a certificate.
 */
export function checkHostKey(
  knownHosts: KnownHosts,
  place: HostPlace,
  key: Uint8Array,
): Result<void> {
  if (isRevoked(knownHosts, key)) return fail("HostKeyRejected", "knownhosts: key is revoked");
  const known = plainKeysOf(knownHosts, place);
  const believed = [...known, ...authoritiesOf(knownHosts, place)];
  if (believed.some((other) => isSameBytes(other, key))) return ok(undefined);
  const why = known.length === 0 ? "key is unknown" : "key mismatch";
  return fail("HostKeyRejected", `knownhosts: ${why}`);
}

/** Whether no host may show `key`. */
export function isRevoked({ revoked }: KnownHosts, key: Uint8Array): boolean {
  return revoked.some((other) => isSameBytes(other, key));
}

/** The keys that stand for the server at `place` itself. */
export function plainKeysOf({ lines }: KnownHosts, place: HostPlace): readonly Uint8Array[] {
  return lines.filter(({ isAuthority, isFor }) => !isAuthority && isFor(place))
    .map(({ key }) => key);
}

/** The keys that may sign the certificate of the server at `place`. */
export function authoritiesOf({ lines }: KnownHosts, place: HostPlace): readonly Uint8Array[] {
  return lines.filter(({ isAuthority, isFor }) => isAuthority && isFor(place))
    .map(({ key }) => key);
}

/** Types of the keys that are known for `place`, so that the server can be asked for one of them. */
export function knownKeyTypes(knownHosts: KnownHosts, place: HostPlace): ReadonlySet<string> {
  return new Set(plainKeysOf(knownHosts, place).map((key) => keyType(key) ?? ""));
}
