/**
 * The reconcile benchmark at its smallest size: that it runs, and that no request is made without need.
 *
 * @module
 */
import assert from "node:assert/strict";
import { installCustomResources } from "../../tools/controlplane/custom_resources.ts";
import { startControlPlane } from "../../tools/controlplane/start.ts";
import { sumByDeed } from "../bench/audit_log.ts";
import { reportJson, reportTable } from "../bench/reconcile_report.ts";
import { PHASES, runFleet } from "../bench/reconcile_run.ts";

const N = 5;

Deno.test("a fleet of five is reconciled without news by one write and one event each", async () => {
  const started = await startControlPlane({ audit: true });
  assert.ok(started.ok, started.ok ? "" : started.message);
  await using controlPlane = started.value;
  const installed = await installCustomResources(controlPlane.kubectl);
  assert.ok(installed.ok, installed.ok ? "" : installed.message);

  const cost = await runFleet({ controlPlane, n: N, name: "bench", flags: [] });

  const results = [{ n: N, costs: [cost] }];
  const table = reportTable(results);
  for (const phase of PHASES) {
    assert.match(table, new RegExp(`^${N} +${phase} `, "m"));
    assert.ok(cost.phases[phase].seconds > 0);
    assert.ok(cost.phases[phase].cpuSeconds > 0);
  }
  assert.equal(JSON.parse(reportJson(results)).medians[0].n, N);
  assert.ok(cost.peakBytes > 0);
  const quiet = sumByDeed(cost.phases["no-op"].requests);
  assert.equal(quiet.event, N);
  // A run that lasts a second shows how far it is: where none did, there is one write for each.
  const isSlow = cost.phases["no-op"].seconds >= 1;
  assert.ok(isSlow ? Number(quiet.status) >= N : quiet.status === N, `${quiet.status} writes`);
  assert.deepEqual([quiet.get, quiet["dry-run"], quiet.patch], [undefined, undefined, undefined]);
  // One object of four is new: it alone is written.
  assert.equal(cost.phases.upgrade.requests["patch deployments"], N);
  assert.equal(sumByDeed(cost.phases.upgrade.requests).patch, N);
});
