import assert from "node:assert/strict";
import { defaultBudget, type Result } from "../base/mod.ts";
import { parsePrivateKeys } from "../crypt/mod.ts";
import {
  DataKeys,
  formatOfName,
  type KeyServices,
  type OpenedFile,
  openSealed,
  openWithAge,
  openWithPgp,
  parseIdentities,
  sealedFormatOf,
} from "./mod.ts";

/** Made by the real sops, see `testdata/README.md`. */
const FOLDER = new URL("testdata/", import.meta.url);
const FILES = ["values.yaml", "config.json", "prod.env", "app.ini", "token"];

function bytesOf(name: string): Promise<Uint8Array> {
  return Deno.readFile(new URL(name, FOLDER));
}

function textOf(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, FOLDER));
}

async function ageKey(name: string): Promise<KeyServices> {
  const identities = await parseIdentities(await textOf(`${name}.agekey`));
  assert.ok(identities.ok);
  return { age: openWithAge(identities.value) };
}

async function pgpKey(name: string): Promise<KeyServices> {
  const keys = await parsePrivateKeys(await textOf(`${name}.asc`));
  assert.ok(keys.ok);
  return { pgp: openWithPgp(keys.value) };
}

async function open(
  content: Uint8Array | string,
  name: string,
  services: KeyServices,
): Promise<Result<OpenedFile>> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const opener = new DataKeys(services);
  return await openSealed(bytes, { format: formatOfName(name), opener, budget: defaultBudget() });
}

for (const keys of ["age", "rsa"]) {
  for (const name of FILES) {
    Deno.test(`openSealed() gives what sops gives of ${name}, sealed with ${keys}`, async () => {
      const content = await bytesOf(`${keys}-${name}`);
      const services = keys === "age" ? await ageKey("one") : await pgpKey("rsa");

      const got = await open(content, name, services);

      assert.ok(got.ok, got.ok ? "" : got.message);
      const want = await bytesOf(`opened/${name}`);
      const isText = name !== "token";
      if (isText) assert.equal(decode(got.value.content), decode(want));
      assert.deepEqual(new Uint8Array(got.value.content), new Uint8Array(want));
      assert.equal(got.value.isIntact, true);
      const format = formatOfName(name);
      assert.equal(sealedFormatOf(decode(content)), format === "binary" ? "json" : format);
    });
  }
}

Deno.test("openSealed() opens with a PGP key on a curve", async () => {
  const got = await open(await bytesOf("curve-prod.env"), "prod.env", await pgpKey("curve"));

  assert.equal(got.ok && decode(got.value.content), await textOf("opened/prod.env"));
});

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

const RULES = ["regex", "unregex", "suffix", "comment", "uncomment", "mac-only"];
for (const rule of RULES) {
  Deno.test(`openSealed() knows what is sealed by the rule ${rule}, and its MAC`, async () => {
    const got = await open(await bytesOf(`secret.${rule}.yaml`), "s.yaml", await ageKey("one"));

    assert.ok(got.ok, got.ok ? "" : got.message);
    assert.equal(decode(got.value.content), await textOf("opened/secret.yaml"));
    assert.equal(got.value.isIntact, true);
  });
}

Deno.test("openSealed() needs as many key groups as the file says", async () => {
  const content = await bytesOf("groups.yaml");
  const [one, two, pgp] = [await ageKey("one"), await ageKey("two"), await pgpKey("rsa")];
  const want = await textOf("opened/secret.yaml");

  for (const services of [{ ...one, ...pgp }, { ...two, ...pgp }]) {
    const got = await open(content, "s.yaml", services);
    assert.equal(got.ok && decode(got.value.content), want);
  }
  const few = await open(content, "s.yaml", two);

  assert.ok(!few.ok);
  assert.equal(few.code, "NoDataKey");
  assert.match(few.message, /Group 0: FAILED.*Group 1: SUCCESS.*2 of 3 key groups/s);
});

Deno.test("openSealed() names the keys that a file wants when none fits", async () => {
  const got = await open(await bytesOf("age-prod.env"), "prod.env", await ageKey("two"));

  assert.ok(!got.ok);
  assert.equal(got.code, "NoDataKey");
  const [, recipient = "?"] = /recipient=(\S+)/.exec(await textOf("age-prod.env")) ?? [];
  assert.match(got.message, new RegExp(`${recipient}: FAILED`));
  assert.doesNotMatch(got.message, /AGE-SECRET/);
});

/** A change of a file, and what it is found out by. */
const changes: readonly {
  readonly name: string;
  readonly change: (text: string) => string;
  readonly want: string;
}[] = [
  { name: "none", change: (text) => text, want: "intact" },
  {
    name: "what is not sealed",
    change: (text) => text.replace("name: s", "name: t"),
    want: "changed",
  },
  {
    name: "one more entry that is not sealed",
    change: (text) => text.replace("metadata:", "added: x\nmetadata:"),
    want: "changed",
  },
  {
    name: "a sealed entry taken away",
    change: (text) => text.replace(/ {4}user: .*\n/, ""),
    want: "changed",
  },
  {
    name: "the order of two sealed entries",
    change: (text) => text.replace(/( {4}user: .*\n)( {4}password: .*\n)/, "$2$1"),
    want: "changed",
  },
  {
    name: "another MAC",
    change: (text) => text.replace(/mac: .*/, 'mac: ""'),
    want: "changed",
  },
  {
    name: "another time",
    change: (text) => text.replace(/lastmodified: .*/, "lastmodified: x"),
    want: "changed",
  },
  {
    name: "a letter of what is sealed",
    change: (text) => text.replace(/(password: ENC\[AES256_GCM,data:)./, "$1+"),
    want: "Tampered",
  },
  {
    name: "a shorter tag",
    change: (text) => text.replace(/(password: .*,tag:)[^,]*/, "$1AAAA"),
    want: "Tampered",
  },
  {
    name: "a sealed value under another key",
    change: (text) => text.replace("    password:", "    passphrase:"),
    want: "Tampered",
  },
  {
    name: "a sealed value replaced by an open one",
    change: (text) => text.replace(/password: .*/, "password: hunter3"),
    want: "NotSealed",
  },
  {
    name: "no time for the MAC",
    change: (text) => text.replace(/ +lastmodified: .*\n/, ""),
    want: "changed",
  },
];

for (const { name, change, want } of changes) {
  Deno.test(`openSealed() of a file with ${name} changed: ${want}`, async () => {
    const got = await open(
      change(await textOf("secret.regex.yaml")),
      "s.yaml",
      await ageKey("one"),
    );

    assert.equal(got.ok ? (got.value.isIntact ? "intact" : "changed") : got.code, want);
    if (got.ok) return;
    assert.match(got.message, /stringData\.pass/);
    assert.doesNotMatch(got.message, /hunter/);
  });
}

const odd = [
  { name: "no YAML", file: "a.yaml", text: "a: [\nsops:\n  mac: ENC[\n", code: "MalformedYaml" },
  { name: "a list", file: "a.yaml", text: "- sops: {mac: x}\n", code: "BadMetadata" },
  { name: "metadata that is text", file: "a.yaml", text: "sops: x\n", code: "BadMetadata" },
  { name: "metadata without keys", file: "a.yaml", text: "sops: {mac: x}\n", code: "BadMetadata" },
  {
    name: "keys that are no list",
    file: "a.yaml",
    text: "sops: {age: {a: b}}\n",
    code: "BadMetadata",
  },
  {
    name: "keys that are numbers",
    file: "a.yaml",
    text: "sops: {age: [1, 2]}\n",
    code: "BadMetadata",
  },
  {
    name: "keys without enc",
    file: "a.yaml",
    text: "sops: {age: [{recipient: x}]}\n",
    code: "BadMetadata",
  },
  {
    name: "groups that are text",
    file: "a.yaml",
    text: "sops: {key_groups: [x]}\n",
    code: "BadMetadata",
  },
  {
    name: "two rules",
    file: "a.yaml",
    text: "sops:\n  age: [{enc: x}]\n  encrypted_regex: a\n  unencrypted_suffix: b\n",
    code: "BadMetadata",
  },
  {
    name: "a rule that is no expression",
    file: "a.yaml",
    text: "sops:\n  age: [{enc: x}]\n  encrypted_regex: '('\n",
    code: "BadMetadata",
  },
  {
    name: "a recipient list of a million",
    file: "a.yaml",
    text: `sops:\n  age: [{enc: "${"-> X25519 x".repeat(2_000)}"}]\n`,
    code: "BadMetadata",
  },
  {
    name: "too many keys",
    file: "a.json",
    text: JSON.stringify({ sops: { age: Array.from({ length: 600 }, () => ({ enc: "x" })) } }),
    code: "BadMetadata",
  },
  {
    name: "a service that nobody knows",
    file: "a.json",
    text: JSON.stringify({ sops: { moon_kms: [{ enc: "x" }] } }),
    code: "NoDataKey",
  },
  { name: "no JSON", file: "a.json", text: '{"a": secret-text', code: "Malformed" },
  { name: "JSON without metadata", file: "a.json", text: '{"a": 1}', code: "Malformed" },
  { name: "a line without a sign", file: "a.env", text: "secret-text\n", code: "Malformed" },
  {
    name: "keys of a section that is not there",
    file: "a.ini",
    text: "[a]\nb = c\n",
    code: "BadMetadata",
  },
  { name: "a line that is nothing", file: "a.ini", text: "[a]\nsecret-text\n", code: "Malformed" },
  {
    name: "places that do not fit each other",
    file: "a.env",
    text: "sops_age__list_9999999__map_enc=x\nsops_age=y\nsops_age__map_enc=z\n",
    code: "BadMetadata",
  },
  {
    name: "names of the prototype",
    file: "a.env",
    text: "sops___proto____map_x=1\n",
    code: "BadMetadata",
  },
  {
    name: "too many levels",
    file: "a.json",
    text: `{"sops":{},"a":${"[".repeat(500)}${"]".repeat(500)}}`,
    code: "BudgetExceeded",
  },
];

for (const { name, file, text, code } of odd) {
  Deno.test(`openSealed() refuses ${name}`, async () => {
    const got = await open(text, file, await ageKey("one"));

    assert.ok(!got.ok);
    assert.equal(got.code, code, got.message);
    assert.doesNotMatch(got.message, /secret-text/);
  });
}

Deno.test("openSealed() names a service that nobody knows", async () => {
  const got = await open('{"sops": {"moon_kms": [{"enc": "x"}]}}', "a.json", {});

  assert.match(got.ok ? "" : got.message, /the key service 'moon_kms' is not known/);
});

Deno.test("openSealed() refuses what is too large", async () => {
  const got = await open(new Uint8Array((5 << 20) + 1), "a.json", {});

  assert.equal(!got.ok && got.code, "TooLarge");
});

Deno.test("a passphrase in an age header makes nobody run scrypt", async () => {
  const header = "age-encryption.org/v1\n-> scrypt bPOGF4kPEjNFrjyJBmvOBA 30\n" +
    "KQRhaFbwzRHUlHPTPYcFnGxCQHDPQIX4jB5m5QO6XDI\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
  const enc = `-----BEGIN AGE ENCRYPTED FILE-----\n${btoa(header).replace(/.{64}/g, "$&\n")}\n` +
    "-----END AGE ENCRYPTED FILE-----\n";
  const text = JSON.stringify({ sops: { age: [{ enc, recipient: "age1x" }] } });

  const got = await open(text, "a.json", await ageKey("one"));

  assert.match(got.ok ? "" : got.message, /age1x: FAILED\n {4}- \| none of the age identities/);
});
