/**
 * Files that the real sops seals, in every format and with every kind of key: what comes out is what sops prints.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget, ok, systemClock } from "../../lib/base/mod.ts";
import { readKeyServices } from "../../lib/delivery/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { DataKeys, formatOfName, openSealed, sealedFormatOf } from "../../lib/sops/mod.ts";
import { startKeyServices } from "../support/key_services.ts";
import { openPgpSigner } from "../support/signers.ts";
import { makeAgeKey, openSops } from "../support/sops.ts";

const AWS = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";

/**
 * Strings that writers of YAML, JSON and INI stumble over. sops itself falls over two, which are left out: it prints
 * `<<` with a tag, and null for a text of several lines that begins with a tab.
 */
const ODD = [
  "",
  " ",
  "  lead",
  "trail ",
  "a: b",
  "a #b",
  "# no comment",
  "- item",
  "? x",
  "*a",
  "&a",
  "!t",
  "%x",
  "@x",
  "`x`",
  "{a}",
  "[a]",
  "it's",
  '"quoted"',
  "back\\slash",
  "tab\there",
  "yes",
  "Null",
  "~",
  "0x1F",
  "1_000",
  "012",
  "1e3",
  ".inf",
  "2001-01-01",
  "12:30:45",
  "=",
  "a\nb",
  "a\nb\n",
  "a\n\n",
  "\n",
  "\na",
  "  x\ny",
  "a \nb",
  "a\r\nb",
  "ünïcödé €",
  "emoji 😀",
  "\u00a0",
  "\u2028",
  "\u0007",
  "x".repeat(300),
  `${"word ".repeat(60)}end`,
  "ENC[AES256_GCM,x]",
  "${variable}",
  "-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n",
];

const FILES: Readonly<Record<string, string>> = {
  "values.yaml": [
    "# at the head",
    ...ODD.map((text, index) => `k${index}: ${JSON.stringify(text)}`),
    "list: [1, -2, 3.5, 1e30, true, null, [a, [b]], {k: v}]",
    'deep: {er: {est: {text: "a\\nb"}}} # behind',
    "items:",
    "- |",
    "  block",
    "  in a list",
    "- name: n",
    "  # among the keys",
    "  text: |",
    "    block",
    "when: 2026-01-02T03:04:05Z",
    "open_unencrypted: [1, 2.50, yes, 0x10, 2026-01-02]",
    "---",
    "second: document",
  ].join("\n"),
  "config.json": JSON.stringify({
    odd: ODD,
    numbers: [0, -1, 1.5, 1e21, 1e-7, 9007199254740993],
    words: { yes: true, no: false, nothing: null, none: {}, empty: [] },
    open_unencrypted: { n: 1.0, list: ["x", 2, false] },
  }),
  "prod.env": `A=1\n# note\nB=two words\nC="quoted"\nD=\nE=a\\nb\nF_unencrypted=open\nG==x=\n`,
  "app.ini":
    "top = 1\n\n[one]\n; note\nkey = value\nlonger = two words\nurl = http://x/?a=b\n\n[two]\nx =\n",
  token: "any\u0001thing\n\n",
};

Deno.test("what the real sops seals, comes out as it prints it", async (t) => {
  await using services = startKeyServices();
  await using gpg = await openPgpSigner();
  await gpg.makeKey("ops", "future-default", { usage: "default" });
  const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(
    await gpg.gpg(["--with-colons", "--list-keys", "ops@example.com"]),
  )?.[1] ?? "";
  const [one, two] = [await makeAgeKey(), await makeAgeKey()];
  const vault = `${services.url}/v1/transit/keys/sops`;
  await using sops = await openSops({
    identities: [one.identity, two.identity],
    gnupgHome: gpg.home,
    env: {
      VAULT_TOKEN: "root-of-tests",
      AWS_ENDPOINT_URL: services.url,
      AWS_ACCESS_KEY_ID: "AK",
      AWS_SECRET_ACCESS_KEY: "secret",
    },
  });
  await using http = openHttp();
  const secret: Readonly<Record<string, string>> = {
    age: one.identity,
    pgp: await gpg.gpg(["--armor", "--export-secret-keys", "ops@example.com"]),
    aws: "aws_access_key_id: AK\naws_secret_access_key: secret\n",
    vault: "root-of-tests",
  };
  const entries: Readonly<Record<string, string>> = {
    age: "one.agekey",
    pgp: "ops.asc",
    aws: "sops.aws-kms",
    vault: "sops.vault-token",
  };

  async function open(name: string, sealed: string, keys: readonly string[]) {
    const data = new Map(keys.map((key) => [entries[key] ?? "", secret[key] ?? ""]));
    const env = (name: string) => name === "AWS_ENDPOINT_URL" ? services.url : undefined;
    const opened = await readKeyServices(data, "apps/keys", { http, clock: systemClock, env });
    if (!opened.ok) return opened;
    const got = await openSealed(new TextEncoder().encode(sealed), {
      format: formatOfName(name),
      opener: new DataKeys(opened.value),
      budget: defaultBudget(),
    });
    if (!got.ok) return got;
    return ok({ text: new TextDecoder().decode(got.value.content), isIntact: got.value.isIntact });
  }

  const keys: Readonly<Record<string, readonly string[]>> = {
    age: ["--age", one.recipient],
    pgp: ["--pgp", fingerprint],
    aws: ["--kms", AWS, "--encryption-context", "app:shop"],
    vault: ["--hc-vault-transit", vault],
  };
  for (const [name, content] of Object.entries(FILES)) {
    await t.step(`${name}, with ${Object.keys(keys).join(", ")}`, async () => {
      let want: string | undefined;
      for (const [key, args] of Object.entries(keys)) {
        const sealed = await sops.seal(name, content, args);
        want ??= await sops.run(["decrypt"], name, sealed);

        const got = await open(name, sealed, [key]);

        assert.deepEqual(got, ok({ text: want, isIntact: true }), `${name} with ${key}`);
        assert.notEqual(sealedFormatOf(sealed), undefined);
      }
    });
  }

  await t.step("key groups: two of three", async () => {
    const config = `creation_rules:\n- shamir_threshold: 2\n  key_groups:\n` +
      `  - age: [${one.recipient}]\n  - pgp: [${fingerprint}]\n  - hc_vault: ["${vault}"]\n`;
    await sops.run(["--version"], "groups.yaml", config);
    const sealed = await sops.run(
      ["--config", "groups.yaml", "encrypt"],
      "s.yaml",
      "a: two-of-three\n",
    );

    for (const pair of [["age", "pgp"], ["age", "vault"], ["pgp", "vault"]]) {
      assert.deepEqual(
        await open("s.yaml", sealed, pair),
        ok({ text: "a: two-of-three\n", isIntact: true }),
      );
    }
    const got = await open("s.yaml", sealed, ["pgp"]);
    assert.match(got.ok ? "" : got.message, /Group 1: SUCCESS.*2 of 3 key groups/s);
  });

  await t.step("a data key rotated, for one key more and one less", async () => {
    const sealed = await sops.seal("s.yaml", "a: rotated\n", ["--age", two.recipient]);
    const rotate = ["rotate", "--add-age", one.recipient, "--rm-age", two.recipient];
    const rotated = await sops.run(rotate, "s.yaml", sealed);

    const before = await open("s.yaml", sealed, ["age"]);
    const after = await open("s.yaml", rotated, ["age"]);

    assert.equal(!before.ok && before.code, "NoDataKey");
    assert.deepEqual(after, ok({ text: "a: rotated\n", isIntact: true }));
  });

  assert.ok(services.asked.includes("kms Decrypt") && services.asked.includes("vault decrypt"));
});
