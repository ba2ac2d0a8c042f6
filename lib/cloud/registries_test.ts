import assert from "node:assert/strict";
import { account, type CloudRequest, fakeClouds, POD } from "./cloud_fakes_test.ts";
import type { RegistryProvider } from "./mod.ts";

const ECR = "12.dkr.ecr.eu-west-1.amazonaws.com";
const ACR = "acme.azurecr.io";
const GAR = "europe-docker.pkg.dev";
const HOUR_MS = 3_600_000;
const GOOGLE_POD = {
  ...POD,
  GOOGLE_APPLICATION_CREDENTIALS: "/google.json",
};
const GOOGLE_FILE = JSON.stringify({
  type: "external_account",
  audience: "//iam.googleapis.com/pool",
  credential_source: { file: "/token" },
});

/** All three clouds and their registries' own services, giving what they say they give. */
function answer(count: number, nowMs: number, { line }: CloudRequest): Response {
  const endMs = nowMs + 12 * HOUR_MS;
  if (/sts\.[a-z0-9-]+\.amazonaws/.test(line)) return Response.json({}, { status: 500 });
  if (line.includes("api.ecr") || line.includes("ecr-fips")) {
    const authorizationToken = btoa(`AWS:password${count}`);
    const data = { authorizationToken, expiresAt: endMs / 1_000 };
    const isPublic = line.includes("ecr-public");
    return Response.json({ authorizationData: isPublic ? data : [data] });
  }
  if (line.includes("/oauth2/exchange")) {
    const claims = btoa(JSON.stringify({ exp: (nowMs + 3 * HOUR_MS) / 1_000 }));
    return Response.json({ refresh_token: `e30.${claims.replace(/=+$/, "")}.n${count}` });
  }
  return Response.json({ access_token: `token${count}`, expires_in: 24 * 3_600 });
}

/** The token service of AWS speaks XML. */
function roleKeys(nowMs: number): Response {
  const end = new Date(nowMs + 48 * HOUR_MS).toISOString();
  return new Response(
    "<Credentials><AccessKeyId>AK</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey>" +
      `<SessionToken>session</SessionToken><Expiration>${end}</Expiration></Credentials>`,
  );
}

function openFake(env: Readonly<Record<string, string>> = GOOGLE_POD) {
  const seen: CloudRequest[] = [];
  const fake = fakeClouds((count, clock, request) => {
    seen.push(request);
    const isRole = request.body.includes("AssumeRole");
    return isRole ? roleKeys(clock.now()) : answer(count, clock.now(), request);
  }, { env, files: { "/google.json": GOOGLE_FILE } });
  return { ...fake, seen };
}

Deno.test("registryLogin() gets a password of ECR with the role's keys, and keeps it", async () => {
  const { clouds, clock, seen, asked } = openFake();
  const request = { provider: "aws", registry: ECR } as const;

  const first = await clouds.registryLogin(request, {});
  await clock.advance(11 * HOUR_MS);
  const kept = await clouds.registryLogin({ ...request, registry: ECR.replace("12", "13") }, {});
  await clock.advance(HOUR_MS);
  const next = await clouds.registryLogin(request, {});

  assert.deepEqual(first, { ok: true, value: { username: "AWS", password: "password2" } });
  assert.deepEqual(kept, first);
  assert.deepEqual(next.ok && next.value.password, "password3");
  assert.deepEqual(asked.map(({ url }) => url), [
    "POST https://sts.eu-west-1.amazonaws.com/",
    "POST https://api.ecr.eu-west-1.amazonaws.com/",
    "POST https://api.ecr.eu-west-1.amazonaws.com/",
  ]);
  const headers = seen[1]?.headers;
  assert.equal(
    headers?.get("x-amz-target"),
    "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
  );
  assert.match(headers?.get("authorization") ?? "", /Credential=AK\/\d{8}\/eu-west-1\/ecr\//);
});

Deno.test("registryLogin() exchanges a token of Entra at the registry itself", async () => {
  const { clouds, clock, asked, seen } = openFake();
  const tls = { caCert: "OURS" };
  const request = { provider: "azure", registry: ACR, tls } as const;

  const first = await clouds.registryLogin(request, { account: account() });
  await clock.advance(2 * HOUR_MS);
  const kept = await clouds.registryLogin(request, { account: account() });
  await clock.advance(HOUR_MS);
  const next = await clouds.registryLogin(request, { account: account() });

  assert.equal(first.ok && first.value.username, "00000000-0000-0000-0000-000000000000");
  assert.match(first.ok ? first.value.password : "", /\.n2$/);
  assert.deepEqual(kept, first);
  assert.match(next.ok ? next.value.password : "", /\.n3$/);
  assert.equal(asked[0]?.form["scope"], "https://management.azure.com/.default");
  assert.deepEqual(asked[1], {
    url: `POST https://${ACR}/oauth2/exchange`,
    form: { grant_type: "access_token", service: ACR, access_token: "token1" },
    proxy: undefined,
  });
  // The registry's certificates are none of Entra's.
  assert.deepEqual(seen.map(({ tls }) => tls), [undefined, tls, tls]);
});

Deno.test("registryLogin() gives Google's registries the token itself", async () => {
  const { clouds, asked } = openFake();

  const got = await clouds.registryLogin({ provider: "gcp", registry: GAR }, {});

  const value = { username: "oauth2accesstoken", password: "token1" };
  assert.deepEqual(got, { ok: true, value });
  assert.equal(asked[0]?.form["scope"], "https://www.googleapis.com/auth/cloud-platform");
});

const places: { provider: RegistryProvider; registry: string; asks: string | undefined }[] = [
  { provider: "aws", registry: "public.ecr.aws", asks: "https://api.ecr-public.us-east-1." },
  {
    provider: "aws",
    registry: "12.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
    asks: "https://ecr-fips.us-gov-west-1.amazonaws.com/",
  },
  {
    provider: "aws",
    registry: "12.dkr.ecr.cn-north-1.amazonaws.com.cn",
    asks: "https://api.ecr.cn-north-1.amazonaws.com.cn/",
  },
  { provider: "aws", registry: "12.dkr-ecr.eu-west-1.on.aws", asks: "https://api.ecr.eu-west-1." },
  { provider: "azure", registry: "acme.azurecr.cn", asks: "https://acme.azurecr.cn/oauth2/" },
  { provider: "azure", registry: "acme.eu.data.azurecr.us", asks: "https://acme.eu.data.azurecr" },
  { provider: "gcp", registry: "eu.gcr.io", asks: "https://sts.googleapis.com/" },
  { provider: "aws", registry: "ghcr.io", asks: undefined },
  { provider: "aws", registry: `${ECR}.evil.io`, asks: undefined },
  { provider: "aws", registry: `${ECR}:8443`, asks: undefined },
  { provider: "aws", registry: "12.dkr.ecr.a@b.amazonaws.com", asks: undefined },
  { provider: "azure", registry: "azurecr.io", asks: undefined },
  { provider: "azure", registry: "evil.io/acme.azurecr.io", asks: undefined },
  { provider: "azure", registry: "acmeazurecr.io", asks: undefined },
  { provider: "gcp", registry: "notgcr.io", asks: undefined },
  { provider: "gcp", registry: "evil-docker.pkg.dev.io", asks: undefined },
];

for (const { provider, registry, asks } of places) {
  const deed = asks === undefined ? "tells nobody anything" : "logs in";
  Deno.test(`registryLogin() ${deed} for ${registry} of ${provider}`, async () => {
    const { clouds, asked } = openFake();

    const got = await clouds.registryLogin({ provider, registry }, {});

    assert.equal(got.ok ? "ok" : got.code, asks === undefined ? "NotConfigured" : "ok");
    const last = asked.at(-1)?.url ?? "";
    assert.ok(asks === undefined ? last === "" : last.startsWith(`POST ${asks}`), last);
  });
}

Deno.test("registryLogin() asks ECR where a variable says, through the proxy of whoever asks", async () => {
  const env = { ...POD, AWS_ENDPOINT_URL_ECR: "https://vpce.example/api.ecr/" };
  const { clouds, asked } = openFake(env);

  const proxy = { url: "http://proxy.example:3128/" };
  await clouds.registryLogin({ provider: "aws", registry: ECR }, { proxy });

  assert.deepEqual(asked.map(({ url, proxy }) => [url, proxy]), [
    ["POST https://sts.eu-west-1.amazonaws.com/", proxy.url],
    ["POST https://vpce.example/api.ecr/", proxy.url],
  ]);
});

const broken: { name: string; provider: RegistryProvider; registry: string; body: unknown }[] = [
  { name: "no data", provider: "aws", registry: ECR, body: {} },
  {
    name: "a token that is none",
    provider: "aws",
    registry: ECR,
    body: { authorizationData: [{ authorizationToken: "%", expiresAt: 4e9 }] },
  },
  {
    name: "no end",
    provider: "aws",
    registry: ECR,
    body: { authorizationData: [{ authorizationToken: btoa("AWS:p") }] },
  },
  { name: "no refresh token", provider: "azure", registry: ACR, body: { refresh_token: 1 } },
];

for (const { name, provider, registry, body } of broken) {
  Deno.test(`registryLogin() refuses an answer of ${provider} with ${name}`, async () => {
    const { clouds } = fakeClouds((count, clock, request) => {
      if (request.body.includes("AssumeRole")) return roleKeys(clock.now());
      const isLast = count === 2;
      return Response.json(isLast ? body : { access_token: "t", expires_in: 3_600 });
    });

    const got = await clouds.registryLogin({ provider, registry }, {});

    assert.equal(got.ok ? "ok" : got.code, "InvalidData");
  });
}

Deno.test("registryLogin() says what the registry said, and no secret", async () => {
  const { clouds } = fakeClouds((count) =>
    count === 1
      ? Response.json({ access_token: "t0ken", expires_in: 3_600 })
      : Response.json({ errors: ["no t0ken for you"] }, { status: 401 })
  );

  const got = await clouds.registryLogin({ provider: "azure", registry: ACR }, {});

  assert.equal(
    got.ok ? "" : got.message,
    `https://${ACR}/oauth2/exchange answered 401: no ***** for you`,
  );
});
