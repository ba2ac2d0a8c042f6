import assert from "node:assert/strict";
import { ok } from "../base/mod.ts";
import type { CloudAccess, CloudCluster } from "../cloud/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { FakeCluster } from "../testing/fake_cluster.ts";
import { loginOfConfigMap } from "./remote_account.ts";

const GOOD = {
  provider: "generic",
  address: "https://staging.example:6443/",
  serviceAccountName: "deployer",
};
const ALLOWED = { areAllowed: true, fallback: "" };

function openStage(data: Record<string, string>, accounts = ALLOWED) {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const metadata = { namespace: "apps", name: "staging" };
  cluster.seed({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
  for (const name of ["deployer", "usual"]) {
    const account = { namespace: "apps", name };
    cluster.seed({ apiVersion: "v1", kind: "ServiceAccount", metadata: account });
  }
  const asked: { described: CloudCluster; access: CloudAccess }[] = [];
  const clouds = {
    clusterLogin(described: CloudCluster, access: CloudAccess) {
      asked.push({ described, access });
      const token = `t${asked.length}`;
      return Promise.resolve(ok({ server: "https://eks.example", caCerts: "CLOUD", token }));
    },
  };
  return {
    clock,
    cluster,
    asked,
    login: () => loginOfConfigMap({ cluster, clouds, clock, accounts }, "apps", "staging"),
  };
}

const logins = [
  {
    name: "a token of the account, for the address alone",
    data: GOOD,
    want: { token: "token of apps/deployer for https://staging.example:6443/" },
  },
  {
    name: "the audiences and the authority that it names",
    data: { ...GOOD, audiences: "- one\n- two\n", "ca.crt": "CA" },
    want: { token: "token of apps/deployer for one,two", caCerts: "CA" },
  },
  {
    name: "the usual account where it names none",
    data: { ...GOOD, serviceAccountName: "", audiences: "one" },
    accounts: { areAllowed: true, fallback: "usual" },
    want: { token: "token of apps/usual for one" },
  },
];

for (const { name, data, accounts, want } of logins) {
  Deno.test(`loginOfConfigMap() logs in with ${name}`, async () => {
    const stage = openStage(data, accounts);
    const login = await stage.login();
    assert.ok(login.ok);

    const got = await login.value.access();

    const server = "https://staging.example:6443";
    assert.deepEqual(got, { ok: true, value: { server, namespace: "apps", ...want } });
    assert.deepEqual(login.value.secrets, [want.token]);
  });
}

const EKS = { provider: "aws", cluster: " arn:aws:eks:eu-west-1:1:cluster/shop\n" };
const DESCRIBED = {
  provider: "aws",
  resource: "arn:aws:eks:eu-west-1:1:cluster/shop",
  address: "",
  caCerts: "",
};
const clouds = [
  { name: "as the controller itself", data: EKS, want: { described: DESCRIBED, who: undefined } },
  {
    name: "as the account that it names, with all else that it says",
    data: {
      ...EKS,
      address: "EKS.example:443",
      "ca.crt": "CA\n",
      audiences: "- one",
      serviceAccountName: "deployer",
    },
    want: {
      described: { ...DESCRIBED, address: "https://eks.example", caCerts: "CA\n" },
      who: "deployer",
      audiences: ["one"],
    },
  },
  {
    name: "as the usual account",
    data: EKS,
    accounts: { areAllowed: true, fallback: "usual" },
    want: { described: DESCRIBED, who: "usual" },
  },
  {
    name: "as the controller itself without the gate",
    data: EKS,
    accounts: { areAllowed: false, fallback: "" },
    want: { described: DESCRIBED, who: undefined },
  },
];

for (const { name, data, accounts, want } of clouds) {
  Deno.test(`loginOfConfigMap() logs in to a cluster of a cloud ${name}`, async () => {
    const stage = openStage(data, accounts);
    const login = await stage.login();
    assert.ok(login.ok);

    const got = await login.value.access();

    const [asked] = stage.asked;
    assert.deepEqual(asked?.described, want.described);
    assert.equal(asked?.access.account?.name, want.who);
    assert.deepEqual(asked?.access.audiences, want.audiences);
    assert.deepEqual(got, {
      ok: true,
      value: { server: "https://eks.example", namespace: "apps", token: "t1", caCerts: "CLOUD" },
    });
  });
}

Deno.test("the tokens that may still be in a message are kept out of it, and an account that is gone is named", async () => {
  const { cluster, login } = openStage({ ...EKS, serviceAccountName: "deployer" });
  const opened = await login();
  assert.ok(opened.ok);

  for (let count = 0; count < 3; count++) await opened.value.access();
  cluster.drop({ apiVersion: "v1", kind: "ServiceAccount", namespace: "apps", name: "deployer" });
  const gone = await opened.value.access();

  assert.deepEqual(opened.value.secrets, ["t2", "t3"]);
  assert.equal(
    gone.ok ? "" : gone.message,
    "KubeConfig ConfigMap 'apps/staging': failed to get service account 'apps/deployer': " +
      'serviceaccounts "deployer" not found',
  );
});

const refusals = [
  { name: "no provider", data: {}, says: /key 'provider' must be generic, aws, azure, gcp$/ },
  { name: "no address", data: { ...GOOD, address: "" }, says: /key 'address' must be an https/ },
  {
    name: "plain http",
    data: { ...GOOD, address: "http://x" },
    says: /'address' must be an https/,
  },
  {
    name: "a user in the address",
    data: { ...GOOD, address: "https://hunter22@x" },
    says: /'address' must be/,
  },
  {
    name: "plain http of a cloud",
    data: { ...EKS, address: "http://x" },
    says: /'address' must be an https/,
  },
  {
    name: "an account of a cloud without the gate",
    data: { ...EKS, serviceAccountName: "deployer" },
    accounts: { areAllowed: false, fallback: "" },
    says: /enable the ObjectLevelWorkloadIdentity feature gate/,
  },
  {
    name: "no account",
    data: { ...GOOD, serviceAccountName: "" },
    says: /key 'serviceAccountName' must name an account/,
  },
  {
    name: "an account without the gate",
    data: GOOD,
    accounts: { areAllowed: false, fallback: "" },
    says: /enable the ObjectLevelWorkloadIdentity feature gate/,
  },
];

for (const { name, data, accounts, says } of refusals) {
  Deno.test(`loginOfConfigMap() refuses ${name}`, async () => {
    const got = await openStage(data, accounts).login();

    assert.ok(!got.ok);
    assert.match(got.message, /^KubeConfig ConfigMap 'apps\/staging': /);
    assert.match(got.message, says);
    assert.doesNotMatch(got.message, /hunter22/);
  });
}

Deno.test("a token is asked for once in five minutes, and an account that is gone is named", async () => {
  const { clock, cluster, login } = openStage(GOOD);
  const opened = await login();
  assert.ok(opened.ok);
  const asked = () => cluster.requests.filter(({ verb }) => verb === "token").length;

  await opened.value.access();
  await clock.advance(299_000);
  await opened.value.access();
  const early = asked();
  await clock.advance(1_000);
  await opened.value.access();
  cluster.drop({ apiVersion: "v1", kind: "ServiceAccount", namespace: "apps", name: "deployer" });
  await clock.advance(300_000);
  const gone = await opened.value.access();

  assert.deepEqual([early, asked()], [1, 3]);
  assert.match(
    gone.ok ? "" : gone.message,
    /'apps\/staging': serviceaccounts "deployer" not found/,
  );
});
