import assert from "node:assert/strict";
import { gitCredentials, requireClientKey, secretData } from "./credentials.ts";

const cases: { name: string; url?: string; data: Record<string, string>; want: unknown }[] = [
  { name: "takes a bearer token", data: { bearerToken: "t" }, want: { bearerToken: "t" } },
  { name: "takes a user name alone", data: { username: "u" }, want: { username: "u" } },
  { name: "takes an unknown Secret as anonymous", data: { other: "x" }, want: {} },
  {
    name: "reads the old names of TLS files",
    data: { caFile: "ca", certFile: "c", keyFile: "k" },
    want: { caCert: "ca", clientCert: "c", clientKey: "k" },
  },
  {
    name: "takes what the Secret lacks from the address",
    url: "https://me:p%40@git.example/app",
    data: { username: "u" },
    want: { username: "u", password: "p@" },
  },
  {
    name: "takes a password for the user of the address",
    url: "https://git@git.example/app",
    data: { password: "p" },
    want: { username: "git", password: "p" },
  },
  {
    name: "looks at no user name beside a token",
    data: { bearerToken: "t", password: "p" },
    want: { bearerToken: "t" },
  },
  { name: "refuses another protocol", url: "git://git.example/app", data: {}, want: undefined },
  { name: "refuses a password without a user name", data: { password: "p" }, want: undefined },
  { name: "reads a certificate alone", data: { "tls.crt": "c" }, want: { clientCert: "c" } },
];

for (const { name, url = "https://git.example/app", data, want } of cases) {
  Deno.test(`gitCredentials() ${name}`, () => {
    const got = gitCredentials(new Map(Object.entries(data)), url);

    assert.deepEqual(got.ok ? got.value : undefined, want);
  });
}

const HOSTS = "git.example ssh-ed25519 AAAA\n";

const sshCases: { name: string; data: Record<string, string>; want: unknown }[] = [
  {
    name: "takes a key and the server's",
    data: { identity: "k", "identity.pub": "p", known_hosts: HOSTS },
    want: { identity: "k", knownHosts: HOSTS },
  },
  {
    name: "takes the password for the key's, and nothing that is for http",
    data: { identity: "k", known_hosts: HOSTS, password: "p", username: "u", "ca.crt": "c" },
    want: { identity: "k", knownHosts: HOSTS, passphrase: "p" },
  },
  {
    name: "refuses a Secret of Flux v1, which vouches for no server",
    data: { identity: "k" },
    want: "invalid 'ssh' auth option: 'known_hosts' is required",
  },
  {
    name: "refuses a Secret without a key",
    data: { username: "u", password: "p", known_hosts: HOSTS },
    want: "invalid 'ssh' auth option: 'identity' is required",
  },
  {
    name: "refuses an empty Secret",
    data: {},
    want: "invalid 'ssh' auth option: 'identity' is required",
  },
];

for (const { name, data, want } of sshCases) {
  Deno.test(`gitCredentials() for ssh ${name}`, () => {
    const got = gitCredentials(new Map(Object.entries(data)), "SSH://git@git.example/app");

    assert.deepEqual(got.ok ? got.value : got.message, want);
  });
}

const pairs: { name: string; login: Parameters<typeof requireClientKey>[0]; want: boolean }[] = [
  { name: "lets neither pass", login: { username: "u" }, want: true },
  { name: "lets both pass", login: { clientCert: "c", clientKey: "k" }, want: true },
  { name: "refuses a certificate without its key", login: { clientCert: "c" }, want: false },
  { name: "refuses a key without its certificate", login: { clientKey: "k" }, want: false },
];

for (const { name, login, want } of pairs) {
  Deno.test(`requireClientKey() ${name}`, () => {
    const got = requireClientKey(login, "ns/s");

    assert.deepEqual(got.ok ? got.value : got.code, want ? login : "InvalidCredentials");
  });
}

Deno.test("secretData() leaves out what is no text", () => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    data: { good: "Z29vZA==", binary: "/w==", broken: "*" },
  };

  const got = secretData(secret);

  assert.deepEqual([...got], [["good", "good"]]);
});
