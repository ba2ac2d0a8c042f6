import assert from "node:assert/strict";
import { configMap, openStage } from "./fakes_test.ts";
import { retryDelayMs, timeoutMs } from "./outcomes.ts";

const times = [
  { spec: {}, timeout: 570_000, retry: 600_000 },
  { spec: { interval: "10s" }, timeout: 30_000, retry: 10_000 },
  { spec: { timeout: "1s" }, timeout: 30_000, retry: 600_000 },
  { spec: { timeout: "1h", retryInterval: "90s" }, timeout: 3_600_000, retry: 90_000 },
];

for (const { spec, timeout, retry } of times) {
  Deno.test(`${JSON.stringify(spec)} times out after ${timeout} ms and tries again after ${retry} ms`, () => {
    const kustomization = openStage({}).object(spec);

    assert.equal(timeoutMs(kustomization), timeout);
    assert.equal(retryDelayMs(kustomization), retry);
  });
}

Deno.test("the history has one entry for each build and result, newest first, five at most", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "0") });
  await stage.run();
  await stage.run();
  const [twice] = stage.status.history ?? [];

  for (let build = 1; build <= 6; build++) {
    await stage.clock.advance(1_000);
    stage.commit({ "a.yaml": configMap("a", `${build}`) });
    await stage.run();
  }
  stage.commit({ "a.yaml": configMap("a", "4") });
  await stage.run();

  assert.equal(twice?.totalReconciliations, 2);
  const history = stage.status.history ?? [];
  assert.deepEqual(
    history.map(({ metadata, totalReconciliations }) => [
      metadata?.["revision"],
      totalReconciliations,
    ]),
    [
      ["main@sha1:8", 2],
      ["main@sha1:7", 1],
      ["main@sha1:6", 1],
      ["main@sha1:4", 1],
      ["main@sha1:3", 1],
    ],
  );
  assert.ok((history[0]?.firstReconciled ?? "") < (history[0]?.lastReconciled ?? ""));
});

Deno.test("a failed message shows no login of a URL", async () => {
  const stage = openStage({
    "kustomization.yaml": "resources:\n- https://user:hunter22@example.test/x\n",
  });

  const got = await stage.run();

  assert.equal(got.kind, "retry");
  assert.doesNotMatch(got.message + JSON.stringify(got.events), /hunter22/);
});
