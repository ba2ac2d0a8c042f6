import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { assertGrowsWithSize } from "../testing/growth.ts";
import { checkHostKey, knownKeyTypes, matchesWildcard, parseKnownHosts } from "./known_hosts.ts";

const ED = keyOf("ssh-ed25519", 1);
const OTHER = keyOf("ssh-ed25519", 2);
const ECDSA = keyOf("ecdsa-sha2-nistp256", 3);
const PLACE = { host: "git.example", port: 22 };

const cases: {
  name: string;
  lines: string;
  place?: { host: string; port: number };
  want: string | undefined;
}[] = [
  { name: "a name", lines: `git.example ${ED}`, want: undefined },
  { name: "a name among others", lines: `a.example,git.example ${ED} comment`, want: undefined },
  { name: "a name in other letters", lines: `Git.Example ${ED}`, want: undefined },
  { name: "its second key", lines: `git.example ${OTHER}\ngit.example ${ED}`, want: undefined },
  { name: "tabs and line ends of Windows", lines: `git.example\t${ED}\r\n`, want: undefined },
  { name: "comments and empty lines", lines: `# x\n\n  git.example ${ED}`, want: undefined },
  { name: "a hashed name", lines: `${hashed("git.example")} ${ED}`, want: undefined },
  { name: "a pattern", lines: `*.exa?ple ${ED}`, want: undefined },
  { name: "the port of SSH by number", lines: `[git.example]:22 ${ED}`, want: undefined },
  {
    name: "another port",
    lines: `[git.example]:2222 ${ED}`,
    place: { host: "git.example", port: 2222 },
    want: undefined,
  },
  {
    name: "a hashed name with a port",
    lines: `${hashed("[git.example]:2222")} ${ED}`,
    place: { host: "git.example", port: 2222 },
    want: undefined,
  },
  {
    name: "any host at a port",
    lines: `[*]:2222 ${ED}`,
    place: { host: "git.example", port: 2222 },
    want: undefined,
  },
  { name: "an address", lines: `::1 ${ED}`, place: { host: "::1", port: 22 }, want: undefined },
  {
    name: "an address with a port",
    lines: `[::1]:2222 ${ED}`,
    place: { host: "::1", port: 2222 },
    want: undefined,
  },
  { name: "nothing", lines: "", want: "knownhosts: key is unknown" },
  { name: "another name", lines: `x.example ${ED}`, want: "knownhosts: key is unknown" },
  {
    name: "the name at another port",
    lines: `git.example ${ED}`,
    place: { host: "git.example", port: 2222 },
    want: "knownhosts: key is unknown",
  },
  {
    name: "the name with an exclamation mark",
    lines: `*.example,!git.example ${ED}`,
    want: "knownhosts: key is unknown",
  },
  {
    name: "nothing but an exclamation mark",
    lines: `!x.example ${ED}`,
    want: "knownhosts: key is unknown",
  },
  { name: "another key", lines: `git.example ${OTHER}`, want: "knownhosts: key mismatch" },
  {
    name: "a key of another type",
    lines: `git.example ${ECDSA}`,
    want: "knownhosts: key mismatch",
  },
  {
    name: "the key, and that it is revoked",
    lines: `git.example ${ED}\n@revoked * ${ED}`,
    want: "knownhosts: key is revoked",
  },
  {
    name: "an authority alone",
    lines: `@cert-authority git.example ${OTHER}`,
    want: "knownhosts: key is unknown",
  },
  {
    name: "the key as an authority",
    lines: `@cert-authority git.example ${ED}`,
    want: undefined,
  },
  {
    name: "the key as an authority, and another one",
    lines: `@cert-authority git.example ${ED}\ngit.example ${OTHER}`,
    want: undefined,
  },
  {
    name: "the key as an authority elsewhere",
    lines: `@cert-authority x.example ${ED}`,
    want: "knownhosts: key is unknown",
  },
  {
    name: "the key as an authority that is revoked",
    lines: `@cert-authority git.example ${ED}\n@revoked * ${ED}`,
    want: "knownhosts: key is revoked",
  },
  {
    name: "a line of one word",
    lines: "git.example",
    want: "knownhosts: knownhosts: missing host pattern",
  },
  {
    name: "a key that is no base64",
    lines: "git.example ssh-ed25519 !!!!",
    want: "knownhosts: illegal base64 data at input byte 0",
  },
  {
    name: "a key that is empty",
    lines: "git.example ssh-ed25519",
    want: "knownhosts: no key in a line",
  },
  {
    name: "a marker that nobody knows",
    lines: `@trusted git.example ${ED}`,
    want: 'knownhosts: unknown marker "@trusted"',
  },
  { name: "a damaged hash", lines: `|1|x ${ED}`, want: "knownhosts: a hashed name is damaged" },
  {
    name: "a hash of the future",
    lines: `|2|AA==|AA== ${ED}`,
    want: "knownhosts: a hashed name is damaged",
  },
];

for (const { name, lines, place = PLACE, want } of cases) {
  Deno.test(`known_hosts with ${name} ${want === undefined ? "accepts" : "refuses"} the key`, () => {
    const hosts = parseKnownHosts(lines);
    const got = hosts.ok ? checkHostKey(hosts.value, place, blobOf(ED)) : hosts;

    assert.equal(got.ok ? undefined : got.message, want);
  });
}

Deno.test("knownKeyTypes() leaves out authorities and other hosts", () => {
  const lines = `git.example ${ED}\n@cert-authority git.example ${ECDSA}\nx.example ${ECDSA}`;
  const hosts = parseKnownHosts(lines);

  assert.ok(hosts.ok);
  assert.deepEqual([...knownKeyTypes(hosts.value, PLACE)], ["ssh-ed25519"]);
});

Deno.test("matchesWildcard() agrees with a regular expression", () => {
  const letters = fc.array(fc.constantFrom("a", "b", "*", "?"), { maxLength: 8 });
  fc.assert(fc.property(letters, letters, (pattern, text) => {
    const plain = text.map((letter) => letter === "*" || letter === "?" ? "c" : letter).join("");
    const source = pattern.map((sign) => sign === "*" ? ".*" : sign === "?" ? "." : sign).join("");
    return matchesWildcard(pattern.join(""), plain) === new RegExp(`^${source}$`).test(plain);
  }));
});

Deno.test("matchesWildcard() is not held up by many stars", async () => {
  await assertGrowsWithSize(
    10_000,
    (size) => "a".repeat(size),
    (text) => assert.equal(matchesWildcard("*a".repeat(20) + "b", text), false),
  );
});

Deno.test("parseKnownHosts() never throws", () => {
  const words = fc.constantFrom(
    "git.example",
    ED,
    "@revoked",
    "|1|",
    "AAAA",
    "[x]:1",
    "!",
    ",",
    "\n",
    " ",
    "#",
  );
  fc.assert(fc.property(fc.array(fc.oneof(words, fc.string())), (parts) => {
    const hosts = parseKnownHosts(parts.join(""));
    if (hosts.ok) checkHostKey(hosts.value, PLACE, blobOf(ED));
  }));
});

/** A line's type and key. */
function keyOf(type: string, seed: number): string {
  const name = new TextEncoder().encode(type);
  const blob = new Uint8Array([0, 0, 0, name.length, ...name, 0, 0, 0, 1, seed]);
  return `${type} ${blob.toBase64()}`;
}

function blobOf(key: string): Uint8Array {
  return Uint8Array.fromBase64(key.split(" ")[1] ?? "");
}

function hashed(name: string): string {
  const salt = new Uint8Array(20).fill(7);
  const hash = createHmac("sha1", salt).update(name).digest("base64");
  return `|1|${salt.toBase64()}|${hash}`;
}
