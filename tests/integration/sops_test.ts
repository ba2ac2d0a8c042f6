/**
 * What is sealed in git becomes open in the cluster, and stays out of everything else: with the real sops, gpg and the
 * real controllers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createLocalJWKSet, jwtVerify } from "jose";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import { openApp, useApps } from "../support/app.ts";
import type { TestNamespace } from "../support/control_plane.ts";
import { runSluice } from "../support/sluice.ts";
import { startKeyServices, type VaultVisitor } from "../support/key_services.ts";
import { openPgpSigner } from "../support/signers.ts";
import { type AgeKey, makeAgeKey, openSops, type Sops } from "../support/sops.ts";

/** Where the operator lists the Vaults; in a namespace that other files of tests use, too. */
const VAULTS = { namespace: "default", name: `vaults-${crypto.randomUUID().slice(0, 8)}` };
const tools = useApps({
  flags: [
    "--feature-gates=ObjectLevelWorkloadIdentity=true",
    `--sops-vault-configmap=${VAULTS.name}`,
  ],
  env: { RUNTIME_NAMESPACE: VAULTS.namespace },
});
const { toolkit } = tools;

const KUSTOMIZATION = `resources:
- secret.yaml
- entries.yaml
secretGenerator:
- name: made
  files: [token, values.yaml]
  envs: [prod.env]
configMapGenerator:
- name: made
  files: [app.ini]
patches:
- path: patch.yaml
generatorOptions: {disableNameSuffixHash: true}
`;
const FIELDS = ["--encrypted-regex", "^(data|stringData)$"];

function secret(name: string, value: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\nstringData:\n  password: ${value}\n`;
}

function secretRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: "v1", kind: "Secret", namespace, name };
}

/** The entry of a Secret, open. */
function entryOf(object: KubeObject, key: string): string {
  return atob(String(fieldOf(object, "data", key)));
}

async function giveKeys(namespace: TestNamespace, data: Record<string, string>): Promise<void> {
  await toolkit.apply({
    apiVersion: "v1",
    kind: "Secret",
    // With the label a change of it is a reason to run.
    metadata: {
      name: "keys",
      namespace: namespace.name,
      labels: { "reconcile.fluxcd.io/watch": "Enabled" },
    },
    stringData: data,
  });
}

async function filesFor(sops: Sops, key: AgeKey, pgp: string): Promise<Record<string, string>> {
  const age = ["--age", key.recipient];
  const entry = await sops.seal("entry.yaml", "inner: from-an-entry\n", age);
  return {
    "kustomization.yaml": KUSTOMIZATION,
    "secret.yaml": await sops.seal("secret.yaml", secret("whole", "first-password"), [
      ...age,
      ...FIELDS,
    ]),
    "entries.yaml": `apiVersion: v1\nkind: Secret\nmetadata: {name: entries}\ndata: {entry.yaml: ${
      btoa(entry)
    }}\n`,
    token: await sops.seal("token", "token-of-gpg", ["--pgp", pgp]),
    "values.yaml": await sops.seal("values.yaml", "# why\nuser: admin # who\n", age),
    "prod.env": await sops.seal("prod.env", "LEVEL=debug-level\n", ["--pgp", pgp]),
    "app.ini": await sops.seal("app.ini", "[main]\nkey = ini-value\n", age),
    "patch.yaml": await sops.seal(
      "patch.yaml",
      secret("whole", "unused").replace("password: unused", "extra: of-the-patch"),
      [...age, ...FIELDS],
    ),
  };
}

Deno.test("sealed files of every kind, their keys rotated, and what is wrong with them", async (t) => {
  const [one, two, other] = [await makeAgeKey(), await makeAgeKey(), await makeAgeKey()];
  await using gpg = await openPgpSigner();
  await gpg.makeKey("ops", "future-default", { usage: "default" });
  const pgp = (await gpg.gpg(["--with-colons", "--list-keys", "ops@example.com"])).match(
    /^fpr:+([0-9A-F]+):/m,
  )?.[1] ?? "";
  const pgpKey = await gpg.gpg(["--armor", "--export-secret-keys", "ops@example.com"]);
  await using sops = await openSops({ identities: [one.identity], gnupgHome: gpg.home });
  const decryption = { decryption: { provider: "sops", secretRef: { name: "keys" } } };
  const spec = { path: "./", ...decryption };

  await using app = await openApp(tools, {
    files: await filesFor(sops, one, pgp),
    spec,
    prepare: (namespace) => giveKeys(namespace, { "one.agekey": one.identity, "ops.asc": pgpKey }),
  });
  const { ns, repository } = app;
  const whole = secretRef(ns, "whole");

  await t.step("all of it is open in the cluster", async () => {
    const [object, entries, made] = await Promise.all(
      ["whole", "entries", "made"].map((name) => toolkit.read(secretRef(ns, name))),
    );
    assert.ok(object && entries && made);
    assert.equal(entryOf(object, "password"), "first-password");
    assert.equal(entryOf(object, "extra"), "of-the-patch");
    assert.equal(entryOf(entries, "entry.yaml"), "inner: from-an-entry\n");
    assert.equal(entryOf(made, "token"), "token-of-gpg");
    assert.equal(entryOf(made, "LEVEL"), "debug-level");
    assert.equal(entryOf(made, "values.yaml"), "# why\n# who\nuser: admin\n");
    const config = await toolkit.read({
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace: ns,
      name: "made",
    });
    assert.equal(fieldOf(config, "data", "app.ini"), "[main]\nkey = ini-value\n");
    // Whoever may read the keys sees the same.
    assert.equal((await runSluice(tools.cluster, ns, "drift", "app")).code, 0);
  });

  await t.step(
    "a new value under a new key, and the Secret with the old key replaced",
    async () => {
      const files = {
        "secret.yaml": await sops.seal("secret.yaml", secret("whole", "second-password"), [
          "--age",
          two.recipient,
          ...FIELDS,
        ]),
      };
      const commit = await repository.commit({ files });
      await toolkit.nudge(app.source);
      const failed = await toolkit.untilReady(app.applied, {
        status: "False",
        reason: "BuildFailed",
      });
      const { message = "" } = readinessOf(failed) ?? {};
      assert.match(
        message,
        /^decryption failed for 'Secret.v1.\[noGrp\]\/whole': failed to decrypt and format/,
      );
      assert.match(message, new RegExp(`file secret.yaml.*${two.recipient}: FAILED`, "s"));
      assert.equal(entryOf(await toolkit.read(whole), "password"), "first-password");

      // Nobody asks for a run: the Secret's change is the reason.
      await giveKeys(app.namespace, {
        "one.agekey": one.identity + two.identity,
        "ops.asc": pgpKey,
      });
      await toolkit.untilReady(app.applied, { status: "True", commit });
      assert.equal(entryOf(await toolkit.read(whole), "password"), "second-password");
    },
  );

  await t.step("keys that open nothing change nothing", async () => {
    await giveKeys(app.namespace, { "one.agekey": other.identity, "ops.asc": pgpKey });
    const failed = await toolkit.untilReady(app.applied, {
      status: "False",
      reason: "BuildFailed",
    });
    assert.match(
      readinessOf(failed)?.message ?? "",
      /^error decrypting sources: \S+: cannot get sops data key/,
    );
    assert.equal(entryOf(await toolkit.read(whole), "password"), "second-password");
    await giveKeys(app.namespace, { "one.agekey": one.identity + two.identity, "ops.asc": pgpKey });
    await toolkit.untilReady(app.applied, { status: "True" });
  });

  await t.step("a file that was changed after it was sealed is applied, and told of", async () => {
    const sealed = await sops.seal("secret.yaml", secret("whole", "third-password"), [
      "--age",
      two.recipient,
      ...FIELDS,
    ]);
    await app.rollOut({
      files: { "secret.yaml": sealed.replace("name: whole", "name: whole\n    labels: {a: b}") },
    });
    assert.equal(entryOf(await toolkit.read(whole), "password"), "third-password");
    await toolkit.untilEvent(ns, "MacMismatch secret.yaml: the MAC does not match");
  });

  await t.step("a value that was tampered with fails the build, with its place", async () => {
    const sealed = await sops.seal("prod.env", "LEVEL=fourth-level\n", ["--pgp", pgp]);
    await repository.commit({
      files: {
        "prod.env": sealed.replace(
          /data:./,
          (data) => `${data.slice(0, 5)}${data[5] === "A" ? "B" : "A"}`,
        ),
      },
    });
    await toolkit.nudge(app.source);
    const failed = await toolkit.untilReady(app.applied, {
      status: "False",
      message:
        "error decrypting sources: prod.env: error decrypting sops tree: 'LEVEL' cannot be opened",
    });
    assert.equal(readinessOf(failed)?.reason, "BuildFailed");
  });

  await t.step("a Secret that is not there is named as the API server names it", async () => {
    await app.respec({ ...spec, decryption: { provider: "sops", secretRef: { name: "absent" } } });
    await toolkit.untilReady(app.applied, {
      status: "False",
      message: 'secrets "absent" not found',
    });
  });

  await t.step("nothing that was sealed got into a status or an event", async () => {
    const told = await app.namespace.kubectl(["get", "events,kustomizations", "-o", "yaml"]);
    for (
      const value of [
        "first-password",
        "second-password",
        "third-password",
        "of-the-patch",
        "AGE-SECRET",
      ]
    ) {
      assert.ok(!told.includes(value), `${value} was told`);
    }
  });
});

Deno.test("a Vault is logged in to as an account, without a stored token, where the operator lists it", async () => {
  const keys = JSON.parse(await tools.cluster.kubectl(["get", "--raw", "/openid/v1/jwks"]));
  async function knows({ role, jwt }: VaultVisitor): Promise<boolean> {
    const { payload } = await jwtVerify(jwt, createLocalJWKSet(keys), { audience: services.url });
    return payload.sub === `system:serviceaccount:${role.replace("_", ":")}`;
  }
  await using services = startKeyServices(knows);
  await using unlisted = startKeyServices(() => Promise.resolve(true));
  await using sops = await openSops({ env: { VAULT_TOKEN: "root-of-tests" } });
  const sealFor = ({ url }: { readonly url: string }) =>
    sops.seal("secret.yaml", secret("whole", "of-the-vault"), [
      "--hc-vault-transit",
      `${url}/v1/transit/keys/sops`,
      ...FIELDS,
    ]);
  const config = `instances: [{address: "${services.url}", loginPath: auth/jwt/login}]`;
  const data = { "config.yaml": config };
  await toolkit.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: VAULTS, data });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => toolkit.remove({ apiVersion: "v1", kind: "ConfigMap", ...VAULTS }));

  await using app = await openApp(tools, {
    files: { "secret.yaml": await sealFor(services) },
    spec: { decryption: { provider: "sops", serviceAccountName: "opener" } },
    prepare: (namespace) => namespace.kubectl(["create", "serviceaccount", "opener"]),
  });

  const opened = await toolkit.read(secretRef(app.ns, "whole"));
  assert.equal(entryOf(opened, "password"), "of-the-vault");
  assert.deepEqual(services.asked.slice(1), [`vault login ${app.ns}_opener`, "vault decrypt"]);

  await app.repository.commit({ files: { "secret.yaml": await sealFor(unlisted) } });
  await toolkit.nudge(app.source);
  await toolkit.untilReady(app.applied, {
    status: "False",
    message: `no Vault login path configured for address '${unlisted.url}'`,
  });
  assert.deepEqual(unlisted.asked, ["vault encrypt"]);
});
