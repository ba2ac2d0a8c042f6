import assert from "node:assert/strict";
import { fail } from "../../lib/base/mod.ts";
import { A, B, configMap, eventsOf, openStage } from "./fakes_test.ts";

const FILES = {
  "kustomization.yaml":
    "resources: [app]\nconfigMapGenerator:\n- name: made\n  namespace: apps\n  literals: [k=v]\n" +
    "  options: {disableNameSuffixHash: true}\n",
  "app/kustomization.yaml": "resources: [all.yaml]\n",
  "app/all.yaml": `# two of them\n${configMap("a", "1")}---\n${configMap("b", "1")}`,
};

Deno.test("all that is refused is told at once, with file and line, a generator's entry for what it made", async () => {
  for (const spec of [{}, { namePrefix: "p-" }]) {
    const prefix = "namePrefix" in spec ? spec.namePrefix : "";
    const stage = openStage(FILES);
    for (const name of ["a", "b", "made"]) {
      const match = { verb: "apply", name: `${prefix}${name}`, dryRun: true } as const;
      stage.cluster.inject(match, { failure: fail("Forbidden", "no") });
    }

    const got = await stage.run(spec);

    const refused = "dry-run failed (Forbidden): no";
    assert.equal(got.reason, "ReconciliationFailed");
    assert.deepEqual(got.message.split("\n"), [
      `ConfigMap/apps/${prefix}a ${refused} (app/all.yaml:2)`,
      `ConfigMap/apps/${prefix}b ${refused} (app/all.yaml:10)`,
      `ConfigMap/apps/${prefix}made ${refused} (kustomization.yaml:3)`,
      "",
    ]);
  }
});

Deno.test("sluice.dev/apply: Partial applies what passes, prunes nothing, and is not ready", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "old.yaml": configMap("old", "1") });
  stage.annotations = { "sluice.dev/apply": "Partial" };
  await stage.run();
  const deny = () =>
    stage.cluster.inject({ verb: "apply", name: "a", dryRun: true }, {
      failure: fail("Forbidden", "no"),
    });

  stage.commit({ "a.yaml": configMap("a", "2"), "b.yaml": configMap("b", "2") });
  deny();
  const partial = await stage.run();
  const history = partial.status?.history?.[0]?.lastReconciledStatus;
  const recovered = await stage.run();

  assert.deepEqual([partial.kind, partial.reason, history], [
    "retry",
    "PartiallyApplied",
    "PartiallyApplied",
  ]);
  assert.equal(
    partial.message,
    "1 of 2 objects refused, the others applied:\n" +
      "ConfigMap/apps/a dry-run failed (Forbidden): no (a.yaml:1)\nConfigMap/apps/b created",
  );
  assert.equal(partial.status?.lastAppliedRevision, undefined);
  // The write-ahead has all of them; nothing was let go of.
  assert.equal(partial.status?.inventory, undefined);
  assert.deepEqual(stage.checkpoints.at(-1)?.status.inventory?.entries.map(({ id }) => id), [
    "apps_a__ConfigMap",
    "apps_b__ConfigMap",
    "apps_old__ConfigMap",
  ]);
  assert.equal(recovered.kind, "ready");
  assert.deepEqual(stage.cluster.peek(A)?.data, { key: "2" });
});

Deno.test("a partial run deletes nothing", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
  stage.annotations = { "sluice.dev/apply": "Partial" };
  await stage.run();
  stage.cluster.inject({ verb: "apply", name: "a", dryRun: true }, {
    failure: fail("Forbidden", "no"),
  });

  stage.commit({ "a.yaml": configMap("a", "2") });
  const got = await stage.run();

  assert.equal(got.reason, "PartiallyApplied");
  assert.notEqual(stage.cluster.peek(B), undefined);
  assert.ok(eventsOf(stage, got).some((event) => event.startsWith("Warning PartiallyApplied")));
});

Deno.test("more objects than a status can name are refused before the first request", async () => {
  const many = (letter: string, count: number) =>
    Array.from({ length: count }, (_, index) => configMap(`${letter.repeat(235)}${index}`, "1"))
      .join("---\n");
  const stage = openStage({ "all.yaml": many("a", 2_000) });
  await stage.run();
  const before = stage.cluster.requests.length;

  stage.commit({ "all.yaml": many("b", 2_000) });
  const renamed = await stage.run();
  stage.commit({ "all.yaml": many("a", 4_000) });
  const grown = await stage.run();

  const rest = "and status.inventory holds 1024 KiB: divide them among several Kustomizations";
  assert.deepEqual([renamed, grown].map(({ kind, message }) => [kind, message]), [
    ["retry", `The record of 2000 objects and of 2000 from before takes 1069 KiB, ${rest}`],
    ["retry", `The record of 4000 objects takes 1070 KiB, ${rest}`],
  ]);
  assert.equal(stage.cluster.requests.length, before);
});
