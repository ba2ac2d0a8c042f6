import assert from "node:assert/strict";
import { verify } from "node:crypto";
import { encodeBase64, ok } from "../base/mod.ts";
import { openWithAws } from "./aws_kms.ts";
import { azureLogin, parseAzureCredentials } from "./azure_credentials.ts";
import { openWithAzure } from "./azure_key_vault.ts";
import { gcpLogin, openWithGcp, parseGcpCredentials } from "./gcp_kms.ts";
import { openWithVault } from "./vault_transit.ts";
import {
  ARN,
  AWS,
  AWS_KEYS,
  AZURE,
  AZURE_KEYS,
  dataKey,
  GCP,
  gcpKey,
  openWith,
  RESOURCE,
  SEALED,
  stub,
  VAULT,
  VAULT_URL,
} from "./key_server_fakes_test.ts";

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
  const services = { gcp: openWithGcp(gcpLogin(credentials.value, options), options) };

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

  const addresses: string[] = [];
  const login = (address: string) => {
    addresses.push(address);
    return Promise.resolve(ok("vault-token"));
  };

  const got = await openWith(VAULT, { vault: openWithVault(login, options) });

  assert.ok(got.ok && got.value.isIntact, got.ok ? "" : got.message);
  assert.deepEqual(addresses, ["https://vault.example:8200"]);
  const [request] = asked;
  assert.equal(request?.url, "POST https://vault.example:8200/v1/team/transit/decrypt/sops");
  assert.equal(request?.headers.get("x-vault-token"), "vault-token");
  assert.equal(request?.headers.get("x-vault-namespace"), "team");
  assert.deepEqual(JSON.parse(request?.body ?? ""), { ciphertext: `vault:v1:${SEALED}` });
});
