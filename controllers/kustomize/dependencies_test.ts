import assert from "node:assert/strict";
import { configMap, openStage } from "./fakes_test.ts";

const READY = [{
  type: "Ready",
  status: "True" as const,
  reason: "ReconciliationSucceeded",
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
}];

const cases = [
  {
    name: "is ready at another source",
    status: { observedGeneration: 1, conditions: READY },
    want: undefined,
  },
  {
    name: "was never looked at",
    status: { observedGeneration: -1 },
    want: "dependency 'apps/infra' is not ready",
  },
  {
    name: "was ready before its spec changed",
    status: { observedGeneration: 0, conditions: READY },
    want: "dependency 'apps/infra' is not ready",
  },
  {
    name: "is at an older revision of the same source",
    source: "app",
    status: { observedGeneration: 1, conditions: READY, lastAppliedRevision: "main@sha1:0" },
    want: "dependency 'apps/infra' revision is not up to date",
  },
  {
    name: "is at this revision of the same source",
    source: "app",
    status: { observedGeneration: 1, conditions: READY, lastAppliedRevision: "main@sha1:1" },
    want: undefined,
  },
];

for (const { name, source = "other", status, want } of cases) {
  Deno.test(`a dependency that ${name} ${want ? "is waited for" : "is met"}`, async () => {
    const stage = openStage({ "a.yaml": configMap("a", "1") });
    const sourceRef = { kind: "GitRepository", name: source };
    const dependency = stage.object({ sourceRef }, { name: "infra", resourceVersion: "7" });
    stage.dependencies.set("apps/infra", { ...dependency, status });

    const got = await stage.run({ dependsOn: [{ name: "infra" }] });

    assert.equal(got.kind, want ? "wait" : "ready");
    if (want === undefined) return;
    assert.deepEqual({ reason: got.reason, message: got.message, quiet: got.quiet }, {
      reason: "DependencyNotReady",
      message: want,
      quiet: true,
    });
    const objects = got.until?.kind === "dependency" ? got.until.objects : [];
    assert.deepEqual(objects.map(({ name, seen }) => [name, seen]), [["infra", "7"]]);
  });
}

Deno.test("the event about a dependency is sent once for what is waited for, whatever its state", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  const spec = { dependsOn: [{ name: "infra" }, { name: "db", namespace: "data" }] };
  const run = async () => {
    const { reason, message, events } = await stage.run(spec);
    const lastTransitionTime = "2026-01-01T00:00:00Z";
    const ready = { type: "Ready", status: "False" as const, reason, message, lastTransitionTime };
    stage.status = { conditions: [ready] };
    return [message, ...(events ?? []).map(({ type, reason, message }) => [type, reason, message])];
  };
  const event = [
    "Normal",
    "DependencyNotReady",
    "Dependencies do not meet ready condition, retrying in 30s",
  ];

  const absent = await run();
  const stillAbsent = await run();
  const infra = stage.object({}, { name: "infra" });
  stage.dependencies.set("apps/infra", { ...infra, status: { observedGeneration: -1 } });
  const present = await run();
  const status = { observedGeneration: 1, conditions: READY, lastAppliedRevision: "main@sha1:1" };
  stage.dependencies.set("apps/infra", { ...infra, status });
  const other = await run();

  const notThere = "dependency 'apps/infra' not found: it is not there";
  assert.deepEqual([absent, stillAbsent], [[notThere, event], [notThere]]);
  assert.deepEqual(present, ["dependency 'apps/infra' is not ready"]);
  assert.deepEqual(other, ["dependency 'data/db' not found: it is not there", event]);
});

Deno.test("a dependency in another namespace is refused where no reference may leave its own", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  stage.settings = { noCrossNamespaceRefs: true };

  const got = await stage.run({ dependsOn: [{ name: "infra", namespace: "other" }] });

  assert.deepEqual([got.kind, got.reason, got.message], [
    "stalled",
    "AccessDenied",
    "can't access 'Kustomization/other/infra', cross-namespace references have been blocked",
  ]);
});

const TERMINAL =
  "Reconciliation failed terminally due to configuration error: terminal error: failed to evaluate dependency infra: ";
const HOSTILE = "dep.spec.patches.all(a, dep.spec.patches.all(b, dep.spec.patches.all(c, true)))";

const expressions = [
  { readyExpr: "dep.metadata.labels['v'] == '1'", want: { kind: "ready" } },
  { readyExpr: "self.spec.prune && dep.metadata.name == 'infra'", want: { kind: "ready" } },
  { readyExpr: "self.metadata.generation == dep.metadata.generation", want: { kind: "ready" } },
  {
    name: "which stands besides the built-in check with the gate",
    readyExpr: "dep.metadata.labels['v'] == '1'",
    settings: { additiveReadyExpr: true },
    want: { kind: "wait", message: "dependency 'apps/infra' is not ready" },
  },
  {
    readyExpr: "dep.metadata.labels['v'] == '2'",
    want: {
      kind: "wait",
      message: "dependency 'apps/infra' is not ready according to readyExpr eval",
    },
  },
  {
    readyExpr: "dep.status.nope == 'x'",
    want: {
      kind: "wait",
      message: "failed to evaluate the CEL expression 'dep.status.nope == 'x'': no such key: nope",
    },
  },
  {
    readyExpr: "dep.metadata.name",
    want: {
      kind: "stalled",
      message: `${TERMINAL}CEL expression output type mismatch: expected bool, got dyn`,
    },
  },
  {
    readyExpr: "dep.(",
    want: {
      kind: "stalled",
      message: `${TERMINAL}failed to parse the CEL expression 'dep.(': ERROR: <input>:1:5: ` +
        "Syntax error: no viable alternative at input '.('\n | dep.(\n | ....^",
    },
  },
  {
    name: "that costs too much",
    readyExpr: HOSTILE,
    want: {
      kind: "stalled",
      message: `${TERMINAL}failed to evaluate the CEL expression '${HOSTILE}': it takes more ` +
        "than 1000000 steps: go over smaller lists, or over one list at a time",
    },
  },
];

for (const { name, readyExpr, settings, want } of expressions) {
  Deno.test(`an expression ${name ?? readyExpr}: ${want.kind}`, async () => {
    const stage = openStage({ "a.yaml": configMap("a", "1") });
    if (settings) stage.settings = settings;
    const patches = Array.from({ length: 200 }, () => ({ patch: "a: b" }));
    // Not ready, by the built-in check.
    const dependency = stage.object({ patches }, {
      name: "infra",
      resourceVersion: "7",
      labels: { v: "1" },
    });
    stage.dependencies.set("apps/infra", dependency);

    const got = await stage.run({ dependsOn: [{ name: "infra", readyExpr }] });

    assert.deepEqual({ kind: got.kind, ...(want.message && { message: got.message }) }, want);
    if (want.kind === "stalled") {
      assert.equal(got.reason, "InvalidCELExpression");
      assert.equal(got.status?.observedGeneration, 1);
      assert.equal(got.until, undefined);
    }
  });
}
