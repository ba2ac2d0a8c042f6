import assert from "node:assert/strict";
import { KUSTOMIZATION_RULES } from "./rules.ts";
import { configMap, deployment, openStage } from "./fakes_test.ts";

const FILES = { "a.yaml": configMap("a", "1"), "web.yaml": deployment("web") };

const refusals = [
  {
    name: "kinds that it may not list",
    trouble: { code: "Forbidden", message: "User x cannot list" },
    want: {
      status: "True",
      reason: "Forbidden",
      message: "Drift of ConfigMap, Deployment.apps is noticed at the interval only: " +
        "User x cannot list",
    },
  },
  {
    name: "kinds that cannot be watched",
    trouble: { code: "MethodNotAllowed", message: "no such method: watch" },
    want: {
      status: "True",
      reason: "MethodNotAllowed",
      message: "Drift of ConfigMap, Deployment.apps is noticed at the interval only: " +
        "no such method: watch",
    },
  },
  {
    name: "nothing of trouble that passes",
    trouble: { code: "Unreachable", message: "no answer" },
    want: undefined,
  },
  { name: "nothing while all is watched", trouble: undefined, want: undefined },
];

for (const { name, trouble, want } of refusals) {
  Deno.test(`tellUnwatched() tells of ${name}`, async () => {
    const stage = openStage(FILES);
    stage.trouble = trouble;

    const outcome = await stage.run();

    assert.equal(outcome.kind, "ready");
    assert.deepEqual(outcome.conditions?.DriftUnwatched, want);
    assert.ok(KUSTOMIZATION_RULES.owned.includes("DriftUnwatched"));
  });
}

Deno.test("tellUnwatched() takes its word back once the kind is watched", async () => {
  const stage = openStage(FILES);
  stage.status = {
    conditions: [{
      type: "DriftUnwatched",
      status: "True",
      reason: "Forbidden",
      message: "then",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    }],
  };

  const outcome = await stage.run();

  assert.equal(outcome.conditions?.DriftUnwatched, null);
});

Deno.test("tellUnwatched() does not wait for a list that does not come", async () => {
  const stage = openStage(FILES);
  stage.isMute = true;

  const running = stage.run();
  await stage.clock.advance(1_000);

  assert.equal((await running).kind, "ready");
});
