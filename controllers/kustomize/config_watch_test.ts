import assert from "node:assert/strict";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { FakeCluster } from "../../lib/testing/fake_cluster.ts";
import { configKeys, watchConfigs } from "./config_watch.ts";

const WATCHED = { "reconcile.fluxcd.io/watch": "Enabled" };

const references = [
  { name: "nothing", spec: {}, want: [] },
  {
    name: "variables",
    spec: {
      postBuild: {
        substituteFrom: [{ kind: "ConfigMap", name: "a" }, { kind: "Secret", name: "b" }],
      },
    },
    want: ["ConfigMap/apps/a", "Secret/apps/b"],
  },
  {
    name: "keys to decrypt with, named twice",
    spec: {
      decryption: { provider: "sops", secretRef: { name: "keys" } },
      postBuild: { substituteFrom: [{ kind: "Secret", name: "keys" }] },
    },
    want: ["Secret/apps/keys"],
  },
  {
    name: "a kubeconfig",
    spec: { kubeConfig: { configMapRef: { name: "far" } } },
    want: ["ConfigMap/apps/far"],
  },
];

for (const { name, spec, want } of references) {
  Deno.test(`configKeys() finds ${name}`, () => {
    assert.deepEqual(configKeys(kustomization(spec)), want);
  });
}

Deno.test("watchConfigs() wakes the users of a labelled object, and nobody else", async () => {
  const cluster = new FakeCluster();
  const woken: string[] = [];
  const app = kustomization({});
  await using _watch = watchConfigs({
    cluster,
    labelSelector: "reconcile.fluxcd.io/watch=Enabled",
    usersOf: (key) => key === "ConfigMap/apps/vars" ? [app] : [],
    enqueue: (namespace, name, why) => woken.push(`${namespace}/${name}: ${why}`),
  });

  for (
    const config of [
      configMap("vars", {}),
      configMap("vars", WATCHED),
      configMap("others", WATCHED),
      { ...configMap("vars", WATCHED), kind: "Secret" },
    ]
  ) await cluster.apply(config, { fieldManager: "test", force: true });

  assert.deepEqual(woken, ["apps/app: ConfigMap vars changed"]);
});

function configMap(name: string, labels: Record<string, string>): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "apps", name, labels } };
}

function kustomization(spec: Readonly<Record<string, unknown>>): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { namespace: "apps", name: "app" },
    spec: {
      interval: "10m",
      prune: true,
      sourceRef: { kind: "GitRepository", name: "app" },
      ...spec,
    },
  };
}
