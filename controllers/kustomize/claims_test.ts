import assert from "node:assert/strict";
import { Kustomization } from "../../crds/mod.ts";
import { fail } from "../../lib/base/mod.ts";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { FakeCluster } from "../../lib/testing/fake_cluster.ts";
import { fakeResource } from "../../lib/testing/fake_resources.ts";
import { claimKeys, openClaims } from "./claims.ts";
import { appliedObject, Memory } from "./memory.ts";

const ID = "apps_a__ConfigMap";
const OWNER = "kustomize.toolkit.fluxcd.io";

interface Given {
  readonly spec?: Record<string, unknown>;
  readonly metadata?: Partial<KubeObject["metadata"]>;
  readonly ids?: readonly string[];
}

function kustomization(name: string, { spec = {}, metadata = {}, ids = [ID] }: Given = {}) {
  const sourceRef = { kind: "GitRepository", name: "app" };
  return {
    apiVersion: Kustomization.apiVersion,
    kind: "Kustomization",
    metadata: { name, namespace: "apps", ...metadata },
    spec: { interval: "10m", prune: true, sourceRef, ...spec },
    status: { inventory: { entries: ids.map((id) => ({ id, v: "v1" })) } },
  };
}

function decoded(object: KubeObject): Kustomization {
  const result = Kustomization.decode(object);
  return result.ok ? result.value : assert.fail(result.message);
}

function open(...objects: readonly KubeObject[]) {
  const memory = new Memory();
  const cluster = new FakeCluster();
  for (const kind of ["GitRepository", "HelmRelease"]) {
    const version = kind === "HelmRelease"
      ? "helm.toolkit.fluxcd.io/v2"
      : "source.toolkit.fluxcd.io/v1";
    cluster.define(fakeResource(version, kind));
  }
  const claims = openClaims({
    kustomizations: {
      get: (name, namespace) =>
        objects.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
      byIndex: (_index, key) => objects.filter((object) => claimKeys(object).includes(key)),
    },
    memory,
    isRunning: () => false,
    clusterOf: () => cluster,
  });
  return { claims, memory, cluster, self: decoded(kustomization("app")) };
}

const remote = { kubeConfig: { secretRef: { name: "far" } } };

const others = [
  { name: "that has it", given: {}, want: ["other"] },
  { name: "that has another", given: { ids: ["apps_b__ConfigMap"] }, want: [] },
  { name: "that has none", given: { ids: [] }, want: [] },
  {
    name: "that is going away",
    given: { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } },
    want: [],
  },
  { name: "of another cluster", given: { spec: remote }, want: [] },
];

for (const { name, given, want } of others) {
  Deno.test(`othersOf() and a Kustomization ${name}`, () => {
    const { claims, self } = open(kustomization("app"), kustomization("other", given));

    assert.deepEqual(claims.othersOf(self, ID).map(({ metadata }) => metadata.name), want);
  });
}

Deno.test("two Kustomizations of the same other cluster own the same object", () => {
  const { claims } = open(
    kustomization("app", { spec: remote }),
    kustomization("other", { spec: remote }),
  );

  const self = decoded(kustomization("app", { spec: remote }));
  assert.equal(claims.othersOf(self, ID).length, 1);
});

Deno.test("claimantOf() is who wanted the object in the last build, not who has it on record still", () => {
  const { claims, memory, self } = open(kustomization("app"), kustomization("other"));

  const before = claims.claimantOf(self, ID);
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "apps" },
  };
  memory.of("apps/other").applied.set(ID, appliedObject(object, object.metadata));
  const after = claims.claimantOf(self, ID);

  assert.deepEqual([before, after], [undefined, { name: "other", namespace: "apps" }]);
});

Deno.test("claimantOf() is also who wants the object as it finds it", () => {
  const { claims, memory, self } = open(kustomization("app"), kustomization("other"));

  memory.of("apps/other").found = new Set([ID]);

  assert.deepEqual(claims.claimantOf(self, ID), { name: "other", namespace: "apps" });
});

const relatives = [
  { name: "of the same source", given: {}, want: true },
  {
    name: "of another source",
    given: { spec: { sourceRef: { kind: "GitRepository", name: "x" } } },
    want: false,
  },
  { name: "of another cluster", given: { spec: remote }, want: false },
  {
    name: "that is going away",
    given: { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } },
    want: false,
  },
];

for (const { name, given, want } of relatives) {
  Deno.test(`isSibling() and a Kustomization ${name}: ${want}`, () => {
    const { claims, self } = open(kustomization("app"));

    assert.equal(claims.isSibling(self, decoded(kustomization("other", given))), want);
    assert.equal(claims.isSibling(self, self), false);
  });
}

Deno.test("hasApplied() goes by this process, else by the status, and by the spec of now", () => {
  const revision = "main@sha1:2";
  const cases = [
    { whole: undefined, status: {}, want: false },
    { whole: { revision, generation: 2 }, status: {}, want: true },
    { whole: { revision, generation: 1 }, status: {}, want: false },
    { whole: { revision: "main@sha1:1", generation: 2 }, status: {}, want: false },
    {
      whole: undefined,
      status: { lastAppliedRevision: revision, observedGeneration: 2 },
      want: true,
    },
    {
      whole: undefined,
      status: { lastAppliedRevision: revision, observedGeneration: 1 },
      want: false,
    },
    // It is on record before it is applied.
    {
      whole: undefined,
      status: { lastAttemptedRevision: revision, observedGeneration: 2 },
      want: false,
    },
  ];
  for (const { whole, status, want } of cases) {
    const { claims, memory } = open(kustomization("app"));
    const other = decoded({ ...kustomization("other", { metadata: { generation: 2 } }), status });
    if (whole !== undefined) memory.of("apps/other").whole = whole;

    assert.equal(claims.hasApplied(other, revision), want);
  }
});

Deno.test("isMoving() is true of what another one has on record for others only", () => {
  const { claims, memory, self } = open(kustomization("app"));
  memory.of("apps/app").moving = { ids: new Set([ID]), stays: new Map(), takers: [] };

  const stranger = decoded(kustomization("stranger"));
  assert.deepEqual(
    [
      claims.isMoving(self, ID),
      claims.isMoving(self, "apps_b__ConfigMap"),
      claims.isMoving(stranger, ID),
    ],
    [true, false, false],
  );
});

const labelled = (name: string) => ({
  labels: { [`${OWNER}/name`]: name, [`${OWNER}/namespace`]: "apps" },
});

Deno.test("occupantOf() finds the objects of others, but not those of its own offspring", async () => {
  for (
    const { parent, want } of [
      { parent: "stranger", want: "objects of Kustomization/apps/child" },
      { parent: "app", want: undefined },
      { parent: "middle", want: undefined },
    ]
  ) {
    const { claims, self } = open(
      kustomization("app"),
      kustomization("middle", { ids: [], metadata: labelled("app") }),
      kustomization("child", { ids: ["team_a__ConfigMap"], metadata: labelled(parent) }),
    );

    assert.equal(await claims.occupantOf(self, "team"), want, parent);
    assert.equal(await claims.occupantOf(self, "empty"), undefined);
  }
});

Deno.test("occupantOf() takes a namespace that cannot be looked into for occupied", async () => {
  const cases = [
    { code: "Timeout", want: "what cannot be listed: no answer" },
    { code: "Expired", want: "what cannot be listed: no answer" },
    { code: "TooLarge", want: "what cannot be listed: no answer" },
    { code: "Forbidden", want: undefined },
    { code: "NoMatch", want: undefined },
  ];
  for (const { code, want } of cases) {
    const { claims, cluster, self } = open(kustomization("app"));
    cluster.inject({ verb: "list", kind: "GitRepository" }, { failure: fail(code, "no answer") });

    assert.equal(await claims.occupantOf(self, "team"), want, code);
    assert.equal(await claims.occupantOf(self, "team"), undefined);
  }
});

Deno.test("occupantOf() finds toolkit objects that nobody of ours applied", async () => {
  const seeds = [
    { kind: "GitRepository", apiVersion: "source.toolkit.fluxcd.io/v1", labels: {}, isFound: true },
    { kind: "HelmRelease", apiVersion: "helm.toolkit.fluxcd.io/v2", labels: {}, isFound: true },
    {
      kind: "GitRepository",
      apiVersion: "source.toolkit.fluxcd.io/v1",
      ...labelled("app"),
      isFound: false,
    },
    { kind: "ConfigMap", apiVersion: "v1", labels: {}, isFound: false },
  ];
  for (const { kind, apiVersion, labels, isFound } of seeds) {
    const { claims, cluster, self } = open(kustomization("app"));
    cluster.seed({ apiVersion, kind, metadata: { name: "x", namespace: "team", labels } });

    const want = isFound ? `${kind}/team/x` : undefined;
    assert.equal(await claims.occupantOf(self, "team"), want, kind);
  }
});
