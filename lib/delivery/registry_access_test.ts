import assert from "node:assert/strict";
import { fail, ok } from "../base/mod.ts";
import type { CloudAccess, RegistryRequest } from "../cloud/mod.ts";
import { FakeCluster } from "../testing/fake_cluster.ts";
import { openRegistryAccess, type RegistrySpec } from "./registry_access.ts";

const IMAGE = "ghcr.io/org/app";
const CERT = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN EC PRIVATE KEY-----\nMII\n-----END EC PRIVATE KEY-----\n";
const JSON_TYPE = "kubernetes.io/dockerconfigjson";

const SECRETS: Readonly<Record<string, { type?: string; data: Readonly<Record<string, string>> }>> =
  {
    own: { type: JSON_TYPE, data: { ".dockerconfigjson": configFor("ghcr.io", "own") } },
    other: { type: JSON_TYPE, data: { ".dockerconfigjson": configFor("quay.io", "other") } },
    narrow: { type: JSON_TYPE, data: { ".dockerconfigjson": configFor("ghcr.io/org", "narrow") } },
    old: {
      type: "kubernetes.io/dockercfg",
      data: { ".dockercfg": JSON.stringify({ "ghcr.io": { username: "old", password: "p" } }) },
    },
    opaque: { data: { ".dockerconfigjson": configFor("ghcr.io", "opaque") } },
    broken: { type: JSON_TYPE, data: { ".dockerconfigjson": "{secret" } },
    ca: { data: { "ca.crt": CERT } },
    all: { data: { "ca.crt": CERT, "tls.crt": CERT, "tls.key": KEY } },
    legacy: { data: { caFile: CERT, certFile: CERT, keyFile: KEY } },
    half: { data: { "tls.crt": CERT } },
    none: { data: { other: "x" } },
    nopem: { data: { "ca.crt": "x" } },
    proxy: { data: { address: "http://proxy.example:3128" } },
  };
const ACCOUNTS: Readonly<Record<string, readonly string[]>> = {
  puller: ["other", "own", "narrow"],
  ancient: ["old"],
  stale: ["gone", "own"],
  useless: ["gone", "other"],
  bare: [],
};

const cases: { name: string; spec: Partial<RegistrySpec>; mounted?: string; want: unknown }[] = [
  { name: "nothing, where nothing is named", spec: {}, want: "anonymous" },
  { name: "the login of the Secret", spec: { secretRef: { name: "own" } }, want: "own" },
  {
    name: "nothing out of a Secret of another type",
    spec: { secretRef: { name: "opaque" } },
    want: "anonymous",
  },
  {
    name: "of an account's pull secrets the one that fits best",
    spec: { serviceAccountName: "puller" },
    want: "narrow",
  },
  {
    name: "the Secret before the account",
    spec: { secretRef: { name: "own" }, serviceAccountName: "puller" },
    want: "own",
  },
  {
    name: "the account where the Secret does not know the registry",
    spec: { secretRef: { name: "other" }, serviceAccountName: "puller" },
    want: "narrow",
  },
  {
    name: "pull secrets of the older type",
    spec: { serviceAccountName: "ancient" },
    want: "old",
  },
  {
    name: "another pull secret where one is missing",
    spec: { serviceAccountName: "stale" },
    want: "own",
  },
  {
    name: "the missing pull secret where none fits",
    spec: { serviceAccountName: "useless" },
    want: 'NotFound: secrets "gone" not found',
  },
  {
    name: "what the pod was given, last",
    spec: { serviceAccountName: "bare" },
    mounted: configFor("ghcr.io", "mounted"),
    want: "mounted",
  },
  {
    name: "the account before what the pod was given",
    spec: { serviceAccountName: "stale" },
    mounted: configFor("ghcr.io/org/app", "mounted"),
    want: "own",
  },
  {
    name: "what is wrong with what the pod was given",
    spec: {},
    mounted: "{secret",
    want: "InvalidDockerConfig: DOCKER_CONFIG: .dockerconfigjson is not JSON",
  },
  {
    name: "a Secret that is not there",
    spec: { secretRef: { name: "gone" } },
    want: 'NotFound: secrets "gone" not found',
  },
  {
    name: "an account that is not there",
    spec: { serviceAccountName: "gone" },
    want: 'NotFound: serviceaccounts "gone" not found',
  },
  {
    name: "a Secret that is no JSON, and keeps it to itself",
    spec: { secretRef: { name: "broken" } },
    want: 'InvalidDockerConfig: secret "broken": .dockerconfigjson is not JSON',
  },
];

for (const { name, spec, mounted, want } of cases) {
  Deno.test(`registry access gives ${name}`, async () => {
    const got = await access(mounted)("ns", { image: IMAGE, provider: "generic", ...spec });

    const said = got.ok ? got.value.login?.username ?? "anonymous" : `${got.code}: ${got.message}`;
    assert.equal(said, want);
  });
}

const settings: { name: string; spec: Partial<RegistrySpec>; want: unknown }[] = [
  {
    name: "an authority",
    spec: { certSecretRef: { name: "ca" } },
    want: { tls: { caCert: CERT } },
  },
  {
    name: "a certificate and its key",
    spec: { certSecretRef: { name: "all" } },
    want: { tls: { caCert: CERT, clientCert: CERT, clientKey: KEY } },
  },
  {
    name: "the same by their names of old",
    spec: { certSecretRef: { name: "legacy" } },
    want: { tls: { caCert: CERT, clientCert: CERT, clientKey: KEY } },
  },
  {
    name: "a proxy, and http",
    spec: { proxySecretRef: { name: "proxy" }, insecure: true },
    want: { proxy: { url: "http://proxy.example:3128/" }, insecure: true },
  },
  {
    name: "that half a certificate is none",
    spec: { certSecretRef: { name: "half" } },
    want: "invalid secret 'ns/half': keys 'tls.crt' and 'tls.key' go together",
  },
  {
    name: "that a Secret without certificates is no such Secret",
    spec: { certSecretRef: { name: "none" } },
    want: "invalid secret 'ns/none': it needs the key 'ca.crt', or 'tls.crt' and 'tls.key'",
  },
  {
    name: "that a text is no certificate",
    spec: { certSecretRef: { name: "nopem" } },
    want: "invalid secret 'ns/nopem': key 'ca.crt' is no PEM of a CERTIFICATE",
  },
  {
    name: "which Secret of certificates is missing",
    spec: { certSecretRef: { name: "gone" } },
    want: "failed to get secret 'ns/gone': secrets \"gone\" not found",
  },
  {
    name: "what is wrong with a proxy",
    spec: { proxySecretRef: { name: "none" } },
    want: "failed to configure proxy options: " +
      "invalid proxy secret 'ns/none': key 'address' is missing",
  },
];

for (const { name, spec, want } of settings) {
  Deno.test(`registry access says ${name}`, async () => {
    const got = await access()("ns", { image: IMAGE, provider: "generic", ...spec });

    const plain = { image: IMAGE, insecure: false, login: undefined };
    assert.deepEqual(
      got.ok ? got.value : got.message,
      typeof want === "string" ? want : { ...plain, ...Object(want) },
    );
  });
}

Deno.test("registry access fails where the pod's configuration cannot be read", async () => {
  const readAccess = openRegistryAccess({
    ...CLOUDS,
    cluster: new FakeCluster(),
    readDockerConfig: () => Promise.resolve(fail("Unreadable", "config.json cannot be read")),
  });

  const got = await readAccess("ns", { image: IMAGE, provider: "generic" });

  assert.equal(got.ok ? "ok" : got.code, "Unreadable");
});

const clouds: {
  name: string;
  spec: Partial<RegistrySpec>;
  allowsAccounts?: boolean;
  want: string;
}[] = [
  {
    name: "the cloud's login for the controller",
    spec: { provider: "aws" },
    want: "aws ghcr.io for the controller",
  },
  {
    name: "the Secret before the cloud",
    spec: { provider: "aws", secretRef: { name: "own" } },
    want: "own",
  },
  {
    name: "the cloud where the Secret does not know the registry",
    spec: { provider: "azure", secretRef: { name: "other" } },
    want: "azure ghcr.io for the controller",
  },
  {
    name: "the cloud's login for an account, and none of its pull secrets",
    spec: { provider: "gcp", serviceAccountName: "puller" },
    allowsAccounts: true,
    want: "gcp ghcr.io for ns/puller",
  },
  {
    name: "no account where none may be named",
    spec: { provider: "gcp", serviceAccountName: "puller" },
    want:
      "FeatureGateDisabled: to use spec.serviceAccountName for provider authentication please " +
      "enable the ObjectLevelWorkloadIdentity feature gate in the controller",
  },
  {
    name: "which account is missing",
    spec: { provider: "gcp", serviceAccountName: "gone" },
    allowsAccounts: true,
    want: "NotFound: failed to get service account 'ns/gone': serviceaccounts \"gone\" not found",
  },
  {
    name: "the way to the registry along with the question",
    spec: {
      provider: "azure",
      certSecretRef: { name: "ca" },
      proxySecretRef: { name: "proxy" },
    },
    want: "azure ghcr.io for the controller with certificates by http://proxy.example:3128/",
  },
];

for (const { name, spec, allowsAccounts = false, want } of clouds) {
  Deno.test(`registry access of a cloud gives ${name}`, async () => {
    const got = await access(undefined, allowsAccounts)("ns", {
      image: IMAGE,
      provider: "generic",
      ...spec,
    });

    assert.equal(got.ok ? got.value.login?.username : `${got.code}: ${got.message}`, want);
  });
}

/** Gives a login whose user says who asked for what. */
const CLOUDS = {
  allowsAccounts: false,
  registryLogin({ provider, registry, tls }: RegistryRequest, { account, proxy }: CloudAccess) {
    const whom = account === undefined ? "the controller" : `${account.namespace}/${account.name}`;
    const way = (tls ? " with certificates" : "") + (proxy ? ` by ${proxy.url}` : "");
    const username = `${provider} ${registry} for ${whom}${way}`;
    return Promise.resolve(ok({ username, password: "p" }));
  },
} as const;

function access(mounted?: string, allowsAccounts = false) {
  const cluster = new FakeCluster();
  for (const [name, { type = "Opaque", data }] of Object.entries(SECRETS)) {
    const encoded = Object.entries(data).map(([key, value]) => [key, btoa(value)]);
    const metadata = { namespace: "ns", name };
    const object = { apiVersion: "v1", kind: "Secret", metadata, type };
    cluster.seed({ ...object, data: Object.fromEntries(encoded) });
  }
  for (const [name, secrets] of Object.entries(ACCOUNTS)) {
    const metadata = { namespace: "ns", name };
    const imagePullSecrets = secrets.map((secret) => ({ name: secret }));
    cluster.seed({ apiVersion: "v1", kind: "ServiceAccount", metadata, imagePullSecrets });
  }
  const readDockerConfig = () => Promise.resolve(ok(mounted));
  return openRegistryAccess({ ...CLOUDS, allowsAccounts, cluster, readDockerConfig });
}

function configFor(host: string, username: string): string {
  return JSON.stringify({ auths: { [host]: { username, password: "p" } } });
}
