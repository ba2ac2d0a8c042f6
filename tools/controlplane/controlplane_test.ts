/**
 * The pure parts of finding, building and starting a control plane.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cacheFolder } from "./cache_folder.ts";
import { issuerOf, kubeconfig, makeTokens, tokenFile } from "./credentials.ts";
import { isNewEnough } from "./go_toolchain.ts";
import { refuseEtcd } from "./programs.ts";

Deno.test("cacheFolder() follows the custom of the system", async (t) => {
  const cases = [
    { name: "Linux", env: { HOME: "/home/me" }, os: "linux", want: "/home/me/.cache/sluice" },
    {
      name: "macOS",
      env: { HOME: "/Users/me" },
      os: "darwin",
      want: "/Users/me/Library/Caches/sluice",
    },
    {
      name: "XDG",
      env: { HOME: "/home/me", XDG_CACHE_HOME: "/cache" },
      os: "linux",
      want: "/cache/sluice",
    },
    {
      name: "a relative XDG_CACHE_HOME does not count",
      env: { HOME: "/home/me", XDG_CACHE_HOME: "cache" },
      os: "linux",
      want: "/home/me/.cache/sluice",
    },
  ];
  for (const { name, env, os, want } of cases) {
    const variables = new Map(Object.entries(env));
    await t.step(name, () => assert.equal(cacheFolder((key) => variables.get(key), os), want));
  }
});

Deno.test("isNewEnough() wants Go 1.26", async (t) => {
  const cases = [
    { printed: "go version go1.26.0 linux/amd64", want: true },
    { printed: "go version go1.27rc1 darwin/arm64", want: true },
    { printed: "go version go1.25.9 linux/amd64", want: false },
    { printed: "go: no such thing", want: false },
  ];
  for (const { printed, want } of cases) {
    await t.step(printed, () => assert.equal(isNewEnough(printed), want));
  }
});

Deno.test("refuseEtcd() refuses what is older than 3.5.13", async (t) => {
  const cases = [
    { version: "3.5.12", refused: true },
    { version: "3.4.30", refused: true },
    { version: "2.9.99", refused: true },
    { version: "3.5.13", refused: false },
    { version: "3.6.0", refused: false },
    { version: "4.0.0", refused: false },
  ];
  for (const { version, refused } of cases) {
    await t.step(version, () => {
      const why = refuseEtcd(`etcd Version: ${version}\nGit SHA: x`, "/assets/etcd");

      assert.equal(why !== undefined, refused);
      if (refused) assert.match(why ?? "", /KUBEBUILDER_ASSETS is too old: 3\.5\.13 or later/);
    });
  }
  assert.match(refuseEtcd("hello", "/assets/etcd") ?? "", /does not say which etcd it is/);
});

Deno.test("tokenFile() gives every identity a token of its own", () => {
  const lines = tokenFile(makeTokens()).trimEnd().split("\n");

  assert.equal(new Set(lines.map((line) => line.split(",", 1)[0])).size, 4);
  for (const line of lines) {
    assert.match(line, /^[0-9a-f]{48},[a-z-]+,[a-z-]+,"system:masters"$/);
  }
});

Deno.test("issuerOf() takes the last certificate of a chain", () => {
  const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;

  assert.equal(issuerOf(pem("bGVhZg==") + pem("Y2E=")), pem("Y2E="));
  assert.equal(issuerOf("half of a -----BEGIN CERTIFICATE-----"), undefined);
});

Deno.test("kubeconfig() names server, issuer and token", () => {
  const text = kubeconfig("https://127.0.0.1:1", "CA", "secret");

  assert.match(text, /server: https:\/\/127\.0\.0\.1:1\n/);
  assert.match(text, /certificate-authority-data: Q0E=\n/);
  assert.match(text, /token: secret\n/);
});
