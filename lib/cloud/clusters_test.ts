import assert from "node:assert/strict";
import type { CloudAccess } from "./access.ts";
import { account } from "./cloud_fakes_test.ts";
import {
  ACCESS,
  AKS,
  type Answers,
  cluster,
  GKE,
  kubeconfig,
  openStage,
} from "./cluster_fakes_test.ts";
import { type CloudCluster, parseClusterAddress } from "./clusters.ts";

const places: {
  name: string;
  cluster: Partial<CloudCluster>;
  answers?: Answers;
  access?: CloudAccess;
  want: { server: string; caCerts: string };
  asked: RegExp;
}[] = [
  {
    name: "EKS, by its region's service",
    cluster: {},
    want: { server: "https://eks.example", caCerts: "CA" },
    asked: /^POST .*\/\/sts\..*,GET https:\/\/eks\.eu-west-1\.amazonaws\.com\/clusters\/shop$/,
  },
  {
    name: "EKS, with the authority that the user trusts",
    cluster: { address: "eks.example:443", caCerts: "OURS" },
    access: {},
    want: { server: "https://eks.example", caCerts: "OURS" },
    asked: /GET https:\/\/eks\./,
  },
  {
    name: "EKS, without asking where it is",
    cluster: { address: "https://private.example:8443/", caCerts: "OURS" },
    want: { server: "https://private.example:8443", caCerts: "OURS" },
    asked: /^POST https:\/\/sts\.eu-west-1\.amazonaws\.com\/$/,
  },
  {
    name: "AKS, by a kubeconfig of its users",
    cluster: { provider: "azure", resource: AKS },
    want: { server: "https://aks.example", caCerts: "AKS-CA" },
    asked:
      /,POST https:\/\/management\.azure\.com\/subscriptions\/0a1b[^/]*\/resourceGroups\/shop\/providers\/Microsoft\.ContainerService\/managedClusters\/one\/listClusterUserCredential\?api-version=[\d-]+,/,
  },
  {
    name: "AKS, by the one of its addresses that is named",
    cluster: { provider: "azure", resource: AKS, address: "https://aks.internal" },
    answers: { aks: [kubeconfig("https://aks.example"), kubeconfig("https://AKS.internal:443")] },
    want: { server: "https://aks.internal", caCerts: "AKS-CA" },
    asked: /listClusterUserCredential/,
  },
  {
    name: "AKS, without asking where it is",
    cluster: { provider: "azure", resource: "", address: "https://aks.example", caCerts: "OURS" },
    want: { server: "https://aks.example", caCerts: "OURS" },
    asked: /^POST https:\/\/login\.[^,]*$/,
  },
  {
    name: "GKE, by its first address",
    cluster: { provider: "gcp", resource: GKE },
    want: { server: "https://34.1.2.3", caCerts: "GKE-CA" },
    asked:
      /,GET https:\/\/container\.googleapis\.com\/v1\/projects\/shop\/locations\/europe-west1\//,
  },
  {
    name: "GKE, by its name",
    cluster: { provider: "gcp", resource: GKE, address: "gke-12.gke.goog" },
    want: { server: "https://gke-12.gke.goog", caCerts: "GKE-CA" },
    asked: /GET https:\/\/container\./,
  },
];

for (const { name, cluster: change, answers, access = ACCESS, want, asked } of places) {
  Deno.test(`clusterLogin() finds a cluster of ${name}`, async () => {
    const { clouds, lines } = openStage(answers);

    const got = await clouds.clusterLogin(cluster(change), access);

    assert.ok(got.ok, got.ok ? "" : got.message);
    const { token, ...place } = got.value;
    assert.deepEqual(place, want);
    assert.notEqual(token, "");
    assert.match(lines().join(","), asked);
  });
}

Deno.test("clusterLogin() gives EKS an address that the role signed, for the one cluster", async () => {
  const { clouds, seen } = openStage();

  const got = await clouds.clusterLogin(cluster({}), ACCESS);

  assert.ok(got.ok);
  const [prefix, ...rest] = got.value.token.split(".");
  assert.equal(prefix, "k8s-aws-v1");
  const bytes = Uint8Array.fromBase64(rest.join("."), { alphabet: "base64url" });
  const url = new URL(new TextDecoder().decode(bytes));
  const { "X-Amz-Date": time = "", "X-Amz-Signature": signature = "", ...parameters } = Object
    .fromEntries(url.searchParams);
  assert.equal(url.origin + url.pathname, "https://sts.eu-west-1.amazonaws.com/");
  assert.deepEqual(parameters, {
    Action: "GetCallerIdentity",
    Version: "2011-06-15",
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `AK/${time.slice(0, 8)}/eu-west-1/sts/aws4_request`,
    "X-Amz-Expires": "900",
    "X-Amz-Security-Token": "se/ss",
    "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
  });
  assert.match(signature, /^[0-9a-f]{64}$/);
  // The place was asked for with the same keys.
  assert.match(seen[1]?.headers.get("authorization") ?? "", /Credential=AK\/\d+\/eu-west-1\/eks\//);
});

Deno.test("clusterLogin() gives EKS the same token for minutes, and always one that is good for ten", async () => {
  const { clouds, clock, lines } = openStage();
  const tokens: string[] = [];

  for (let minute = 0; minute < 11; minute++) {
    const got = await clouds.clusterLogin(cluster({}), ACCESS);
    assert.ok(got.ok);
    tokens.push(got.value.token);
    const url = new TextDecoder().decode(
      Uint8Array.fromBase64(got.value.token.slice(11), { alphabet: "base64url" }),
    );
    const [, hour = "", minuteOf = "", second = ""] = /T(\d\d)(\d\d)(\d\d)Z/.exec(url) ?? [];
    const now = new Date(clock.now());
    const signedMinute = Number(hour) * 60 + Number(minuteOf) + Number(second) / 60;
    const age = (now.getUTCHours() * 60 + now.getUTCMinutes() - signedMinute + 1440) % 1440;
    assert.ok(age >= 0 && age <= 5, `signed ${age} minutes ago`);
    await clock.advance(60_000);
  }

  assert.ok([2, 3].includes(new Set(tokens).size));
  // The role was taken and the place was looked up once.
  assert.equal(lines().length, 2);
});

Deno.test("clusterLogin() gives AKS a token for its server, and asks where it is with another", async () => {
  const { clouds, seen } = openStage();

  const got = await clouds.clusterLogin(cluster({ provider: "azure", resource: AKS }), ACCESS);

  assert.equal(got.ok && got.value.token, "for 6dae42f8-4368-4678-94ff-3960e28e3630/.default");
  const lookedUp = seen.find(({ line }) => line.includes("//management."));
  assert.equal(
    lookedUp?.headers.get("authorization"),
    "Bearer for https://management.azure.com/.default",
  );
});

Deno.test("clusterLogin() looks up again what clouds may have changed, and shares nothing between accounts", async () => {
  const { clouds, clock, lines } = openStage();
  const lookups = () => lines().filter((line) => line.includes("//eks.")).length;
  const other = { account: account({ name: "other" }) };
  const counts: number[] = [];

  for (
    const [access, pauseMs] of [[ACCESS, 0], [ACCESS, 0], [other, 15 * 60_000], [
      ACCESS,
      0,
    ]] as const
  ) {
    await clouds.clusterLogin(cluster({}), access);
    counts.push(lookups());
    await clock.advance(pauseMs);
  }

  assert.deepEqual(counts, [1, 1, 2, 3]);
});

const addresses = [
  { text: "https://API.example/", want: "https://api.example" },
  { text: "34.1.2.3", want: "https://34.1.2.3" },
  {
    text: "https://rancher.example/k8s/clusters/one/",
    want: "https://rancher.example/k8s/clusters/one",
  },
  { text: "", want: undefined },
  { text: "ftp://x", want: undefined },
  { text: "https://user@x", want: undefined },
  { text: "https://x?y", want: undefined },
  { text: "x y", want: undefined },
];
for (const { text, want } of addresses) {
  Deno.test(`parseClusterAddress() takes '${text}' for ${want}`, () => {
    assert.equal(parseClusterAddress(text), want);
  });
}
