import assert from "node:assert/strict";
import type { KubeObject } from "../../object.ts";
import { parseCel } from "../../../cel/mod.ts";
import { ARGO } from "./argo.ts";
import { BUILT_IN } from "./built_in.ts";
import { CLUSTERS } from "./clusters.ts";
import { DATA } from "./data.ts";
import { DELIVERY } from "./delivery.ts";
import { NETWORK } from "./network.ts";
import { PLATFORM } from "./platform.ts";
import { WORKLOADS } from "./workloads.ts";
import { builtInHealth, healthOf, isWorse, knownHealth } from "../mod.ts";
import { assertGrowsWithSize } from "../../../testing/growth.ts";

function object(apiVersion: string, kind: string, status?: unknown, more = {}): KubeObject {
  const metadata = { name: "a", namespace: "ns", generation: 1 };
  return { apiVersion, kind, metadata, ...(status !== undefined && { status }), ...more };
}

const ready = (status: string, reason = "Why", message = "because") => ({
  conditions: [{ type: "Ready", status, reason, message }],
});

const cases = [
  {
    name: "a certificate that cannot be issued",
    object: object("cert-manager.io/v1", "Certificate", ready("False")),
    want: { status: "Degraded", message: "because" },
  },
  {
    name: "a certificate of which nobody has said anything",
    object: object("cert-manager.io/v1", "Certificate"),
    want: { status: "Progressing", message: "Certificate is progressing" },
  },
  {
    name: "any resource of any group of Crossplane",
    object: object("sql.gcp.crossplane.io/v1", "Database", ready("True")),
    want: { status: "Healthy", message: "Database is healthy" },
  },
  {
    name: "a kind of its own before any kind of the group",
    object: object("pkg.crossplane.io/v1", "Provider", ready("True")),
    want: { status: "Progressing", message: "Provider is progressing" },
  },
  {
    name: "a rollout that waits for somebody",
    object: object("argoproj.io/v1alpha1", "Rollout", {
      phase: "Paused",
      message: "CanaryPauseStep",
    }),
    want: { status: "Suspended", message: "CanaryPauseStep" },
  },
  {
    name: "a status of the wrong shape",
    object: object("cert-manager.io/v1", "Certificate", { conditions: "none" }),
    want: { status: "Progressing", message: "Certificate is progressing" },
  },
  { name: "an unknown kind", object: object("ex.io/v1", "Pump", ready("False")), want: undefined },
];

for (const { name, object, want } of cases) {
  Deno.test(`knownHealth() of ${name}`, () => assert.deepEqual(knownHealth(object), want));
}

Deno.test("rules are asked only where they are wanted and kstatus has no opinion", () => {
  const canary = object("flagger.app/v1beta1", "Canary", { phase: "Failed" });
  const certificate = object("cert-manager.io/v1", "Certificate", ready("False"));
  const statusOf = (object: KubeObject, knowsKinds: boolean) =>
    healthOf({ ...object, name: "a" }, object, { knowsKinds }).status;

  assert.equal(statusOf(canary, false), "Current");
  assert.equal(statusOf(canary, true), "Failed");
  // A Ready condition is an opinion.
  assert.equal(statusOf(certificate, true), "InProgress");
});

Deno.test("what waits for somebody, or says what no rule knows, is not waited for", () => {
  const rollout = (phase: string) => object("argoproj.io/v1alpha1", "Rollout", { phase });
  const run = object("argoproj.io/v1alpha1", "AnalysisRun", { phase: "Inconclusive" });
  const statusOf = (object: KubeObject) =>
    healthOf({ ...object, name: "a" }, object, { knowsKinds: true }).status;

  assert.equal(statusOf(rollout("Progressing")), "InProgress");
  assert.equal(
    statusOf(object("argoproj.io/v1alpha1", "Rollout", { pauseConditions: [{}] })),
    "Current",
  );
  assert.equal(statusOf(run), "Current");
});

Deno.test("whatever is being deleted is on its way", () => {
  const service = object("v1", "Service");
  service.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";

  assert.equal(builtInHealth(service)?.status, "Progressing");
  assert.equal(isWorse("Healthy", "Progressing"), true);
});

Deno.test("an object of many thousand conditions takes time in proportion to them", async () => {
  await assertGrowsWithSize(
    2_500,
    (size) => Array.from({ length: size }, (_, index) => ({ type: `T${index}`, status: "False" })),
    (conditions) => knownHealth(object("argoproj.io/v1alpha1", "Rollout", { conditions })),
  );
});

Deno.test("every rule can be read, has an end, and is the only one for its kinds", () => {
  const known = [ARGO, CLUSTERS, DATA, DELIVERY, NETWORK, PLATFORM, WORKLOADS].flat();
  for (const { kinds, clauses } of [...known, ...BUILT_IN]) {
    for (const text of clauses.flatMap(([, ...texts]) => texts)) {
      const program = parseCel(text ?? "");
      assert.ok(program.ok, program.ok ? "" : program.message);
    }
    assert.equal(clauses.at(-1)?.[1], "true", kinds.join());
  }
  const kinds = known.flatMap((rules) => rules.kinds);
  assert.deepEqual(kinds.filter((kind, index) => kinds.indexOf(kind) !== index), []);
});
