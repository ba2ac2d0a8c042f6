import assert from "node:assert/strict";
import { fail, ok } from "../base/mod.ts";
import type { CloudAccess } from "./access.ts";
import { account, clusterWord, fakeClouds } from "./cloud_fakes_test.ts";

const SCOPE = "https://www.googleapis.com/auth/cloudkms";
const WIDE = "https://www.googleapis.com/auth/cloud-platform";
const PROVIDER = "projects/12/locations/global/workloadIdentityPools/pool/providers/cluster";
const FEDERATED = { "gcp.auth.fluxcd.io/workload-identity-provider": PROVIDER };
const ACTS = { "iam.gke.io/gcp-service-account": "app@shop.iam.gserviceaccount.com" };
const GKE = "https://container.googleapis.com/v1/projects/shop/locations/eu/clusters/one";
const ENV = { GOOGLE_APPLICATION_CREDENTIALS: "/config.json" };
const CONTROLLER = "failed to create provider access token for the controller: ";
const ACCOUNT = "failed to create provider access token for service account 'team/app': ";
const ANNOTATIONS = "failed to get provider identity from service account 'team/app' annotations: ";
const KUBERNETES = "failed to create kubernetes token for service account 'team/app': ";

function config(change: Readonly<Record<string, unknown>> = {}) {
  return {
    "/config.json": JSON.stringify({
      type: "external_account",
      audience: `//iam.googleapis.com/${PROVIDER}`,
      credential_source: { file: "/token" },
      ...change,
    }),
  };
}

/** Google's two services: the first gives `own`, the second, to whoever shows that, another. */
function google(count: number, nowMs: number, line: string): Response {
  return line.includes("/v1/token")
    ? Response.json({ access_token: `own${count}`, expires_in: 3_600 })
    : Response.json({
      accessToken: `acting${count}`,
      expireTime: new Date(nowMs + 3_600_000).toISOString(),
    });
}

Deno.test("googleToken() exchanges the word for an account, and keeps the token", async () => {
  const { clouds, clock, asked } = fakeClouds((n, clock, { line }) => google(n, clock.now(), line));
  const access = { account: account({ annotations: FEDERATED }) };

  const first = await clouds.googleToken(SCOPE, access);
  await clock.advance(50 * 60_000);
  const kept = await clouds.googleToken(SCOPE, access);
  await clock.advance(6 * 60_000);
  const next = await clouds.googleToken(SCOPE, access);

  assert.deepEqual(
    [first, kept, next].map((got) => got.ok && got.value.token),
    ["own1", "own1", "own2"],
  );
  assert.deepEqual(asked[0], {
    url: "POST https://sts.googleapis.com/v1/token",
    form: {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      audience: `//iam.googleapis.com/${PROVIDER}`,
      scope: SCOPE,
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      subject_token: `word of team/app for //iam.googleapis.com/${PROVIDER}`,
    },
    proxy: undefined,
  });
});

Deno.test("googleToken() acts as the service account of Google that an account names", async () => {
  const seen: { line: string; authorization: string | null; body: string }[] = [];
  const { clouds } = fakeClouds((n, clock, { line, headers, body }) => {
    seen.push({ line, authorization: headers.get("authorization"), body });
    return google(n, clock.now(), line);
  });

  const annotations = { ...FEDERATED, ...ACTS };
  const got = await clouds.googleToken(SCOPE, { account: account({ annotations }) });

  assert.equal(got.ok && got.value.token, "acting2");
  assert.equal(new URLSearchParams(seen[0]?.body).get("scope"), WIDE);
  assert.deepEqual(seen[1], {
    line: "POST https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" +
      "app@shop.iam.gserviceaccount.com:generateAccessToken",
    authorization: "Bearer own1",
    body: JSON.stringify({ scope: [SCOPE], lifetime: "3600s" }),
  });
});

Deno.test("googleToken() finds the pool of a cluster of GKE by the cluster's own word", async () => {
  const audiences: (string | readonly string[])[] = [];
  const { clouds, asked } = fakeClouds((n, clock, { line }) => google(n, clock.now(), line));
  const requestToken = (audience: string | readonly string[]) => {
    audiences.push(audience);
    return Promise.resolve(ok(clusterWord(GKE, audience)));
  };

  const got = await clouds.googleToken(SCOPE, {
    account: account({ annotations: {}, requestToken }),
  });

  assert.equal(got.ok && got.value.token, "own1");
  assert.deepEqual(audiences, ["sluice", "shop.svc.id.goog"]);
  assert.equal(asked[0]?.form["audience"], `identitynamespace:shop.svc.id.goog:${GKE}`);
});

Deno.test("googleToken() has the word made for whom the user says", async () => {
  const { clouds, asked } = fakeClouds((n, clock, { line }) => google(n, clock.now(), line));
  const access = { account: account({ annotations: FEDERATED }), audiences: ["one", "two"] };

  await clouds.googleToken(SCOPE, access);

  assert.equal(asked[0]?.form["subject_token"], "word of team/app for one,two");
});

Deno.test("googleToken() is the controller by its configuration, where the variables say", async () => {
  const url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" +
    "sluice@shop.iam.gserviceaccount.com:generateAccessToken";
  const { clouds, asked } = fakeClouds((n, clock, { line }) => google(n, clock.now(), line), {
    env: {
      ...ENV,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: "https://sts.private.example/",
      CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: "https://iam.private.example/",
    },
    files: config({ service_account_impersonation_url: url }),
  });

  const got = await clouds.googleToken(SCOPE, {});

  assert.equal(got.ok && got.value.token, "acting2");
  assert.deepEqual(asked.map(({ url }) => url), [
    "POST https://sts.private.example/v1/token",
    "POST https://iam.private.example/v1/projects/-/serviceAccounts/" +
    "sluice@shop.iam.gserviceaccount.com:generateAccessToken",
  ]);
  assert.equal(asked[0]?.form["subject_token"], "word of the pod");
});

const REMEDY = "name a credential configuration of workload identity federation (gcloud iam " +
  "workload-identity-pools create-cred-config), or an account in spec.serviceAccountName";
const NO_CONFIG = `${CONTROLLER}the file that GOOGLE_APPLICATION_CREDENTIALS names holds no ` +
  `credential configuration of type external_account with a file of plain text: ${REMEDY}`;

const failures: {
  name: string;
  access?: CloudAccess;
  env?: Readonly<Record<string, string>>;
  files?: Readonly<Record<string, string>>;
  answer?: Response;
  want: string;
}[] = [
  {
    name: "a pod without a configuration",
    want: `${CONTROLLER}GOOGLE_APPLICATION_CREDENTIALS is not set: ${REMEDY}`,
  },
  {
    name: "a configuration that cannot be read, without saying where it is",
    env: ENV,
    want: `${CONTROLLER}the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read`,
  },
  { name: "a stored key", env: ENV, files: config({ type: "service_account" }), want: NO_CONFIG },
  { name: "no JSON", env: ENV, files: { "/config.json": "{" }, want: NO_CONFIG },
  {
    name: "a program",
    env: ENV,
    files: config({ credential_source: { executable: { command: "id" } } }),
    want: NO_CONFIG,
  },
  {
    name: "a service account that leads elsewhere",
    env: ENV,
    files: config({
      service_account_impersonation_url: "x/serviceAccounts/a?b:generateAccessToken",
    }),
    want: `${CONTROLLER}the file that GOOGLE_APPLICATION_CREDENTIALS names holds no audience, ` +
      "or a service account that is none",
  },
  {
    name: "a word that cannot be read",
    env: ENV,
    files: config({ credential_source: { file: "/elsewhere" } }),
    want: `${CONTROLLER}the file that credential_source of GOOGLE_APPLICATION_CREDENTIALS names ` +
      "cannot be read",
  },
  {
    name: "an annotation that is no mail address of Google",
    access: {
      account: account({ annotations: { "iam.gke.io/gcp-service-account": "me@evil/x" } }),
    },
    want: `${ANNOTATIONS}invalid iam.gke.io/gcp-service-account annotation: 'me@evil/x'. must ` +
      "match ^[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}\\.iam\\.gserviceaccount\\.com$",
  },
  {
    name: "a cluster that is none of Google",
    access: {
      account: account({
        annotations: {},
        requestToken: (audience) => Promise.resolve(ok(clusterWord("https://k8s", audience))),
      }),
    },
    want: `${KUBERNETES}the cluster is none of GKE: the account needs the annotation ` +
      "gcp.auth.fluxcd.io/workload-identity-provider",
  },
  {
    name: "a cluster that does not vouch for the account",
    access: {
      account: account({
        annotations: {},
        requestToken: () => Promise.resolve(fail("Forbidden", "may not")),
      }),
    },
    want: `${KUBERNETES}may not`,
  },
  {
    name: "a refusal, without the word",
    access: { account: account({ annotations: FEDERATED }) },
    answer: Response.json({
      error: "invalid_grant",
      error_description: `no provider for word of team/app for //iam.googleapis.com/${PROVIDER}`,
    }, { status: 400 }),
    want: `${ACCOUNT}https://sts.googleapis.com/v1/token answered 400: no provider for *****`,
  },
  {
    name: "a service account that may not be acted for",
    access: { account: account({ annotations: { ...FEDERATED, ...ACTS } }) },
    answer: Response.json({
      access_token: "own",
      expires_in: 10,
      error: { message: "Permission 'iam.serviceAccounts.getAccessToken' denied" },
    }),
    want: `${ACCOUNT}https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/` +
      "app@shop.iam.gserviceaccount.com:generateAccessToken answered without a token",
  },
];

for (const { name, access = {}, env = {}, files = {}, answer, want } of failures) {
  Deno.test(`googleToken() reports ${name}`, async () => {
    const { clouds } = fakeClouds(
      (n, clock, { line }) => answer?.clone() ?? google(n, clock.now(), line),
      { env, files },
    );

    const got = await clouds.googleToken(SCOPE, access);

    assert.equal(got.ok ? "ok" : got.message, want);
  });
}
