import assert from "node:assert/strict";
import { readHandling } from "./annotations.ts";
import { A, configMap, openStage } from "./fakes_test.ts";

const refused = [
  {
    annotation: { "sluice.dev/drift": "inform" },
    want: 'annotation sluice.dev/drift is "inform"; allowed: Correct, Inform',
  },
  {
    annotation: { "sluice.dev/apply": "" },
    want: 'annotation sluice.dev/apply is ""; allowed: Atomic, Partial',
  },
  {
    annotation: { "sluice.dev/prune-order": "After" },
    want: 'annotation sluice.dev/prune-order is "After"; allowed: BeforeHealth, AfterHealth',
  },
  {
    annotation: { "sluice.dev/max-prune": "101%" },
    want:
      'annotation sluice.dev/max-prune is "101%"; allowed are a number of objects, such as 5, ' +
      "and a share from 0% to 100%",
  },
  {
    annotation: { "sluice.dev/max-prun": "5" },
    want: "annotation sluice.dev/max-prun is not known; did you mean sluice.dev/max-prune?",
  },
];

for (const { annotation, want } of refused) {
  Deno.test(`a Kustomization holds with ${JSON.stringify(annotation)}`, async () => {
    const stage = openStage({ "a.yaml": configMap("a", "1") });
    stage.annotations = annotation;

    const got = await stage.run();

    assert.deepEqual([got.kind, got.reason, got.message], ["stalled", "InvalidAnnotation", want]);
    assert.equal(stage.cluster.peek(A), undefined);
  });
}

Deno.test("readHandling() reads what each annotation asks for", () => {
  const cases = [
    { annotations: {}, want: [false, false, undefined, false] },
    { annotations: { "sluice.dev/drift": "Correct" }, want: [false, false, undefined, false] },
    { annotations: { "sluice.dev/drift": "Inform" }, want: [true, false, undefined, false] },
    { annotations: { "sluice.dev/apply": "Partial" }, want: [false, true, undefined, false] },
    {
      annotations: { "sluice.dev/max-prune": "0" },
      want: [false, false, { kind: "count", most: 0 }, false],
    },
    {
      annotations: { "sluice.dev/max-prune": "20%" },
      want: [false, false, { kind: "percent", most: 20 }, false],
    },
    {
      annotations: { "sluice.dev/prune-order": "AfterHealth", "other.dev/drift": "x" },
      want: [false, false, undefined, true],
    },
  ];
  for (const { annotations, want } of cases) {
    const got = readHandling(openStage({}).object({}, { annotations }));

    assert.ok(got.ok);
    const { informs, isPartial, maxPrune, prunesAfterHealth } = got.value;
    assert.deepEqual([informs, isPartial, maxPrune, prunesAfterHealth], want);
  }
});

Deno.test("readHandling() corrects once at a request that says so", () => {
  const stage = openStage({});
  const at = (requestedAt: string, correctAt: string) => ({
    annotations: {
      "sluice.dev/drift": "Inform",
      "reconcile.fluxcd.io/requestedAt": requestedAt,
      "sluice.dev/correct-at": correctAt,
    },
  });
  const informs = (metadata: Record<string, unknown>) => {
    const got = readHandling(stage.object({}, metadata));
    return got.ok && got.value.informs;
  };

  const asked = informs(at("2", "2"));
  const plain = informs(at("3", "2"));
  stage.status = { lastHandledReconcileAt: "2" };
  const answered = informs(at("2", "2"));

  assert.deepEqual({ asked, plain, answered }, { asked: false, plain: true, answered: true });
});

Deno.test("a manifest whose annotation cannot be read is named with its place, and nothing is applied", async () => {
  const stage = openStage({
    "a.yaml": configMap("a", "1").replace(
      "metadata:\n",
      "metadata:\n  annotations:\n    sluice.dev/prune: Confirm\n",
    ),
    "b.yaml": configMap("b", "1"),
  });

  const got = await stage.run();

  assert.deepEqual([got.reason, got.message], [
    "InvalidAnnotation",
    'ConfigMap/apps/a: annotation sluice.dev/prune is "Confirm"; allowed: confirm (a.yaml:1)',
  ]);
  assert.deepEqual(stage.cluster.writes, []);
});
