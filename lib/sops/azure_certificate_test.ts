import assert from "node:assert/strict";
import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { jwtVerify } from "jose";
import { stringifyJson } from "../base/mod.ts";
import { azureLogin, parseAzureCredentials } from "./azure_credentials.ts";
import { SAMPLES, stub } from "./key_server_fakes_test.ts";

const read = (name: string) => Deno.readTextFile(new URL(name, SAMPLES));
/** An authority, the certificate of an application, and its key. */
const PEM = await read("entra.pem");
/** The key, sealed with a password, and the certificate. */
const SEALED_PEM = await read("entra.sealed.pem");
const CURVE_PEM = await read("entra.curve.pem");
const PASSWORD = "open-sesame";

const CERTIFICATES = PEM.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
const [AUTHORITY = "", OWN = ""] = CERTIFICATES;
const { privateKey: SHORT_KEY } = generateKeyPairSync("rsa", {
  modulusLength: 1_024,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const KEY_TEXT = PEM.slice(PEM.indexOf("-----BEGIN PRIVATE KEY"));

function entry(fields: Readonly<Record<string, unknown>>): string {
  return stringifyJson({ tenantId: "tenant", clientId: "client", ...fields });
}

function der(pem: string): string {
  return new X509Certificate(pem).raw.toString("base64");
}

const sound = [
  { name: "a certificate and its key", fields: { clientCertificate: PEM }, chain: undefined },
  {
    name: "the chain, the key's own certificate first",
    fields: { clientCertificate: PEM, clientCertificateSendChain: true },
    chain: [der(OWN), der(AUTHORITY)],
  },
  {
    name: "a key that a password opens",
    fields: { clientCertificate: SEALED_PEM, clientCertificatePassword: PASSWORD },
    chain: undefined,
  },
];

for (const { name, fields, chain } of sound) {
  Deno.test(`azureLogin() signs a statement with ${name}`, async () => {
    const credentials = parseAzureCredentials(entry(fields));
    assert.ok(credentials.ok, credentials.ok ? "" : credentials.message);
    const { options, asked } = stub(() => Response.json({ access_token: "t", expires_in: 3_600 }));
    const login = azureLogin(credentials.value, options);

    const got = [await login("scope"), await login("scope")];

    assert.deepEqual(got.map((token) => token.ok && token.value), ["t", "t"]);
    assert.equal(asked.length, 1);
    const form = new URLSearchParams(asked[0]?.body);
    const audience = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token";
    assert.equal(asked[0]?.url, `POST ${audience}`);
    assert.equal(form.get("client_secret"), null);
    const { payload, protectedHeader } = await jwtVerify(
      form.get("client_assertion") ?? "",
      createPublicKey(OWN),
      { audience, currentDate: new Date(options.clock.now()), algorithms: ["PS256"] },
    );
    assert.deepEqual([payload.iss, payload.sub], ["client", "client"]);
    assert.equal((payload.exp ?? 0) - (payload.nbf ?? 0), 600);
    const thumbprint = createHash("sha256").update(der(OWN), "base64").digest("base64url");
    assert.equal(protectedHeader["x5t#S256"], thumbprint);
    assert.deepEqual(protectedHeader.x5c, chain);
  });
}

const refused: { name: string; fields: Readonly<Record<string, unknown>>; want: RegExp }[] = [
  { name: "no PEM", fields: { clientCertificate: "MIIJ" }, want: /convert a PKCS#12 file by/ },
  {
    name: "a certificate alone",
    fields: { clientCertificate: OWN },
    want: /no certificate with its private key in PEM/,
  },
  { name: "a key alone", fields: { clientCertificate: KEY_TEXT }, want: /no certificate with/ },
  {
    name: "somebody else's certificate",
    fields: { clientCertificate: AUTHORITY + "\n" + KEY_TEXT },
    want: /no certificate of its clientCertificate belongs to the key/,
  },
  {
    name: "a key without its password",
    fields: { clientCertificate: SEALED_PEM },
    want: /cannot be read without a password$/,
  },
  {
    name: "a key with another password",
    fields: { clientCertificate: SEALED_PEM, clientCertificatePassword: "hunter22" },
    want: /cannot be read with its clientCertificatePassword$/,
  },
  { name: "a curve", fields: { clientCertificate: CURVE_PEM }, want: /is no RSA key$/ },
  {
    name: "a key that signs nothing today",
    fields: { clientCertificate: OWN + SHORT_KEY },
    want: /has 1024 bits: Entra takes 2048 and more$/,
  },
  {
    name: "a broken certificate",
    fields: { clientCertificate: OWN.replace(/\n.{20}/, "\nAAAAAAAAAAAAAAAAAAAA") + KEY_TEXT },
    want: /a certificate of its clientCertificate cannot be read/,
  },
];

for (const { name, fields, want } of refused) {
  Deno.test(`parseAzureCredentials() refuses ${name}, without showing it`, () => {
    const got = parseAzureCredentials(entry(fields));

    assert.match(got.ok ? "" : got.message, want);
    assert.doesNotMatch(got.ok ? "" : got.message, /hunter22|MII/);
  });
}

Deno.test("parseAzureCredentials() prefers a password to a certificate, as Flux does", () => {
  const got = parseAzureCredentials(entry({ clientSecret: "s", clientCertificate: PEM }));

  assert.deepEqual(got.ok && got.value.proof, { secret: "s" });
});
