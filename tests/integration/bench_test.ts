/**
 * The benchmarks of reconciling and of applying at their smallest size: that they run, and that no request is made
 * without need.
 *
 * @module
 */
import assert from "node:assert/strict";
import { installCustomResources } from "../../tools/controlplane/custom_resources.ts";
import { type ControlPlane, startControlPlane } from "../../tools/controlplane/start.ts";
import { applyTable } from "../bench/apply.ts";
import { runApply, SHARED_PHASES } from "../bench/apply_run.ts";
import { sumByDeed } from "../bench/audit_log.ts";
import { fleetOf } from "../bench/reconcile_fleet.ts";
import { reportJson, reportTable } from "../bench/reconcile_report.ts";
import { PHASES, runFleet } from "../bench/reconcile_run.ts";

const N = 5;
const OBJECTS = 6;
/** A third each is of these; the rest are Deployments, which others write, too. */
const KINDS = ["configmaps", "services"];

let plane: ControlPlane;
Deno.test.beforeAll(async () => {
  const started = await startControlPlane({ audit: true });
  assert.ok(started.ok, started.ok ? "" : started.message);
  plane = started.value;
  const installed = await installCustomResources(plane.kubectl);
  assert.ok(installed.ok, installed.ok ? "" : installed.message);
});
Deno.test.afterAll(() => plane?.stop());

Deno.test("a fleet of five is reconciled without news by one write and one event each", async () => {
  const rollout = fleetOf(N);

  const cost = await runFleet({ controlPlane: plane, rollout, name: "bench", flags: [] });

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

Deno.test("one Kustomization asks and writes once for each object that is new, and not at all without news", async () => {
  const controlPlane = plane;
  const how = { controlPlane, count: OBJECTS, delayMs: 1, name: "bench-apply", flags: [] };

  const cost = await runApply(how);

  const table = applyTable([{ count: OBJECTS, delayMs: 1, costs: [cost] }]);
  for (const phase of SHARED_PHASES) {
    assert.match(table, new RegExp(`^\\| ${OBJECTS} \\| 1 ms \\| ${phase} \\| .* × \\| `, "m"));
    const { requests } = cost.ours.phases[phase];
    const asked = ["dry-run", "patch"].map((deed) =>
      KINDS.map((kind) => requests[`${deed} ${kind}`] ?? 0)
    );
    const each = phase === "no-op" ? 0 : OBJECTS / 3;
    assert.deepEqual(asked, [[each, each], [each, each]], phase);
  }
});
