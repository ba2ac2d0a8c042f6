import assert from "node:assert/strict";
import { findLogin } from "./docker_config.ts";

const login = { username: "me", password: "se:cret" };
const auth = btoa("me:se:cret");
const other = { username: "other", password: "other" };

const found = [
  { name: "a host", auths: { "ghcr.io": login, "quay.io": other } },
  { name: "an address", auths: { "https://ghcr.io/v2/": login } },
  { name: "the encoded form", auths: { "ghcr.io": { auth } } },
  {
    name: "the encoded form without padding",
    auths: { "ghcr.io": { auth: auth.replace(/=/g, "") } },
  },
  { name: "the longest path that fits", auths: { "ghcr.io": other, "ghcr.io/org": login } },
  { name: "a pattern of hosts", auths: { "*.io": login, "ghcr*.com": other } },
  { name: "the host before the pattern", auths: { "*.io": other, "ghcr.io": login } },
  {
    name: "Docker Hub by its old address",
    image: "alpine",
    auths: { "https://index.docker.io/v1/": login },
  },
  { name: "Docker Hub by its short name", image: "org/app", auths: { "docker.io": login } },
  {
    name: "a host with its port",
    image: "localhost:5000/app",
    auths: { "localhost": other, "localhost:5000": login },
  },
];

for (const { name, image = "ghcr.io/org/app", auths } of found) {
  Deno.test(`findLogin() finds ${name}`, () => {
    const got = findLogin(JSON.stringify({ auths }), image);

    assert.deepEqual(got, { ok: true, value: login });
  });
}

const missing = [
  { name: "another host", config: { auths: { "quay.io": other } } },
  { name: "another path", config: { auths: { "ghcr.io/organ": other } } },
  { name: "part of a host", config: { auths: { "io": other, "*": other, "hcr.io": other } } },
  { name: "no logins at all", config: {} },
];

for (const { name, config } of missing) {
  Deno.test(`findLogin() finds nothing in ${name}`, () => {
    const got = findLogin(JSON.stringify(config), "ghcr.io/org/app");

    assert.deepEqual(got, { ok: true, value: undefined });
  });
}

const refused = [
  { name: "what is not JSON", text: "{secret", want: ".dockerconfigjson is not JSON" },
  { name: "a list", text: "[]", want: ".dockerconfigjson: auths must be an object" },
  {
    name: "an encoded form without colon",
    text: JSON.stringify({ auths: { "ghcr.io": { auth: btoa("secret") } } }),
    want: '.dockerconfigjson: auths["ghcr.io"].auth must be base64 of USER:PASSWORD',
  },
  {
    name: "a token of another kind",
    text: JSON.stringify({ auths: { "ghcr.io": { registrytoken: "secret" } } }),
    want: '.dockerconfigjson: auths["ghcr.io"] needs auth, identitytoken, or username and password',
  },
];

for (const { name, text, want } of refused) {
  Deno.test(`findLogin() refuses ${name}, and keeps it to itself`, () => {
    const got = findLogin(text, "ghcr.io/org/app");

    assert.deepEqual(got, { ok: false, code: "InvalidDockerConfig", message: want });
  });
}

const identityToken = "refresh-me";
const tokens = [
  { name: "alone", entry: { identitytoken: identityToken }, want: { username: "", password: "" } },
  {
    name: "beside a user without a password",
    entry: { auth: btoa("0000:"), identitytoken: identityToken },
    want: { username: "0000", password: "" },
  },
  {
    name: "beside a login",
    entry: { ...login, identitytoken: identityToken },
    want: login,
  },
];

for (const { name, entry, want } of tokens) {
  Deno.test(`findLogin() finds an identitytoken ${name}`, () => {
    const got = findLogin(JSON.stringify({ auths: { "ghcr.io": entry } }), "ghcr.io/org/app");

    assert.deepEqual(got, { ok: true, value: { ...want, identityToken } });
  });
}

Deno.test("findLogin() takes only the hosts with the same identitytoken for ones of the same login", () => {
  const entry = (identitytoken: string) => ({ identitytoken });
  const auths = { "ghcr.io": entry("a"), "tokens.io": entry("a"), "quay.io": entry("b") };

  const got = findLogin(JSON.stringify({ auths }), "ghcr.io/org/app");

  assert.deepEqual(got.ok && got.value?.otherHosts, ["tokens.io"]);
});

const LEFT = "leaves the login for ghcr.io to the program docker-credential-";
const NEVER_RUN = 'which is never run here: write the login to auths["ghcr.io"]';
const helped: { name: string; config: Record<string, unknown>; want: string }[] = [
  {
    name: "the helper of the host",
    config: { credHelpers: { "quay.io": "other", "ghcr.io": "gcloud" } },
    want: `.dockerconfigjson: credHelpers["ghcr.io"] ${LEFT}gcloud, ${NEVER_RUN}`,
  },
  {
    name: "the helper of the host, whose entry is empty",
    config: { auths: { "ghcr.io": {} }, credHelpers: { "https://ghcr.io": "gcloud" } },
    want: `.dockerconfigjson: credHelpers["https://ghcr.io"] ${LEFT}gcloud, ${NEVER_RUN}`,
  },
  {
    name: "the store that has the host's login",
    config: { auths: { "ghcr.io": {}, "quay.io": other }, credsStore: "desktop" },
    want: `.dockerconfigjson: credsStore ${LEFT}desktop, ${NEVER_RUN}`,
  },
  {
    name: "the store that has all logins",
    config: { credsStore: "ecr-login" },
    want: `.dockerconfigjson: credsStore ${LEFT}ecr-login, ${NEVER_RUN}`,
  },
  {
    name: "an entry that is empty although nobody else has the login",
    config: { auths: { "ghcr.io": {} }, credHelpers: { "quay.io": "other" }, credsStore: "" },
    want: '.dockerconfigjson: auths["ghcr.io"] needs auth, identitytoken, or username and password',
  },
];

for (const { name, config, want } of helped) {
  Deno.test(`findLogin() refuses, by its name, ${name}`, () => {
    const got = findLogin(JSON.stringify(config), "ghcr.io/org/app");

    assert.equal(got.ok ? "" : got.message, want);
  });
}

const unneeded = [
  { name: "another host's helper", config: { credHelpers: { "quay.io": "x" } }, want: undefined },
  {
    name: "a store that has other hosts' logins",
    config: { auths: { "quay.io": {} }, credsStore: "desktop" },
    want: undefined,
  },
  {
    name: "helpers, where the login is written down",
    config: { auths: { "ghcr.io": login }, credHelpers: { "ghcr.io": "x" }, credsStore: "y" },
    want: login,
  },
  {
    name: "what names no program",
    config: { credHelpers: { "ghcr.io": 1, "gcr.io": "" }, credsStore: null },
    want: undefined,
  },
];

for (const { name, config, want } of unneeded) {
  Deno.test(`findLogin() passes over ${name}`, () => {
    const got = findLogin(JSON.stringify(config), "ghcr.io/org/app");

    assert.deepEqual(got, { ok: true, value: want });
  });
}
