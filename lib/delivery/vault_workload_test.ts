import assert from "node:assert/strict";
import { ok } from "../base/mod.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { FakeCluster } from "../testing/fake_cluster.ts";
import { readOwnAccount, vaultLoginOf } from "./vault_workload.ts";

const CONFIG = "instances:\n- address: https://vault.example:8200/\n  loginPath: auth/jwt/login\n";

function openStage(data: Readonly<Record<string, string>> = { "config.yaml": CONFIG }) {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const metadata = { namespace: "flux-system", name: "vaults" };
  cluster.seed({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
  for (const namespace of ["apps", "flux-system"]) {
    const account = { namespace, name: "opener" };
    cluster.seed({ apiVersion: "v1", kind: "ServiceAccount", metadata: account });
  }
  const asked: string[] = [];
  const token = `e30.${btoa('{"sub": "system:serviceaccount:flux-system:opener"}')}.e30`;
  const options = { http: openHttp(), clock, env: () => undefined };
  const login = (name = "vaults") =>
    vaultLoginOf({
      cluster,
      configMap: { namespace: "flux-system", name },
      account: () => readOwnAccount(cluster, () => Promise.resolve(token)),
      logIn: async ({ address, loginPath }, account) => {
        const word = await account.requestToken(address);
        asked.push(`${address} ${loginPath} ${account.namespace} ${word.ok && word.value}`);
        return ok("t");
      },
    }, options);
  return { cluster, login, asked };
}

Deno.test("vaultLoginOf() logs in where the ConfigMap says, which is read once", async () => {
  const { cluster, login, asked } = openStage();
  const logIn = login();

  const got = [
    await logIn("https://vault.example:8200"),
    await logIn("https://vault.example:8200/"),
  ];

  assert.deepEqual(got, [{ ok: true, value: "t" }, { ok: true, value: "t" }]);
  assert.equal(
    asked[0],
    "https://vault.example:8200/ auth/jwt/login flux-system " +
      "token of flux-system/opener for https://vault.example:8200/",
  );
  assert.equal(cluster.requests.filter(({ kind }) => kind === "ConfigMap").length, 1);
});

const refusals = [
  {
    name: "a server that is not listed",
    address: "https://evil.example",
    want: "no Vault login path configured for address 'https://evil.example' in ConfigMap " +
      "'flux-system/vaults'",
  },
  {
    name: "no ConfigMap",
    configMap: "absent",
    want: "failed to get Vault ConfigMap 'flux-system/absent': configmaps \"absent\" not found",
  },
  {
    name: "another entry",
    data: { config: CONFIG },
    want: "Vault ConfigMap 'flux-system/vaults' is missing the 'config.yaml' key",
  },
  {
    name: "no configuration",
    data: { "config.yaml": "[]" },
    want: "failed to parse 'config.yaml' in Vault ConfigMap 'flux-system/vaults': it has no list " +
      "of instances",
  },
];

for (
  const { name, address = "https://vault.example:8200", configMap, data, want } of refusals
) {
  Deno.test(`vaultLoginOf() refuses ${name}`, async () => {
    const { login, asked } = openStage(data);

    const got = await login(configMap)(address);

    assert.equal(got.ok ? "ok" : got.message, want);
    assert.deepEqual(asked, []);
  });
}

Deno.test("readOwnAccount() reports that there is no pod", async () => {
  const got = await readOwnAccount(
    new FakeCluster({ clock: new FakeClock() }),
    () => Promise.reject(new Deno.errors.NotFound()),
  );

  assert.match(got.ok ? "" : got.message, /has no account of a pod: name an account in spec\.dec/);
});
