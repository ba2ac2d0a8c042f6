import assert from "node:assert/strict";
import { openMetrics } from "./metrics.ts";

Deno.test("a run counts under the names that dashboards know", async () => {
  const metrics = openMetrics();

  metrics.observeRun({
    ...{ kind: "GitRepository", namespace: "apps", name: "a" },
    result: "error",
    seconds: 0.02,
  });
  const lines = (await metrics.text()).split("\n");

  for (
    const line of [
      'gotk_reconcile_duration_seconds_count{kind="GitRepository",name="a",namespace="apps"} 1',
      'controller_runtime_reconcile_total{controller="gitrepository",result="error"} 1',
      'controller_runtime_reconcile_errors_total{controller="gitrepository"} 1',
    ]
  ) assert.ok(lines.includes(line), line);
});

Deno.test("the duration has Flux's ten buckets from 0.01 to 1800 s", async () => {
  const metrics = openMetrics();
  metrics.observeRun({ kind: "K", namespace: "n", name: "a", result: "success", seconds: 1 });

  const text = await metrics.text();
  const bounds = [...text.matchAll(/gotk_reconcile_duration_seconds_bucket\{le="([0-9.]+)"/g)]
    .map(([, bound]) => Number(bound));

  assert.equal(bounds.length, 10);
  assert.deepEqual([bounds[0], Math.round(bounds[9] ?? 0)], [0.01, 1800]);
});

Deno.test("series of an object that is gone are gone, those of others stay", async () => {
  const metrics = openMetrics();
  for (const name of ["a", "b"]) {
    metrics.observeRun({ kind: "K", namespace: "n", name, result: "success", seconds: 1 });
  }

  metrics.forgetObject({ kind: "K", namespace: "n", name: "a" });
  const text = await metrics.text();

  assert.deepEqual([text.includes('name="a"'), text.includes('name="b"')], [false, true]);
});

Deno.test("two sets of metrics know nothing of each other", async () => {
  const [one, other] = [openMetrics(), openMetrics()];

  one.countLostWakeup("K");

  assert.doesNotMatch(await other.text(), /kind="K"/);
});
