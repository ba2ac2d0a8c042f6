import assert from "node:assert/strict";
import { gitCredentials, secretData } from "./credentials.ts";

const cases = [
  { name: "takes a bearer token", data: { bearerToken: "t" }, want: { bearerToken: "t" } },
  { name: "takes a user name alone", data: { username: "u" }, want: { username: "u" } },
  { name: "takes an unknown Secret as anonymous", data: { other: "x" }, want: {} },
  {
    name: "reads the old names of TLS files",
    data: { caFile: "ca", certFile: "c", keyFile: "k" },
    want: { caCert: "ca", clientCert: "c", clientKey: "k" },
  },
  { name: "refuses a password without a user name", data: { password: "p" }, want: undefined },
  { name: "refuses a certificate without its key", data: { "tls.crt": "c" }, want: undefined },
];

for (const { name, data, want } of cases) {
  Deno.test(`gitCredentials() ${name}`, () => {
    const got = gitCredentials(new Map(Object.entries(data)), "ns/s");

    assert.deepEqual(got.ok ? got.value : undefined, want);
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
