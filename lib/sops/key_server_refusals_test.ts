import assert from "node:assert/strict";
import { fail, ok, type Result } from "../base/mod.ts";
import { openWithAws, parseAwsCredentials } from "./aws_kms.ts";
import { parseAzureCredentials } from "./azure_credentials.ts";
import { openWithAzure } from "./azure_key_vault.ts";
import { gcpLogin, openWithGcp, parseGcpCredentials } from "./gcp_kms.ts";
import { openWithVault } from "./vault_transit.ts";
import {
  AWS,
  AWS_KEYS,
  AZURE,
  GCP,
  gcpKey,
  openWith,
  stub,
  VAULT,
  VAULT_URL,
} from "./key_server_fakes_test.ts";

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

  const got = await openWith(VAULT, {
    vault: openWithVault(() => Promise.resolve(ok("t")), options),
  });

  assert.match(got.ok ? "" : got.message, /answered 307/);
  assert.deepEqual(asked.map(({ url }) => new URL(url.slice(5)).host), ["vault.example:8200"]);
});

const odd: readonly { readonly name: string; readonly entry: string; readonly want: RegExp }[] = [
  {
    name: "a region that leads elsewhere",
    entry: AWS.replace(/:kms:[^:]+:/, ":kms:evil:"),
    want: /'evil' is no region of AWS/,
  },
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
      gcp: openWithGcp(gcpLogin(gcp.value, options), options),
      azure: openWithAzure(() => Promise.resolve(ok("t")), options),
      vault: openWithVault(() => Promise.resolve(ok("t")), options),
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
    want: /it needs tenantId/,
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
