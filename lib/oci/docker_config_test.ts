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
    name: "a token for a helper",
    text: JSON.stringify({ auths: { "ghcr.io": { identitytoken: "secret" } } }),
    want: '.dockerconfigjson: auths["ghcr.io"] needs auth, or username and password',
  },
];

for (const { name, text, want } of refused) {
  Deno.test(`findLogin() refuses ${name}, and keeps it to itself`, () => {
    const got = findLogin(text, "ghcr.io/org/app");

    assert.deepEqual(got, { ok: false, code: "InvalidDockerConfig", message: want });
  });
}
