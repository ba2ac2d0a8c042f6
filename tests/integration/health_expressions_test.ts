/**
 * `healthCheckExprs`: custom resources that say in their own words how they are, on a real server.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import { configMapYaml, openApp, pause } from "../support/app.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source", "kustomize"] });
let git: GitServer;
Deno.test.beforeAll(async () => {
  git = await startGitServer();
});
Deno.test.afterAll(() => git?.stop());
const tools = {
  cluster,
  toolkit,
  get git() {
    return git;
  },
};

interface Pumps {
  readonly group: string;
  readonly files: Record<string, string>;
  ref(namespace: string): ObjectRef;
}

/** A kind of its own, for one test, and one object of it. */
function pumps(): Pumps {
  const group = `g${crypto.randomUUID().slice(0, 8)}.example.test`;
  const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: pumps.${group}
spec:
  group: ${group}
  scope: Namespaced
  names: {plural: pumps, singular: pump, kind: Pump, listKind: PumpList}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
`;
  const numbers = Array.from({ length: 300 }, (_, index) => index).join(", ");
  return {
    group,
    files: {
      "crd.yaml": definition,
      "pump.yaml":
        `apiVersion: ${group}/v1\nkind: Pump\nmetadata: {name: p}\nspec: {numbers: [${numbers}]}\n`,
    },
    ref: (namespace) => ({ apiVersion: `${group}/v1`, kind: "Pump", namespace, name: "p" }),
  };
}

async function setPhase(ref: ObjectRef, phase: string): Promise<void> {
  const written = await toolkit.cluster.patch(ref, { status: { phase } }, {
    fieldManager: "pump-controller",
    type: "merge",
    subresource: "status",
  });
  assert.ok(written.ok, written.ok ? "" : written.message);
}

Deno.test("a custom resource is waited for by expressions, and fails by them", async () => {
  const { group, files, ref } = pumps();
  const exprs = {
    // Another version of the same group.
    apiVersion: `${group}/v1beta1`,
    kind: "Pump",
    inProgress: "status.phase == 'Starting'",
    failed: "status.phase == 'Broken'",
    current: "status.phase == 'Running' && metadata.generation >= 1",
  };
  await using app = await openApp(tools, {
    files,
    // All of it is beyond the test: what goes on before does so as the object changes.
    spec: { wait: true, timeout: "1h", retryInterval: "1h", healthCheckExprs: [exprs] },
    waits: false,
  });
  // Without a status the expressions have no value: it is waited for.
  await toolkit.until(ref(app.ns), "made", (object) => object !== undefined);
  await toolkit.untilReady(app.applied, { status: "Unknown", reason: "Progressing" });
  await setPhase(ref(app.ns), "Starting");
  await pause(1_500);
  const waiting = await toolkit.read(app.applied);
  await setPhase(ref(app.ns), "Running");
  await toolkit.untilReady(app.applied, { status: "True" });

  await setPhase(ref(app.ns), "Broken");
  await toolkit.nudge(app.applied);
  const failed = await toolkit.untilReady(app.applied, {
    status: "False",
    reason: "HealthCheckFailed",
  });

  assert.equal(readinessOf(waiting)?.status, "Unknown");
  assert.match(
    readinessOf(failed)?.message ?? "",
    new RegExp(`failed early due to stalled resources: \\[Pump/${app.ns}/p status: 'Failed'\\]$`),
  );
});

Deno.test("an expression that cannot be read holds the object until its spec is mended", async () => {
  const check = (current: string) => ({
    wait: true,
    healthCheckExprs: [{ apiVersion: "example.test/v1", kind: "Pump", current }],
  });
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "one") },
    spec: check("status.("),
    waits: false,
  });
  const held = await toolkit.untilReady(app.applied, {
    status: "False",
    reason: "InvalidCELExpression",
    message: "Reconciliation failed terminally due to configuration error: failed to create " +
      "custom status evaluator for healthchecks[0]: failed to parse the expression Current: " +
      "failed to parse the CEL expression 'status.(': ERROR: <input>:1:8: " +
      "Syntax error: no viable alternative at input '.('\n | status.(\n | .......^",
  });
  assert.equal(fieldOf(held, "status", "observedGeneration"), held.metadata.generation);

  await app.respec(check("status.phase == 'Running'"));

  await toolkit.untilReady(app.applied, { status: "True" });
});

Deno.test("an expression that would never end is stopped, and others are not held up", async () => {
  const { group, files } = pumps();
  const turns = ["a", "b", "c", "d"].reduceRight(
    (inner, name) => `spec.numbers.all(${name}, ${inner})`,
    "true",
  );
  await using hostile = await openApp(tools, {
    files,
    spec: {
      wait: true,
      healthCheckExprs: [{ apiVersion: `${group}/v1`, kind: "Pump", current: turns }],
    },
    waits: false,
  });
  const began = performance.now();
  await using other = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
  const otherMs = performance.now() - began;

  const held = await toolkit.untilReady(hostile.applied, {
    status: "False",
    reason: "InvalidCELExpression",
  });

  assert.match(
    readinessOf(held)?.message ?? "",
    new RegExp(`Pump/${hostile.ns}/p: .*it takes more than \\d+ steps`),
  );
  assert.ok(otherMs < 30_000, `${otherMs} ms`);
  await other.runAgain();
});
