import assert from "node:assert/strict";
import { ok } from "../lib/base/mod.ts";
import { asApplied } from "../lib/delivery/mod.ts";
import type { KubeObject } from "../lib/kube/mod.ts";
import { inventoryId } from "../lib/kube/ssa/mod.ts";
import { refOf } from "../lib/kube/mod.ts";
import { FakeCluster } from "../lib/testing/fake_cluster.ts";
import { findDrift, report } from "./drift.ts";

const OWNER = { metadata: { name: "app", namespace: "flux-system" }, spec: {} };

function objectOf(kind: string, name: string, rest: Record<string, unknown>): KubeObject {
  return { apiVersion: "v1", kind, metadata: { name, namespace: "apps" }, ...rest };
}

const OBJECTS = [
  objectOf("ConfigMap", "a", { data: { key: "git", other: "git" } }),
  objectOf("Secret", "s", { data: { password: "aHVudGVyMg==" } }),
  objectOf("ConfigMap", "once", {
    metadata: {
      name: "once",
      namespace: "apps",
      annotations: { "kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent" },
    },
    data: { key: "git" },
  }),
].map((object) => asApplied(object, OWNER));

/** Objects that were applied, their Kustomization, and what it builds to now. */
async function openStage({ spec = {}, applied = "main@sha1:1" } = {}) {
  const cluster = new FakeCluster();
  for (const object of OBJECTS) {
    await cluster.apply(object, { fieldManager: "kustomize-controller" });
  }
  const entries = OBJECTS.map((object) => ({ id: inventoryId(refOf(object)), v: "v1" }));
  const kustomization: KubeObject = {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: OWNER.metadata,
    spec: {
      interval: "10m",
      prune: true,
      sourceRef: { kind: "GitRepository", name: "app" },
      ...spec,
    },
    status: { lastAppliedRevision: applied, inventory: { entries } },
  };
  return {
    cluster,
    change: (ref: Pick<KubeObject, "kind">, name: string, patch: unknown) =>
      cluster.patch(
        { apiVersion: "v1", kind: ref.kind, namespace: "apps", name },
        patch,
        { fieldManager: "kubectl-edit", type: "merge" },
      ),
    find: (objects: readonly KubeObject[] = OBJECTS) =>
      findDrift(
        cluster,
        kustomization,
        {},
        () => Promise.resolve(ok({ revision: "main@sha1:1", objects })),
      ),
  };
}

type Stage = Awaited<ReturnType<typeof openStage>>;

/** Names, paths and values of what was found, without times. */
async function seen(stage: Stage, objects?: readonly KubeObject[]): Promise<unknown[]> {
  const found = await stage.find(objects);
  assert.ok(found.ok, JSON.stringify(found));
  return found.value.drifted.map(({ ref, changes }) => [
    ref.name,
    changes?.map(({ path, wanted, found, writers }) => [
      path,
      wanted,
      found,
      writers.map(({ manager }) => manager),
    ]) ?? "deleted",
  ]);
}

Deno.test("findDrift() finds nothing where nobody changed anything, and writes nothing", async () => {
  const stage = await openStage();
  const before = stage.cluster.writes.length;

  assert.deepEqual(await seen(stage), []);
  assert.ok(stage.cluster.writes.slice(before).every(({ dryRun }) => dryRun === true));
});

Deno.test("findDrift() names values, what was taken away and who wrote, but for a Secret's values", async () => {
  const stage = await openStage();
  await stage.change({ kind: "ConfigMap" }, "a", {
    metadata: { labels: { theirs: "1", "kustomize.toolkit.fluxcd.io/name": null } },
    data: { key: "hand", other: null, more: "theirs" },
  });
  await stage.change({ kind: "Secret" }, "s", { data: { password: "b3RoZXI=" } });
  await stage.change({ kind: "ConfigMap" }, "once", { data: { key: "hand" } });

  assert.deepEqual(await seen(stage), [
    ["a", [
      ["/data/key", "git", "hand", ["kubectl-edit"]],
      ["/data/other", "git", undefined, []],
      ["/metadata/labels/kustomize.toolkit.fluxcd.io~1name", "app", undefined, []],
    ]],
    ["s", [["/data/password", "*** (before)", "*** (after)", ["kubectl-edit"]]]],
  ]);
});

Deno.test("findDrift() leaves out what spec.ignore names", async () => {
  const stage = await openStage({ spec: { ignore: [{ paths: ["/data/key"] }] } });
  await stage.change({ kind: "ConfigMap" }, "a", { data: { key: "hand" } });

  assert.deepEqual(await seen(stage), []);
});

Deno.test("findDrift() knows what was deleted from what was never applied", async () => {
  const stage = await openStage();
  await stage.cluster.remove(refOf(OBJECTS[0] ?? assert.fail()));
  const fresh = asApplied(objectOf("ConfigMap", "new", { data: { key: "git" } }), OWNER);

  assert.deepEqual(await seen(stage, [...OBJECTS, fresh]), [["a", "deleted"]]);
});

Deno.test("findDrift() takes what is new in git for nobody's change", async () => {
  const stage = await openStage({ applied: "main@sha1:0" });
  await stage.change({ kind: "ConfigMap" }, "a", { data: { other: "hand" } });
  const [a = assert.fail(), ...rest] = OBJECTS;
  const next = { ...a, data: { key: "new", other: "git", added: "new" } };

  assert.deepEqual(await seen(stage, [next, ...rest]), [
    ["a", [["/data/other", "git", "hand", ["kubectl-edit"]]]],
  ]);
});

Deno.test("findDrift() refuses a Kustomization of another cluster", async () => {
  const stage = await openStage({ spec: { kubeConfig: { secretRef: { name: "far" } } } });
  const found = await stage.find();
  assert.equal(found.ok ? "" : found.code, "Unsupported");
});

const TITLE = "Kustomization/flux-system/app";
const FOUND = { revision: "main@sha1:1", objects: 3, drifted: [], failures: [] };
const REF = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "a" };

const reports = [
  {
    name: "nothing",
    found: FOUND,
    want: 0,
    out: `${TITLE} at main@sha1:1: 0 of 3 objects differ\n`,
  },
  {
    name: "a deleted object",
    found: { ...FOUND, drifted: [{ ref: REF }] },
    want: 1,
    out: `${TITLE} at main@sha1:1: 1 of 3 objects differ\n\nConfigMap/apps/a was deleted\n`,
  },
  {
    name: "a failure besides",
    found: { ...FOUND, drifted: [{ ref: REF }], failures: ["Secret/apps/s: forbidden"] },
    want: 2,
    out: `${TITLE} at main@sha1:1: 1 of 3 objects differ\n\nConfigMap/apps/a was deleted\n`,
  },
];

for (const { name, found, want, out } of reports) {
  Deno.test(`report() of ${name} ends with ${want}`, () => {
    const printed = { out: "", err: "" };

    const code = report(TITLE, found, {
      out: (text) => printed.out += text,
      err: (text) => printed.err += text,
    });

    assert.equal(code, want);
    assert.equal(printed.out, out);
    assert.equal(printed.err, found.failures.map((line) => `Error: ${line}\n`).join(""));
  });
}
