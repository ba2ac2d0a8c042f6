import assert from "node:assert/strict";
import { Kustomization } from "../../crds/mod.ts";
import { encodeBase64, fail, ok } from "../../lib/base/mod.ts";
import type { CloudAccess } from "../../lib/cloud/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import type { KeyServices } from "../../lib/sops/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { FakeCluster } from "../../lib/testing/fake_cluster.ts";
import { type DecryptionOptions, readDecryptionKeys } from "./decryption_secret.ts";

const AGE = await Deno.readTextFile(
  new URL("../../lib/sops/testdata/one.agekey", import.meta.url),
);
const PGP = await Deno.readTextFile(new URL("../../lib/sops/testdata/curve.asc", import.meta.url));
const ALL = {
  "a.agekey": AGE,
  "b.asc": PGP,
  "sops.vault-token": "t\n",
  "sops.aws-kms": "aws_access_key_id: AK\naws_secret_access_key: s\n",
  "sops.azure-kv": "tenantId: t\nclientId: c\nclientSecret: s\n",
  "sops.gcp-kms": '{"type": "service_account", "client_email": "e", "private_key": "p"}',
  "note.txt": "of no use",
};

/** Asked for as whom. */
const asked: CloudAccess[] = [];

async function options(change: Partial<DecryptionOptions> = {}): Promise<DecryptionOptions> {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const metadata = { name: "keys", namespace: "apps" };
  const apply = { fieldManager: "test", force: true };
  const data = (entries: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(entries).map((
        [key, text],
      ) => [key, encodeBase64(new TextEncoder().encode(text))]),
    );
  await cluster.apply({ apiVersion: "v1", kind: "Secret", metadata, data: data(ALL) }, apply);
  const common = { name: "common", namespace: "flux-system" };
  await cluster.apply(
    { apiVersion: "v1", kind: "Secret", metadata: common, data: data(ALL) },
    apply,
  );
  const annotations = { "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/x" };
  const account = { name: "opener", namespace: "apps", annotations };
  await cluster.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: account }, apply);
  asked.length = 0;
  return {
    cluster,
    http: openHttp(),
    clock,
    env: () => undefined,
    clouds: {
      awsKeys: (_region, access) => {
        asked.push(access);
        return Promise.resolve(fail("NotConfigured", "AWS_ROLE_ARN is not set"));
      },
      azureToken: (_scope, access) => {
        asked.push(access);
        return Promise.resolve(ok({ token: "t", holder: "h" }));
      },
      googleToken: (_scopes, access) => {
        asked.push(access);
        return Promise.resolve(ok({ token: "t", holder: "h" }));
      },
    },
    logInToVault: ({ address }, account) => {
      asked.push({ account });
      return Promise.resolve(fail("HttpStatus", `${address} refuses`));
    },
    readFile: () => Promise.reject(new Error("no pod")),
    vaultConfigMap: "",
    runtimeNamespace: "flux-system",
    ageSecret: "",
    defaultAccount: "",
    ...change,
  };
}

function kustomization(decryption: Readonly<Record<string, unknown>>): Kustomization {
  const decoded = Kustomization.decode({
    apiVersion: Kustomization.apiVersion,
    kind: "Kustomization",
    metadata: { name: "app", namespace: "apps" },
    spec: {
      interval: "10m",
      prune: true,
      sourceRef: { kind: "GitRepository", name: "app" },
      decryption: { provider: "sops", ...decryption },
    },
  });
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.value;
}

const signal = new AbortController().signal;
const OWN = { secretRef: { name: "keys" } };

function kindsOf(services: KeyServices): string {
  return Object.keys(services).sort().join(" ");
}

const cases = [
  { name: "its own Secret", decryption: OWN, ageSecret: "", want: "age aws azure gcp pgp vault" },
  { name: "no Secret", decryption: {}, ageSecret: "", want: "aws azure gcp" },
  {
    name: "the common one: its age keys only",
    decryption: {},
    ageSecret: "common",
    want: "age aws azure gcp",
  },
  {
    name: "its own, not the common one",
    decryption: OWN,
    ageSecret: "absent",
    want: "age aws azure gcp pgp vault",
  },
];
for (const { name, decryption, ageSecret, want } of cases) {
  Deno.test(`readDecryptionKeys() reads ${name}`, async () => {
    const got = await readDecryptionKeys(
      kustomization(decryption),
      signal,
      await options({ ageSecret }),
    );

    assert.equal(got.ok ? kindsOf(got.value) : got.message, want);
  });
}

const failures = [
  {
    name: "is missing",
    decryption: { secretRef: { name: "absent" } },
    ageSecret: "",
    want: /"absent" not found/,
  },
  { name: "for all is missing", decryption: {}, ageSecret: "absent", want: /"absent" not found/ },
];
for (const { name, decryption, ageSecret, want } of failures) {
  Deno.test(`readDecryptionKeys() fails when the Secret ${name}`, async () => {
    const got = await readDecryptionKeys(
      kustomization(decryption),
      signal,
      await options({ ageSecret }),
    );

    assert.match(got.ok ? "" : got.message, want);
  });
}

const KEY = {
  kind: "aws",
  sealed: "AA==",
  arn: "arn:aws:kms:eu-west-1:1:key/a",
  role: "",
  context: {},
} as const;

const logins = [
  { name: "the controller itself", decryption: {}, defaultAccount: "", want: undefined },
  {
    name: "the account that it names",
    decryption: { serviceAccountName: "opener" },
    defaultAccount: "x",
    want: "opener",
  },
  { name: "the account of the flag", decryption: {}, defaultAccount: "opener", want: "opener" },
];
for (const { name, decryption, defaultAccount, want } of logins) {
  Deno.test(`without credentials a cloud is asked as ${name}`, async () => {
    const services = await readDecryptionKeys(
      kustomization(decryption),
      signal,
      await options({ defaultAccount }),
    );
    assert.ok(services.ok);

    const got = await services.value.aws?.(KEY);

    assert.deepEqual(asked.map(({ account }) => account?.name), [want]);
    const message = got?.ok === false ? got.message : "";
    assert.equal(
      message,
      "the decryption Secret has not an entry 'sops.aws-kms', and AWS_ROLE_ARN is not set",
    );
  });
}

const VAULT_KEY = {
  kind: "vault",
  sealed: "vault:v1:AA==",
  address: "https://vault.example:8200",
  enginePath: "transit",
  keyName: "sops",
} as const;
const VAULT_CONFIG = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "vaults", namespace: "flux-system" },
  data: {
    "config.yaml": `instances: [{address: "${VAULT_KEY.address}", loginPath: auth/jwt/login}]`,
  },
};
const NO_TOKEN = "the decryption Secret has not an entry 'sops.vault-token'";
const visits = [
  {
    name: "the account that it names",
    decryption: { serviceAccountName: "opener" },
    pod: "",
    who: "apps/opener",
    want: `${NO_TOKEN}, and https://vault.example:8200 refuses`,
  },
  {
    name: "the controller itself",
    decryption: {},
    pod: `e30.${btoa('{"sub": "system:serviceaccount:flux-system:kc"}')}.e30`,
    who: "flux-system/kc",
    want: `${NO_TOKEN}, and https://vault.example:8200 refuses`,
  },
  {
    name: "nobody where there is no pod",
    decryption: {},
    pod: "",
    who: undefined,
    want: `${NO_TOKEN}, and the controller has no account of a pod: name an account in ` +
      "spec.decryption.serviceAccountName",
  },
];
for (const { name, decryption, pod, who, want } of visits) {
  Deno.test(`without a token a listed Vault is asked as ${name}`, async () => {
    const given = await options({
      vaultConfigMap: "vaults",
      readFile: () => Promise.resolve(pod),
    });
    await given.cluster.apply(VAULT_CONFIG, { fieldManager: "test", force: true });
    const services = await readDecryptionKeys(kustomization(decryption), signal, given);
    assert.ok(services.ok);

    const got = await services.value.vault?.(VAULT_KEY);

    assert.equal(got?.ok === false ? got.message : "", want);
    const [seen] = asked.map(({ account }) => account && `${account.namespace}/${account.name}`);
    assert.equal(seen, who);
  });
}

Deno.test("a token in the Secret is used before any account", async () => {
  const shown: (string | null)[] = [];
  const http = openHttp({
    transport({ headers }) {
      shown.push(headers.get("x-vault-token"));
      return Promise.resolve(Response.json({}));
    },
  });
  const given = await options({ http, vaultConfigMap: "absent" });
  const services = await readDecryptionKeys(kustomization(OWN), signal, given);
  assert.ok(services.ok);

  await services.value.vault?.(VAULT_KEY);

  assert.deepEqual([shown, asked], [["t"], []]);
});

Deno.test("an account that is not there asks no cloud", async () => {
  const decryption = { serviceAccountName: "nobody" };
  const services = await readDecryptionKeys(kustomization(decryption), signal, await options());
  assert.ok(services.ok);

  const got = await services.value.aws?.(KEY);

  assert.match(
    got?.ok === false ? got.message : "",
    /failed to get service account 'apps\/nobody'/,
  );
  assert.deepEqual(asked, []);
});
