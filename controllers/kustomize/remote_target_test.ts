/**
 * Runs whose `spec.kubeConfig` names a cluster that cannot be used, or one whose answers repeat its credentials.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fail } from "../../lib/base/mod.ts";
import { configMap, eventsOf, openStage } from "./fakes_test.ts";

const KUBE_CONFIG = { kubeConfig: { secretRef: { name: "remote" } } };
const FAILURE = fail("InvalidKubeconfig", "KubeConfig secret 'apps/remote': it is no YAML");
const FILES = { "a.yaml": configMap("a", "1") };

Deno.test("a run without a cluster to apply to fails with the reason, and asks no cluster", async () => {
  const stage = openStage(FILES);
  stage.targetFailure = FAILURE;

  const got = await stage.run(KUBE_CONFIG);

  assert.deepEqual([got.kind, got.reason, got.message], [
    "retry",
    "ReconciliationFailed",
    FAILURE.message,
  ]);
  assert.equal(got.status?.lastAttemptedRevision, "main@sha1:1");
  assert.deepEqual(stage.cluster.requests, []);
});

Deno.test("what a run waits for is said before its cluster is missed: the one may make the other", async () => {
  const stage = openStage(FILES);
  stage.targetFailure = FAILURE;

  const got = await stage.run({ ...KUBE_CONFIG, dependsOn: [{ name: "cluster" }] });

  assert.equal(got.reason, "DependencyNotReady");
});

Deno.test("a deletion without its cluster keeps the record, and names the ways out", async () => {
  const stage = openStage(FILES);
  await stage.run(KUBE_CONFIG);
  stage.targetFailure = FAILURE;

  const kept = await stage.finalize(KUBE_CONFIG);
  const released = await stage.finalize({ ...KUBE_CONFIG, deletionPolicy: "Orphan" });

  assert.equal(kept.kind, "retry");
  assert.match(
    kept.message,
    /'apps\/remote': .*; restore what spec\.kubeConfig names, or .*Orphan/,
  );
  assert.equal(stage.status.inventory?.entries.length, 1);
  assert.equal(released.kind, "ready");
});

Deno.test("credentials that a server repeats are in neither message nor event", async () => {
  const stage = openStage(FILES);
  stage.targetSecrets = ["hunter22"];
  const failure = fail("Forbidden", "token hunter22 may not do this");
  stage.cluster.inject({ verb: "apply" }, { failure });

  const refused = await stage.run(KUBE_CONFIG);
  await stage.run(KUBE_CONFIG);
  stage.cluster.inject({ verb: "remove" }, { failure });
  const undeleted = await stage.finalize(KUBE_CONFIG);

  for (const got of [refused, undeleted]) {
    assert.equal(got.kind, "retry");
    assert.match(got.message, /token \*{5} may not/);
    assert.doesNotMatch(eventsOf(stage, got).join("\n"), /hunter22/);
  }
});
