import assert from "node:assert/strict";
import { fail, ok } from "../base/mod.ts";
import { type CloudAccess, signCodeCommit } from "../cloud/mod.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { FakeCluster } from "../testing/fake_cluster.ts";
import type { CloudLoginOptions } from "./cloud_logins.ts";
import { type GitAccess, openGitLogins } from "./git_logins.ts";

const HTTPS = "https://git.example/app";
const CODE_COMMIT = "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/app";
const PLACE = {
  region: "eu-west-1",
  host: "git-codecommit.eu-west-1.amazonaws.com",
  path: "/v1/repos/app",
};
const KEYS = { accessKeyId: "AK", secretAccessKey: "s", sessionToken: "t" };
const CONFIGURE = "failed to configure authentication options: ";
const SECRETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  basic: { username: "u", password: "p" },
  trust: { "ca.crt": "CA" },
  half: { "tls.crt": "c" },
  proxy: { address: "http://proxy.example:3128" },
};
const PROXY = { url: "http://proxy.example:3128/" };

const cases: {
  name: string;
  spec: Partial<GitAccess>;
  allowsAccounts?: boolean;
  want: unknown;
  /** Whom the clouds were asked for. */
  asked?: readonly string[];
}[] = [
  { name: "nothing for anonymous access", spec: {}, want: undefined },
  {
    name: "a Secret's user and password",
    spec: { secretRef: { name: "basic" } },
    want: { username: "u", password: "p" },
  },
  {
    name: "a proxy without a login",
    spec: { proxySecretRef: { name: "proxy" } },
    want: { proxy: PROXY },
  },
  {
    name: "a refusal of a certificate without its key",
    spec: { secretRef: { name: "half" } },
    want: `InvalidCredentials: ${CONFIGURE}invalid secret 'ns/half': ` +
      "keys 'tls.crt' and 'tls.key' go together",
  },
  {
    name: "a token of Azure for the controller",
    spec: { provider: "azure" },
    want: { bearerToken: "token", holder: "azure" },
    asked: ["azure 499b84ac-1321-427f-aa17-267ca6975798/.default controller"],
  },
  {
    name: "a token of Azure beside the Secret's authority, through the proxy",
    spec: {
      provider: "azure",
      secretRef: { name: "trust" },
      proxySecretRef: { name: "proxy" },
    },
    want: { bearerToken: "token", holder: "azure", caCert: "CA", proxy: PROXY },
    asked: [
      "azure 499b84ac-1321-427f-aa17-267ca6975798/.default controller by http://proxy.example:3128/",
    ],
  },
  {
    name: "a token of Azure instead of the Secret's password",
    spec: { provider: "azure", secretRef: { name: "basic" } },
    want: { bearerToken: "token", holder: "azure" },
    asked: ["azure 499b84ac-1321-427f-aa17-267ca6975798/.default controller"],
  },
  {
    name: "a token of Azure for an account",
    spec: { provider: "azure", serviceAccountName: "app" },
    allowsAccounts: true,
    want: { bearerToken: "token", holder: "azure" },
    asked: [
      "azure 499b84ac-1321-427f-aa17-267ca6975798/.default ns/app role token of ns/app for x",
    ],
  },
  {
    name: "a signature for CodeCommit",
    spec: { provider: "aws", url: CODE_COMMIT },
    want: { ...signCodeCommit(PLACE, { ...KEYS, holder: "" }, Date.UTC(2026, 0)), holder: "aws" },
    asked: ["aws eu-west-1 controller"],
  },
  {
    name: "a refusal of aws for another server",
    spec: { provider: "aws" },
    want: `InvalidUrl: ${CONFIGURE}invalid AWS CodeCommit Git URL: git.example`,
  },
  {
    name: "a refusal of an account while the gate is closed",
    spec: { provider: "aws", url: CODE_COMMIT, serviceAccountName: "app" },
    want: "FeatureGateDisabled: to use spec.serviceAccountName for provider authentication " +
      "please enable the ObjectLevelWorkloadIdentity feature gate in the controller",
  },
  {
    name: "a refusal of an account that is not there",
    spec: { provider: "azure", serviceAccountName: "nobody" },
    allowsAccounts: true,
    want: `NotFound: ${CONFIGURE}failed to get access token for Git repository: failed to get ` +
      "service account 'ns/nobody': serviceaccounts \"nobody\" not found",
  },
  {
    name: "a refusal in the cloud's words",
    spec: { provider: "aws", url: CODE_COMMIT.replace("eu-west-1", "closed") },
    want: `HttpStatus: ${CONFIGURE}failed to get access token for Git repository: closed`,
    asked: ["aws closed controller"],
  },
];

for (const { name, spec, allowsAccounts = false, want, asked = [] } of cases) {
  Deno.test(`openGitLogins() gives ${name}`, async () => {
    const { clouds, seen } = fakeClouds();
    const clock = new FakeClock();
    const options = { cluster: fakeCluster(), http: openHttp({ clock }), clock };
    const readCredentials = openGitLogins({ ...options, clouds, allowsAccounts });

    const got = await readCredentials("ns", { url: HTTPS, ...spec });

    assert.deepEqual(got.ok ? got.value : `${got.code}: ${got.message}`, want);
    assert.deepEqual(seen, asked);
  });
}

function fakeCluster(): FakeCluster {
  const cluster = new FakeCluster();
  for (const [name, entries] of Object.entries(SECRETS)) {
    const data = Object.fromEntries(
      Object.entries(entries).map(([key, value]) => [key, btoa(value)]),
    );
    cluster.seed({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: "ns", name },
      data,
    });
  }
  const metadata = { namespace: "ns", name: "app", annotations: { identity: "role" } };
  cluster.seed({ apiVersion: "v1", kind: "ServiceAccount", metadata });
  return cluster;
}

/** Clouds that note who asks; the region `closed` lets nobody in. */
function fakeClouds(): { clouds: CloudLoginOptions["clouds"]; seen: string[] } {
  const seen: string[] = [];
  async function note(what: string, { account, proxy }: CloudAccess): Promise<void> {
    const word = account && await account.requestToken("x");
    const who = account === undefined
      ? "controller"
      : `${account.namespace}/${account.name} ${account.annotations["identity"]} ` +
        (word?.ok ? word.value : "");
    seen.push([what, who, ...(proxy === undefined ? [] : ["by", proxy.url])].join(" "));
  }
  return {
    seen,
    clouds: {
      async azureToken(scope, access) {
        await note(`azure ${scope}`, access);
        return ok({ token: "token", holder: "azure" });
      },
      async awsKeys(region, access) {
        await note(`aws ${region}`, access);
        if (region === "closed") return fail("HttpStatus", "closed");
        return ok({ ...KEYS, holder: "aws" });
      },
    },
  };
}
