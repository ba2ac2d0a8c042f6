/**
 * Holds revisions, logins, host keys and addresses against `cases/flux/git_url_oci.json`.
 *
 * @module
 */
import { isEqualJson } from "../../lib/base/mod.ts";
import { gitCredentials } from "../../lib/delivery/mod.ts";
import {
  commitOfRevision,
  commitTitle,
  formatRevision,
  hashAlgorithm,
  hashDigest,
  isSameRepository,
  modernRevision,
  showGitAddress,
  splitRevision,
} from "../../lib/git/mod.ts";
import { normalizeRepositoryUrl } from "../../lib/helm/mod.ts";
import { parseForgeAddress } from "../../lib/notify/mod.ts";
import { checkHostKey, matchesWildcard, parseKnownHosts } from "../../lib/ssh/mod.ts";

interface KnownHostsInput {
  readonly op: "knownHosts";
  readonly address: string;
  readonly knownHosts: string;
  readonly presentedKey: string;
}

interface AuthInput {
  readonly op: "gitAuthOptions";
  readonly url: string;
  readonly secretData: Readonly<Record<string, string>>;
}

type Input =
  | KnownHostsInput
  | AuthInput
  | { readonly op: "revision" | "parseRevision"; readonly revision: string }
  | { readonly op: "hash"; readonly hash: string }
  | { readonly op: "commitRevision"; readonly hash: string; readonly reference: string }
  | { readonly op: "shortMessage"; readonly message: string }
  | { readonly op: "knownHostsWildcard"; readonly pattern: string; readonly host: string }
  | { readonly op: "equivalent"; readonly a: string; readonly b: string }
  | { readonly op: "safeURL" | "helmNormalizeURL"; readonly url: string }
  | { readonly op: "parseGitAddress"; readonly address: string };

interface Row {
  readonly input: Input;
  readonly expect: unknown;
}

/** Why the row fails, or nothing. */
export function runRow(row: unknown): string | undefined {
  // The file's own README gives rows this shape.
  const { input, expect } = row as Row;
  const got = answer(input);
  if (got === undefined) return `nothing of ours does "${input.op}" yet`;
  if (isEqualJson(got, expect)) return undefined;
  return `got ${JSON.stringify(got)}, want ${JSON.stringify(expect)}`;
}

function answer(input: Input): Readonly<Record<string, unknown>> | undefined {
  switch (input.op) {
    case "revision":
      return describeRevision(input.revision);
    case "parseRevision": {
      const commit = commitOfRevision(input.revision);
      return commit.ok ? { hash: commit.value } : { error: commit.message };
    }
    case "hash":
      return { algorithm: hashAlgorithm(input.hash), digest: hashDigest(input.hash) };
    case "commitRevision": {
      const digest = hashDigest(input.hash);
      const [absolute, string] = [true, false].map((isFull) =>
        formatRevision(input.reference, digest, isFull)
      );
      return { absolute, string };
    }
    case "shortMessage":
      return { short: commitTitle(input.message) };
    case "knownHostsWildcard":
      return { match: matchesWildcard(input.pattern, input.host) };
    case "knownHosts":
      return checkKey(input);
    case "gitAuthOptions":
      return readLogin(input);
    case "equivalent":
      return { equal: isSameRepository(input.a, input.b) };
    case "safeURL":
      return { safe: showGitAddress(input.url) };
    case "helmNormalizeURL": {
      const url = normalizeRepositoryUrl(input.url);
      return url.ok ? { url: url.value } : { error: true };
    }
    case "parseGitAddress":
      return { ...parseForgeAddress(input.address) };
    default:
      return undefined;
  }
}

function describeRevision(revision: string): Readonly<Record<string, unknown>> {
  const { name, hash } = splitRevision(revision);
  const transformed = modernRevision(revision);
  return {
    hash,
    hashAlgorithm: hashAlgorithm(hash),
    hashOfTransformed: splitRevision(transformed).hash,
    namedPointer: name,
    splitHash: hash,
    splitName: name,
    transformed,
  };
}

/** The peer also knows the server's address; it counts for nothing here either. */
function checkKey(input: KnownHostsInput): Readonly<Record<string, unknown>> {
  const known = parseKnownHosts(input.knownHosts);
  if (!known.ok) return { parseError: known.message };
  const colon = input.address.lastIndexOf(":");
  const [host, port] = [input.address.slice(0, colon), Number(input.address.slice(colon + 1))];
  const [, key = ""] = input.presentedKey.split(" ");
  const checked = checkHostKey(known.value, { host, port }, Uint8Array.fromBase64(key));
  return checked.ok ? { accepted: true } : { accepted: false, error: checked.message };
}

function readLogin({ url, secretData }: AuthInput): Readonly<Record<string, unknown>> {
  const secret = new Map(Object.entries(secretData));
  const login = gitCredentials(secret, url);
  if (!login.ok) {
    return login.message.startsWith("the address") ? { urlError: true } : { error: login.message };
  }
  // Where it is and how it is reached is read off the address here; the rows are about the login.
  const [, transport = "", authority = ""] = /^([a-z]+):\/\/([^/]*)/i.exec(url) ?? [];
  const isSsh = transport === "ssh";
  const [user] = authority.includes("@") ? authority.split("@") : ["git"];
  const { value } = login;
  return {
    bearerToken: value.bearerToken ?? "",
    caFile: value.caCert ?? "",
    clientCert: value.clientCert ?? "",
    clientKey: value.clientKey ?? "",
    host: authority.slice(authority.lastIndexOf("@") + 1),
    identity: value.identity ?? "",
    knownHosts: value.knownHosts ?? "",
    password: (isSsh ? value.passphrase : value.password) ?? "",
    transport: transport.toLowerCase(),
    username: (isSsh ? user : value.username) ?? "",
  };
}
