/**
 * GitRepository with the providers azure and aws: the cluster's word for an account becomes a cloud's token, the
 * token opens a real git server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { signCodeCommit } from "../../lib/cloud/mod.ts";
import { makeCertificates } from "../support/certificates.ts";
import { CloudStubs } from "../support/cloud_stubs.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { ForwardProxy } from "../support/forward_proxy.ts";
import { startGitServer } from "../support/git_server.ts";
import { lacks } from "../support/requirements.ts";
import { type Expected, gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";

const ROLE = "arn:aws:iam::12:role/app";
const REGION = "eu-west-1";
const CODE_COMMIT = `git-codecommit.${REGION}.amazonaws.com`;

const clouds = new CloudStubs();
const cluster = useTestCluster();
const toolkit = useToolkit(cluster, {
  components: ["source"],
  flags: ["--feature-gates=ObjectLevelWorkloadIdentity=true"],
  env: {
    AZURE_AUTHORITY_HOST: clouds.url,
    AZURE_TENANT_ID: "tenant",
    AZURE_CLIENT_ID: "controller",
    AZURE_FEDERATED_TOKEN_FILE: "/var/run/secrets/azure/tokens/azure-identity-token",
    AWS_ENDPOINT_URL_STS: clouds.url,
  },
  secrets: { "azure/tokens/azure-identity-token": `${clouds.plainWord}\n` },
});
Deno.test.beforeAll(async () => {
  // What a cluster publishes there is a key set by definition.
  clouds.keys = JSON.parse(await cluster.kubectl(["get", "--raw", "/openid/v1/jwks"]));
  clouds.known.push({ subject: "controller", identity: "tenant/controller" });
});
Deno.test.afterAll(() => clouds[Symbol.asyncDispose]());

const azure: {
  name: string;
  /** What its annotations say. */
  account?: Readonly<Record<string, string>>;
  spec?: Readonly<Record<string, unknown>>;
  want: Expected;
  letIn: readonly string[];
}[] = [
  { name: "the controller's account", want: { status: "True" }, letIn: ["tenant/controller"] },
  {
    name: "an account of the object's namespace",
    account: { tenant: "t1", client: "app" },
    want: { status: "True" },
    letIn: ["t1/app"],
  },
  {
    name: "an account that the cloud does not know",
    account: { tenant: "t1", client: "another" },
    want: {
      status: "False",
      reason: "AuthenticationFailed",
      message: "AADSTS700213: No matching federated identity record found.",
    },
    letIn: [],
  },
  {
    name: "an account without annotations",
    account: {},
    want: {
      status: "False",
      reason: "AuthenticationFailed",
      message: "azure tenant ID is not set in the service account annotation " +
        "azure.workload.identity/tenant-id",
    },
    letIn: [],
  },
  {
    name: "an account that is not there",
    spec: { serviceAccountName: "nobody" },
    want: {
      status: "False",
      reason: "AuthenticationFailed",
      message: "failed to get service account 'NS/nobody': serviceaccounts \"nobody\" not found",
    },
    letIn: [],
  },
];

Deno.test("spec.provider azure logs in with a token of the cloud", async (t) => {
  await using git = await startGitServer({ auth: { bearerToken: clouds.azureToken } });
  const repository = await git.createRepository("app");
  await using namespace = await cluster.openNamespace();
  clouds.known.push({
    subject: `system:serviceaccount:${namespace.name}:known`,
    identity: "t1/app",
  });

  for (const [at, { name, account, spec, want, letIn }] of azure.entries()) {
    await t.step(name, async () => {
      await repository.commit({ files: { "a.yaml": `a: ${at}\n` } });
      clouds.letIn.length = 0;
      const serviceAccountName = account && await makeAccount(namespace.name, at, {
        ...(account["tenant"] && { "azure.workload.identity/tenant-id": account["tenant"] }),
        ...(account["client"] && { "azure.workload.identity/client-id": account["client"] }),
      });
      await toolkit.apply(gitRepository(namespace.name, `app${at}`, {
        url: repository.url,
        provider: "azure",
        ...(serviceAccountName && { serviceAccountName }),
        ...spec,
      }));
      const ref = gitRepositoryRef(namespace.name, `app${at}`);
      const message = want.message?.replace("NS", namespace.name);

      await toolkit.untilReady(ref, { ...want, ...(message && { message }) });
      if (want.status === "True") {
        const next = await repository.commit({ files: { "b.yaml": `b: ${at}\n` } });
        await toolkit.nudge(ref);
        await toolkit.untilReady(ref, { status: "True", commit: next });
      }

      assert.deepEqual(clouds.letIn, letIn, "a token is kept");
      await checkHidden(namespace.name);
    });
  }
});

Deno.test({
  name:
    "spec.provider aws signs for CodeCommit with the keys of the account's role, through a proxy",
  ignore: lacks("openssl", "install openssl"),
  async fn() {
    const { ca, server: tls } = await makeCertificates(`DNS:${CODE_COMMIT}`);
    const asked: string[] = [];
    await using git = await startGitServer({
      tls,
      auth: {
        isAllowed(username, password) {
          asked.push(password);
          return isSigned(username, password);
        },
      },
    });
    const repository = await git.createRepository("v1/repos/app");
    const commit = await repository.commit({ files: { "a.yaml": "a: 1\n" } });
    const targets = { git: portOf(git.url), clouds: portOf(clouds.url) };
    await using proxy = new ForwardProxy({
      target: (what) => ({
        hostname: "127.0.0.1",
        port: what.startsWith("CONNECT") ? targets.git : targets.clouds,
      }),
    });
    await using namespace = await cluster.openNamespace();
    const subject = `system:serviceaccount:${namespace.name}:known`;
    clouds.known.push({ subject, identity: ROLE });
    await makeAccount(namespace.name, 1, { "eks.amazonaws.com/role-arn": ROLE });
    await toolkit.applySecret(namespace.name, "proxy", { address: `http://${proxy.host}` });
    await toolkit.applySecret(namespace.name, "trust", { "ca.crt": ca });

    await toolkit.apply(gitRepository(namespace.name, "app", {
      url: `https://${CODE_COMMIT}/v1/repos/app.git`,
      provider: "aws",
      serviceAccountName: "known",
      secretRef: { name: "trust" },
      proxySecretRef: { name: "proxy" },
    }));

    const ref = gitRepositoryRef(namespace.name, "app");
    await toolkit.untilReady(ref, { status: "True", commit });
    assert.ok(asked.length > 0 && asked.every((password) => password !== ""), "signed at once");
    assert.deepEqual(
      new Set(proxy.asked),
      new Set([`POST ${clouds.url}/`, `CONNECT ${CODE_COMMIT}:443`]),
    );
    await checkHidden(namespace.name);
  },
});

Deno.test("spec.provider gcp is none of GitRepository: the API server says so", async () => {
  await using namespace = await cluster.openNamespace();
  const spec = { url: "https://git.example/app", provider: "gcp" };

  const asked = toolkit.apply(gitRepository(namespace.name, "app", spec));

  await assert.rejects(asked, /spec\.provider: Unsupported value: "gcp"/);
});

/** Recomputes the signature for the time that the password names. */
function isSigned(username: string, password: string): boolean {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(password)?.slice(1).map(Number);
  if (parts === undefined) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const place = { region: REGION, host: CODE_COMMIT, path: "/v1/repos/app.git" };
  const want = signCodeCommit(place, { ...clouds.awsKeys, holder: "" }, atMs);
  return Math.abs(Date.now() - atMs) < 60_000 &&
    username === want.username && password === want.password;
}

/** The second account of a namespace is the one that the clouds know. */
async function makeAccount(
  namespace: string,
  at: number,
  annotations: Readonly<Record<string, string>>,
): Promise<string> {
  const name = at === 1 ? "known" : `account${at}`;
  const metadata = { namespace, name, annotations };
  await toolkit.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata });
  return name;
}

/** No token, key or word is in a status, an event or a line of the log. */
async function checkHidden(namespace: string): Promise<void> {
  const sources = { group: "source.toolkit.fluxcd.io", version: "v1", kind: "GitRepository" };
  const seen = [
    await toolkit.cluster.list(sources, { namespace }),
    await toolkit.cluster.list({ group: "", version: "v1", kind: "Event" }, { namespace }),
  ];
  const text = JSON.stringify(seen) + await toolkit.readLog();
  assert.deepEqual(clouds.secrets.filter((secret) => text.includes(secret)), []);
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
