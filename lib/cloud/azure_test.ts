import assert from "node:assert/strict";
import { fail } from "../base/mod.ts";
import type { CloudAccess } from "./access.ts";
import { account, fakeClouds, POD } from "./cloud_fakes_test.ts";

const SCOPE = "https://vault.azure.net/.default";
const CONTROLLER = "failed to create provider access token for the controller: ";
const ACCOUNT = "failed to create provider access token for service account 'team/app': ";
const ANNOTATIONS = "failed to get provider identity from service account 'team/app' annotations: ";

function token(count: number): Response {
  return Response.json({ token_type: "Bearer", expires_in: 3_599, access_token: `t${count}` });
}

Deno.test("azureToken() exchanges the word for the controller's pod, and keeps the token", async () => {
  const { clouds, clock, asked } = fakeClouds(token);

  const first = await clouds.azureToken(SCOPE, {});
  await clock.advance(50 * 60_000);
  const kept = await clouds.azureToken(SCOPE, {});
  await clock.advance(6 * 60_000);
  const next = await clouds.azureToken(SCOPE, {});

  assert.deepEqual([first, kept, next].map((got) => got.ok && got.value.token), ["t1", "t1", "t2"]);
  assert.ok(first.ok && next.ok && first.value.holder === next.value.holder, "one holder");
  assert.deepEqual(asked[0], {
    url: "POST https://login.microsoftonline.com/tenant/oauth2/v2.0/token",
    form: {
      grant_type: "client_credentials",
      client_id: "client",
      scope: SCOPE,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: "word of the pod",
    },
    proxy: undefined,
  });
});

Deno.test("azureToken() asks as the account that is named, at the authority of the pod", async () => {
  const env = { AZURE_AUTHORITY_HOST: "https://login.chinacloudapi.cn/" };
  const { clouds, asked } = fakeClouds(token, { env });

  const proxy = { url: "http://proxy.example:3128/" };
  const got = await clouds.azureToken(SCOPE, { account: account(), proxy });

  assert.equal(got.ok && got.value.token, "t1");
  assert.equal(asked[0]?.url, "POST https://login.chinacloudapi.cn/their-tenant/oauth2/v2.0/token");
  assert.equal(asked[0]?.form["client_id"], "their-client");
  const word = "word of team/app for api://AzureADTokenExchange";
  assert.equal(asked[0]?.form["client_assertion"], word);
  assert.equal(asked[0]?.proxy, proxy.url);
});

Deno.test("azureToken() shares no token between accounts, scopes and ways", async () => {
  const { clouds } = fakeClouds(token);
  const ways: { scope?: string; access: CloudAccess }[] = [
    { access: {} },
    { access: { account: account() } },
    { access: { account: account({ name: "other" }) } },
    { access: { account: account({ namespace: "other" }) } },
    { access: {}, scope: "other/.default" },
    { access: { proxy: { url: "http://proxy.example/" } } },
    { access: { account: account() } },
  ];
  const got: unknown[] = [];

  for (const { scope = SCOPE, access } of ways) {
    const token = await clouds.azureToken(scope, access);
    got.push(token.ok && token.value.token);
  }

  assert.deepEqual(got, ["t1", "t2", "t3", "t4", "t5", "t6", "t2"]);
});

const TRACE = "Trace ID: 1a\r\nCorrelation ID: 2b\r\nTimestamp: 2026-01-02 03:04:05Z";

const failures: {
  name: string;
  access?: CloudAccess;
  env?: Readonly<Record<string, string>>;
  file?: string | Error;
  answer?: Response;
  want: string;
}[] = [
  {
    name: "a pod that nobody has labelled",
    env: {},
    want: `${CONTROLLER}AZURE_TENANT_ID is not set: give the controller's pod the label ` +
      "azure.workload.identity/use and its account the annotation " +
      "azure.workload.identity/client-id, or name an account in spec.serviceAccountName",
  },
  {
    name: "a word that cannot be read, without saying where it is",
    file: new Error("/token: permission denied"),
    want: `${CONTROLLER}the file that AZURE_FEDERATED_TOKEN_FILE names cannot be read`,
  },
  {
    name: "an empty word",
    file: "\n",
    want: `${CONTROLLER}the file that AZURE_FEDERATED_TOKEN_FILE names holds no token`,
  },
  {
    name: "an authority that is no server",
    env: { ...POD, AZURE_AUTHORITY_HOST: "login" },
    want: `${CONTROLLER}AZURE_AUTHORITY_HOST is no http or https URL`,
  },
  {
    name: "an account without a tenant",
    access: { account: account({ annotations: {} }) },
    want: `${ANNOTATIONS}azure tenant ID is not set in the service account annotation ` +
      "azure.workload.identity/tenant-id",
  },
  {
    name: "an account without a client",
    access: { account: account({ annotations: { "azure.workload.identity/tenant-id": "t" } }) },
    want: `${ANNOTATIONS}azure client ID is not set in the service account annotation ` +
      "azure.workload.identity/client-id",
  },
  {
    name: "a tenant that leads elsewhere",
    access: {
      account: account({
        annotations: {
          "azure.workload.identity/tenant-id": "../other",
          "azure.workload.identity/client-id": "c",
        },
      }),
    },
    want: `${ANNOTATIONS}annotation azure.workload.identity/tenant-id is neither the ID nor the ` +
      "domain of a tenant",
  },
  {
    name: "a cluster that does not vouch for the account",
    access: {
      account: account({ requestToken: () => Promise.resolve(fail("Forbidden", "may not")) }),
    },
    want: "failed to create kubernetes token for service account 'team/app': may not",
  },
  {
    name: "a refusal, without what differs each time and without the word",
    access: { account: account() },
    answer: Response.json({
      error: "invalid_client",
      error_description:
        `AADSTS70021: no match for word of team/app for api://AzureADTokenExchange. ${TRACE}`,
    }, { status: 401 }),
    want: `${ACCOUNT}https://login.microsoftonline.com/their-tenant/oauth2/v2.0/token answered ` +
      "401: AADSTS70021: no match for *****.",
  },
  {
    name: "a refusal in other words",
    answer: new Response("Bad Gateway", { status: 501 }),
    want: `${CONTROLLER}https://login.microsoftonline.com/tenant/oauth2/v2.0/token answered ` +
      "501: Bad Gateway",
  },
  {
    name: "an answer without a token",
    answer: Response.json({ expires_in: 10 }),
    want: `${CONTROLLER}https://login.microsoftonline.com/tenant/oauth2/v2.0/token answered ` +
      "without a token",
  },
  {
    name: "a token without an end",
    answer: Response.json({ access_token: "t" }),
    want: `${CONTROLLER}https://login.microsoftonline.com/tenant/oauth2/v2.0/token answered ` +
      "without a token",
  },
];

for (const { name, access = {}, env = POD, file = "word", answer, want } of failures) {
  Deno.test(`azureToken() reports ${name}`, async () => {
    const { clouds } = fakeClouds((count) => answer?.clone() ?? token(count), { env, file });

    const got = await clouds.azureToken(SCOPE, access);

    assert.equal(got.ok ? "ok" : got.message, want);
  });
}
