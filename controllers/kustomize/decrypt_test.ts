import assert from "node:assert/strict";
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import { readKeyServices } from "../../lib/delivery/mod.ts";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import type { KeyServices } from "../../lib/sops/mod.ts";
import { A, configMap, eventsOf, openStage, type Stage } from "./fakes_test.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { MOVED, openMove, OURS, setOther, THEIRS } from "./moves_fakes_test.ts";

/** Keys at hand need nobody to ask. */
const LOCAL = { http: openHttp(), clock: new FakeClock(), env: () => undefined };
const SAMPLES = new URL("../../lib/sops/testdata/", import.meta.url);
const SECRET: ObjectRef = { apiVersion: "v1", kind: "Secret", namespace: "apps", name: "s" };
const SPEC = { targetNamespace: "apps", decryption: { provider: "sops" } };
const OPENED = { user: btoa("admin"), password: btoa("hunter2-hunter2") };

function sample(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, SAMPLES));
}

async function keysOf(name: string): Promise<Result<KeyServices>> {
  return await readKeyServices(new Map([[name, await sample(name)]]), "apps/keys", LOCAL);
}

async function openSealedStage(change: (text: string) => string = (text) => text): Promise<Stage> {
  const stage = openStage({ "s.yaml": change(await sample("secret.regex.yaml")) });
  stage.keys = await keysOf("one.agekey");
  return stage;
}

Deno.test("what is sealed is applied open", async () => {
  const stage = await openSealedStage();

  const got = await stage.run(SPEC);

  assert.equal(got.kind, "ready", got.message);
  assert.deepEqual(stage.cluster.peek(SECRET)?.data, OPENED);
});

Deno.test("without decryption ciphertext is never applied as a value", async () => {
  const stage = await openSealedStage();

  const got = await stage.run({ targetNamespace: "apps" });

  assert.equal(got.reason, "ReconciliationFailed");
  assert.match(got.message, /is SOPS encrypted, configuring decryption is required/);
  assert.equal(stage.cluster.peek(SECRET), undefined);
});

Deno.test("a key that is taken away, or another one, counts at the next run", async () => {
  const stage = await openSealedStage();
  await stage.run(SPEC);

  stage.keys = await keysOf("two.agekey");
  const wrong = await stage.run(SPEC);
  stage.keys = await keysOf("one.agekey");
  const right = await stage.run(SPEC);

  assert.equal(wrong.reason, "BuildFailed");
  assert.match(wrong.message, /^decryption failed for .*\(file s\.yaml\)/);
  assert.equal(right.kind, "ready");
});

Deno.test("without the keys nothing is built, and the words are the API server's", async () => {
  const stage = await openSealedStage();
  stage.keys = fail("NotFound", 'secrets "absent" not found');

  const got = await stage.run(SPEC);

  assert.equal(got.reason, "BuildFailed");
  assert.equal(got.message, 'secrets "absent" not found');
  assert.deepEqual(stage.cluster.writes, []);
});

const CHANGED = (text: string) => text.replace("name: s", "name: s\n    labels: {a: b}");

Deno.test("a file that was changed after it was sealed is applied with a warning", async () => {
  const stage = await openSealedStage(CHANGED);

  const got = await stage.run(SPEC);

  assert.equal(got.kind, "ready");
  assert.deepEqual(stage.cluster.peek(SECRET)?.data, OPENED);
  const [first = ""] = eventsOf(stage, got);
  assert.match(first, /^Warning MacMismatch s\.yaml: the MAC does not match/);
});

Deno.test("a file that was changed after it was sealed is refused where it is guarded", async () => {
  const stage = await openSealedStage(CHANGED);
  stage.settings = { isGuarded: true };

  const got = await stage.run(SPEC);

  assert.equal(got.reason, "BuildFailed");
  assert.match(got.message, /^error decrypting sources: s\.yaml: the MAC does not match/);
  assert.equal(stage.cluster.peek(SECRET), undefined);
});

Deno.test("what a prune finds changed in the files of another Kustomization is not told of this one", async () => {
  // Where it is guarded the other one cannot be built: so it was found.
  for (
    const { isGuarded, afterMs } of [{ isGuarded: false }, { isGuarded: true, afterMs: 30_000 }]
  ) {
    const changed = CHANGED(await sample("secret.regex.yaml"));
    const stage = await openMove({ ...MOVED, "other/s.yaml": changed });
    stage.keys = await keysOf("one.agekey");
    stage.settings = { isGuarded };
    setOther(stage, { ...THEIRS, ...SPEC });

    const got = await stage.run(OURS);

    assert.deepEqual([got.kind, got.afterMs], ["ready", afterMs]);
    assert.deepEqual(eventsOf(stage, got).filter((event) => event.includes("s.yaml")), []);
  }
});

Deno.test("a message of the build never shows what was sealed", async () => {
  const stage = openStage({
    "kustomization.yaml": "resources: [s.yaml]\npatches: [{path: secret.yaml}]\n",
    "s.yaml": configMap("a", "1"),
    "secret.yaml": await sample("age-values.yaml"),
  });
  stage.keys = await keysOf("one.agekey");

  const got = await stage.run(SPEC);

  assert.equal(got.reason, "BuildFailed");
  for (const value of ["hunter2", "line two", "example"]) assert.ok(!got.message.includes(value));
});

Deno.test("only a build that had nothing sealed in it is kept", async () => {
  const built: string[] = [];
  const stage = await openSealedStage();
  stage.onBuild = (key) => built.push(key);
  await stage.run(SPEC);
  await stage.run(SPEC);
  stage.commit({ "a.yaml": configMap("a", "1") });
  await stage.run(SPEC);
  await stage.run(SPEC);

  assert.equal(built.length, 3);
  assert.notEqual(stage.cluster.peek(A), undefined);
});

Deno.test("a run without anything sealed asks for keys all the same", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  stage.keys = ok({});

  const got = await stage.run(SPEC);

  assert.equal(got.kind, "ready");
});

Deno.test("decryption as an account needs the gate, in Flux's words", async () => {
  const stage = await openSealedStage();
  const spec = { ...SPEC, decryption: { provider: "sops", serviceAccountName: "x" } };

  const refused = await stage.run(spec);
  stage.settings = { allowsAccounts: true };
  const allowed = await stage.run(spec);

  assert.equal(refused.kind, "stalled");
  assert.equal(refused.reason, "FeatureGateDisabled");
  assert.match(refused.message, /^to use spec\.decryption\.serviceAccountName for decryption/);
  assert.equal(allowed.kind, "ready");
});
