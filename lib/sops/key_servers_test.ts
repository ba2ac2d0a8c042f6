import assert from "node:assert/strict";
import { generateKeyPairSync, verify } from "node:crypto";
import { defaultBudget, encodeBase64, fail, ok, type Result } from "../base/mod.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { openWithAge, parseIdentities } from "./age.ts";
import { openWithAws, parseAwsCredentials } from "./aws_kms.ts";
import { azureLogin, openWithAzure, parseAzureCredentials } from "./azure_key_vault.ts";
import { openDataKey } from "./data_key.ts";
import { openWithGcp, parseGcpCredentials } from "./gcp_kms.ts";
import type { KeyServerOptions } from "./key_server.ts";
import type { KeyServices } from "./master_key.ts";
import { DataKeys, type OpenedFile, openSealed } from "./open.ts";
import { readSealedYaml } from "./read_yaml.ts";
import { openWithVault } from "./vault_transit.ts";

const SAMPLES = new URL("testdata/", import.meta.url);
/** What the stub services make a data key of. */
const SEALED = "c2VhbGVk";

interface Asked {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Services that answer as a test says. */
function stub(
  answer: (asked: Asked) => Response | Promise<Response>,
  env: Readonly<Record<string, string>> = {},
): { options: KeyServerOptions; asked: Asked[] } {
  const asked: Asked[] = [];
  const clock = new FakeClock();
  const http = openHttp({
    clock,
    async transport(request) {
      const got = {
        url: `${request.method} ${request.url}`,
        headers: request.headers,
        body: await request.text(),
      };
      asked.push(got);
      return await answer(got);
    },
  });
  return { options: { http, clock, env: (name) => env[name] }, asked };
}

/** The data key of a sample, as only its age key opens it. */
async function dataKey(): Promise<Uint8Array> {
  const identities = await parseIdentities(await Deno.readTextFile(new URL("one.agekey", SAMPLES)));
  const sealed = readSealedYaml(await sample(), defaultBudget());
  assert.ok(identities.ok && sealed.ok);
  const key = await openDataKey(sealed.value.metadata, { age: openWithAge(identities.value) });
  assert.ok(key.ok);
  return key.value;
}

function sample(): Promise<string> {
  return Deno.readTextFile(new URL("secret.regex.yaml", SAMPLES));
}

/** The sample, with its data key sealed by another service. */
async function openWith(entry: string, services: KeyServices): Promise<Result<OpenedFile>> {
  const text = (await sample()).replace(/ {4}age:\n(?: {8}.*\n)+/, entry);
  assert.match(text, /arn|resource_id|vault_url|vault_address/);
  return await openSealed(new TextEncoder().encode(text), {
    format: "yaml",
    opener: new DataKeys(services),
    budget: defaultBudget(),
  });
}

const ARN = "arn:aws:kms:eu-west-1:123456789012:key/abc";
const AWS =
  `    kms:\n        - arn: ${ARN}\n          context:\n            app: shop\n          enc: ${SEALED}\n`;
const AWS_KEYS = { accessKeyId: "AK", secretAccessKey: "aws-secret", sessionToken: "aws-session" };
const RESOURCE = "projects/p/locations/global/keyRings/r/cryptoKeys/k";
const GCP = `    gcp_kms:\n        - resource_id: ${RESOURCE}\n          enc: ${SEALED}\n`;
const VAULT_URL = "https://shop.vault.azure.net";
const AZURE =
  `    azure_kv:\n        - vault_url: ${VAULT_URL}\n          name: key\n          version: v1\n          enc: ${SEALED}\n`;
const AZURE_KEYS = "tenantId: tenant\nclientId: client\nclientSecret: azure-secret\n";
const VAULT =
  `    hc_vault:\n        - vault_address: https://vault.example:8200\n          engine_path: team/transit\n          key_name: sops\n          enc: vault:v1:${SEALED}\n`;

function gcpKey(): {
  text: string;
  publicKey: ReturnType<typeof generateKeyPairSync>["publicKey"];
} {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const text = JSON.stringify({
    type: "service_account",
    client_email: "sops@p.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    private_key_id: "kid",
    token_uri: "https://oauth2.googleapis.com/token",
  });
  return { text, publicKey };
}

Deno.test("AWS KMS: what is asked, signed, and opened", async () => {
  const key = await dataKey();
  const { options, asked } = stub(() =>
    Response.json({ KeyId: ARN, Plaintext: encodeBase64(key) })
  );
  const regions: string[] = [];

  const got = await openWith(AWS, {
    aws: openWithAws((region) => {
      regions.push(region);
      return Promise.resolve(ok(AWS_KEYS));
    }, options),
  });

  assert.ok(got.ok && got.value.isIntact, got.ok ? "" : got.message);
  assert.deepEqual(regions, ["eu-west-1"]);
  const [request] = asked;
  assert.equal(request?.url, "POST https://kms.eu-west-1.amazonaws.com/");
  assert.deepEqual(JSON.parse(request?.body ?? ""), {
    KeyId: ARN,
    CiphertextBlob: SEALED,
    EncryptionContext: { app: "shop" },
  });
  assert.equal(request?.headers.get("x-amz-target"), "TrentService.Decrypt");
  assert.equal(request?.headers.get("x-amz-security-token"), "aws-session");
  assert.match(request?.headers.get("authorization") ?? "", /\/eu-west-1\/kms\/aws4_request, /);
});

Deno.test("AWS KMS: in China, and where the variables say", async () => {
  const answer = () => Response.json({ Plaintext: "AA==" });
  const login = () => Promise.resolve(ok(AWS_KEYS));
  const china = stub(answer);
  const own = stub(answer, { AWS_ENDPOINT_URL_KMS: "https://kms.vpc.example/" });

  await openWith(AWS.replace("aws:kms:eu-west-1", "aws-cn:kms:cn-north-1"), {
    aws: openWithAws(login, china.options),
  });
  await openWith(AWS, { aws: openWithAws(login, own.options) });

  assert.equal(china.asked[0]?.url, "POST https://kms.cn-north-1.amazonaws.com.cn/");
  assert.equal(own.asked[0]?.url, "POST https://kms.vpc.example/");
});

const ROLE = AWS.replace("context:", "role: arn:aws:iam::1:role/x\n          context:");

Deno.test("AWS KMS: a role that the file names is taken on once", async () => {
  const key = await dataKey();
  const { options, asked } = stub(({ url }) =>
    url.includes("//sts.")
      ? new Response(
        "<r><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>" +
          "<SessionToken>role-session</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></r>",
      )
      : Response.json({ Plaintext: encodeBase64(key) })
  );
  const services = { aws: openWithAws(() => Promise.resolve(ok(AWS_KEYS)), options) };

  const got = await openWith(ROLE, services);
  await openWith(ROLE, services);

  assert.ok(got.ok && got.value.isIntact, got.ok ? "" : got.message);
  assert.deepEqual(asked.map(({ url }) => url), [
    "POST https://sts.eu-west-1.amazonaws.com/",
    "POST https://kms.eu-west-1.amazonaws.com/",
    "POST https://kms.eu-west-1.amazonaws.com/",
  ]);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(asked[0]?.body)), {
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: "arn:aws:iam::1:role/x",
    RoleSessionName: "sluice",
  });
  assert.match(
    asked[0]?.headers.get("authorization") ?? "",
    /Credential=AK\/.*\/sts\/aws4_request/,
  );
  assert.match(asked[1]?.headers.get("authorization") ?? "", /Credential=ROLE\/.*\/kms\//);
  assert.equal(asked[1]?.headers.get("x-amz-security-token"), "role-session");
});

Deno.test("AWS KMS: a role that may not be taken on is told", async () => {
  const { options } = stub(() =>
    new Response("<e><Code>AccessDenied</Code><Message>not aws-secret</Message></e>", {
      status: 403,
    })
  );

  const got = await openWith(ROLE, {
    aws: openWithAws(() => Promise.resolve(ok(AWS_KEYS)), options),
  });

  assert.match(got.ok ? "" : got.message, /answered 403: AccessDenied: not \*{5}/);
});

Deno.test("Google Cloud KMS: a statement becomes a token, which opens several files", async () => {
  const key = await dataKey();
  const { text, publicKey } = gcpKey();
  const credentials = parseGcpCredentials(text);
  assert.ok(credentials.ok);
  const { options, asked } = stub(({ url }) =>
    url.endsWith("/token")
      ? Response.json({ access_token: "gcp-token", expires_in: 3_600 })
      : Response.json({ plaintext: encodeBase64(key) })
  );
  const services = { gcp: openWithGcp(credentials.value, options) };

  const got = await openWith(GCP, services);
  await openWith(GCP, services);

  assert.ok(got.ok && got.value.isIntact, got.ok ? "" : got.message);
  assert.deepEqual(asked.map(({ url }) => url), [
    "POST https://oauth2.googleapis.com/token",
    `POST https://cloudkms.googleapis.com/v1/${RESOURCE}:decrypt`,
    `POST https://cloudkms.googleapis.com/v1/${RESOURCE}:decrypt`,
  ]);
  const form = new URLSearchParams(asked[0]?.body);
  assert.equal(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const [header = "", claims = "", signature = ""] = (form.get("assertion") ?? "").split(".");
  const read = (part: string) =>
    JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(part, { alphabet: "base64url" })));
  assert.equal(read(claims).aud, "https://oauth2.googleapis.com/token");
  assert.equal(read(claims).scope, "https://www.googleapis.com/auth/cloudkms");
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  const bytes = Uint8Array.fromBase64(signature, { alphabet: "base64url" });
  assert.ok(verify("sha256", signed, publicKey, bytes));
  assert.equal(asked[1]?.headers.get("authorization"), "Bearer gcp-token");
  assert.deepEqual(JSON.parse(asked[1]?.body ?? ""), { ciphertext: SEALED });
});

Deno.test("Azure Key Vault: an application's token opens, at vaults only", async () => {
  const key = await dataKey();
  const credentials = parseAzureCredentials(AZURE_KEYS);
  assert.ok(credentials.ok);
  const { options, asked } = stub(({ url }) =>
    url.includes("/oauth2/")
      ? Response.json({ access_token: "azure-token", expires_in: 3_600 })
      : Response.json({ value: key.toBase64({ alphabet: "base64url", omitPadding: true }) })
  );
  const services = { azure: openWithAzure(azureLogin(credentials.value, options), options) };

  const got = await openWith(AZURE, services);
  const elsewhere = await openWith(
    AZURE.replace("shop.vault.azure.net", "shop.vault.azure.net.evil.example"),
    services,
  );

  assert.ok(got.ok && got.value.isIntact, got.ok ? "" : got.message);
  assert.deepEqual(asked.map(({ url }) => url), [
    "POST https://login.microsoftonline.com/tenant/oauth2/v2.0/token",
    `POST ${VAULT_URL}/keys/key/v1/decrypt?api-version=7.4`,
  ]);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(asked[0]?.body)), {
    grant_type: "client_credentials",
    client_id: "client",
    client_secret: "azure-secret",
    scope: "https://vault.azure.net/.default",
  });
  assert.deepEqual(JSON.parse(asked[1]?.body ?? ""), { alg: "RSA-OAEP-256", value: SEALED });
  assert.equal(asked[1]?.headers.get("authorization"), "Bearer azure-token");
  assert.match(elsewhere.ok ? "" : elsewhere.message, /is no host of Azure Key Vault/);
});

Deno.test("Vault: a token opens with a transit key", async () => {
  const key = await dataKey();
  const env = { VAULT_NAMESPACE: "team" };
  const { options, asked } = stub(
    () => Response.json({ data: { plaintext: encodeBase64(key) } }),
    env,
  );

  const got = await openWith(VAULT, { vault: openWithVault("vault-token", options) });

  assert.ok(got.ok && got.value.isIntact, got.ok ? "" : got.message);
  const [request] = asked;
  assert.equal(request?.url, "POST https://vault.example:8200/v1/team/transit/decrypt/sops");
  assert.equal(request?.headers.get("x-vault-token"), "vault-token");
  assert.equal(request?.headers.get("x-vault-namespace"), "team");
  assert.deepEqual(JSON.parse(request?.body ?? ""), { ciphertext: `vault:v1:${SEALED}` });
});

const refusals: readonly {
  readonly name: string;
  readonly answer: () => Response;
  readonly want: RegExp;
}[] = [
  {
    name: "AWS' own words",
    answer: () =>
      Response.json(
        { __type: "com.amazon#AccessDeniedException", Message: "not for aws-session" },
        { status: 400 },
      ),
    want: /answered 400: AccessDeniedException: not for \*{5}/,
  },
  {
    name: "words in a list",
    answer: () => Response.json({ errors: ["permission denied"] }, { status: 403 }),
    want: /answered 403: permission denied/,
  },
  {
    name: "Google's words",
    answer: () => Response.json({ error: { code: 403, message: "no right" } }, { status: 403 }),
    want: /answered 403: no right/,
  },
  {
    name: "a page",
    answer: () => new Response("<p>gone", { status: 410 }),
    want: /answered 410: <p>gone/,
  },
  {
    name: "an answer without a key",
    answer: () => Response.json({}),
    want: /answered without 'Plaintext'/,
  },
  {
    name: "a key of no length",
    answer: () => Response.json({ Plaintext: "" }),
    want: /answered without 'Plaintext'/,
  },
];
for (const { name, answer, want } of refusals) {
  Deno.test(`a key service that refuses is told with ${name}`, async () => {
    const { options } = stub(answer);

    const got = await openWith(AWS, {
      aws: openWithAws(() => Promise.resolve(ok(AWS_KEYS)), options),
    });

    assert.ok(!got.ok);
    assert.equal(got.code, "NoDataKey");
    assert.match(got.message, want);
    assert.doesNotMatch(got.message, /aws-se/);
  });
}

Deno.test("a key of the wrong length opens nothing", async () => {
  const { options } = stub(() => Response.json({ Plaintext: "AAAA" }));

  const got = await openWith(AWS, {
    aws: openWithAws(() => Promise.resolve(ok(AWS_KEYS)), options),
  });

  assert.equal(!got.ok && got.code, "Tampered");
});

Deno.test("a redirect takes no token along", async () => {
  const headers = { location: "https://other.example/" };
  const { options, asked } = stub(() => new Response(null, { status: 307, headers }));

  const got = await openWith(VAULT, { vault: openWithVault("vault-token", options) });

  assert.match(got.ok ? "" : got.message, /answered 307/);
  assert.deepEqual(asked.map(({ url }) => new URL(url.slice(5)).host), ["vault.example:8200"]);
});

const odd: readonly { readonly name: string; readonly entry: string; readonly want: RegExp }[] = [
  {
    name: "an ARN of something else",
    entry: AWS.replace(":kms:", ":s3:"),
    want: /its ARN is none of a KMS key/,
  },
  {
    name: "a resource elsewhere",
    entry: GCP.replace("/k\n", "/..\n"),
    want: /its resource_id is none of/,
  },
  {
    name: "a vault over http",
    entry: AZURE.replace("https:", "http:"),
    want: /no host of Azure Key Vault/,
  },
  {
    name: "a vault that is no URL",
    entry: AZURE.replace(VAULT_URL, "x"),
    want: /vault_url is no URL/,
  },
  {
    name: "a key with a path",
    entry: AZURE.replace("name: key", "name: a/b"),
    want: /none of a key/,
  },
  { name: "a path upwards", entry: VAULT.replace("team/transit", "../sys"), want: /no plain path/ },
  {
    name: "an address that is none",
    entry: VAULT.replace("https://vault.example:8200", "file:///x"),
    want: /vault_address is no http/,
  },
];
for (const { name, entry, want } of odd) {
  Deno.test(`${name} is asked for nowhere`, async () => {
    const { options, asked } = stub(() => Response.json({}));
    const gcp = parseGcpCredentials(gcpKey().text);
    assert.ok(gcp.ok);

    const got = await openWith(entry, {
      aws: openWithAws(() => Promise.resolve(ok(AWS_KEYS)), options),
      gcp: openWithGcp(gcp.value, options),
      azure: openWithAzure(() => Promise.resolve(ok("t")), options),
      vault: openWithVault("t", options),
    });

    assert.match(got.ok ? "" : got.message, want);
    assert.deepEqual(asked, []);
  });
}

Deno.test("without credentials a file names the entry that is missing", async () => {
  for (
    const [entry, want] of [
      [AWS, "sops.aws-kms"],
      [GCP, "sops.gcp-kms"],
      [AZURE, "sops.azure-kv"],
      [VAULT, "sops.vault-token"],
    ] as const
  ) {
    const got = await openWith(entry, {});

    assert.ok(
      !got.ok && got.message.includes(`has not an entry '${want}'`),
      got.ok ? "" : got.message,
    );
  }
});

Deno.test("a login that fails is told", async () => {
  const { options } = stub(() => Response.json({}));

  const got = await openWith(AWS, {
    aws: openWithAws(() => Promise.resolve(fail("x", "nobody")), options),
  });

  assert.match(got.ok ? "" : got.message, /- \| nobody/);
});

const credentials: readonly {
  readonly name: string;
  readonly parsed: Result<unknown>;
  readonly want: RegExp;
}[] = [
  { name: "AWS: a list", parsed: parseAwsCredentials("[]"), want: /no YAML with fields/ },
  {
    name: "AWS: half of them",
    parsed: parseAwsCredentials("aws_access_key_id: a"),
    want: /it lacks/,
  },
  { name: "GCP: no JSON", parsed: parseGcpCredentials("{"), want: /no JSON object/ },
  {
    name: "GCP: half of them",
    parsed: parseGcpCredentials('{"type":"service_account"}'),
    want: /it lacks/,
  },
  {
    name: "GCP: a token address of the disk",
    parsed: parseGcpCredentials(
      '{"type":"service_account","client_email":"a","private_key":"b","token_uri":"file:///x"}',
    ),
    want: /token_uri is no http/,
  },
  { name: "Azure: a text", parsed: parseAzureCredentials("x"), want: /no YAML or JSON/ },
  { name: "Azure: half of them", parsed: parseAzureCredentials("tenantId: a"), want: /it needs/ },
  {
    name: "Azure: a certificate",
    parsed: parseAzureCredentials("clientCertificate: x"),
    want: /clientCertificate is not supported yet/,
  },
  {
    name: "Azure: a tenant with a path",
    parsed: parseAzureCredentials("tenantId: a/../b\nclientId: b\nclientSecret: c"),
    want: /neither an ID nor a domain/,
  },
];
for (const { name, parsed, want } of credentials) {
  Deno.test(`credentials that are none are refused: ${name}`, () => {
    assert.match(parsed.ok ? "" : parsed.message, want);
  });
}
