import assert from "node:assert/strict";
import type { KubeObject, LiveWatch, ObjectRef } from "../../lib/kube/mod.ts";
import { inventoryId } from "../../lib/kube/ssa/mod.ts";
import { appliedObject, fingerprintOf, holdWatches, isKnownUnchanged, Memory } from "./memory.ts";

const REF: ObjectRef = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "a" };
const OBJECT: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "apps", name: "a", uid: "u", resourceVersion: "5" },
  data: { key: "1" },
};

/** A live watch that counts who uses which kind. */
function countingWatch() {
  const users = new Map<string, number>();
  const taken: string[] = [];
  const add = (kind: string, count: number) => users.set(kind, (users.get(kind) ?? 0) + count);
  const live: Pick<LiveWatch, "ensure"> = {
    ensure({ kind }, { full }) {
      add(kind, 1);
      taken.push(`${kind}${full ? " full" : ""}`);
      return () => void add(kind, -1);
    },
  };
  return { live, users, taken };
}

Deno.test("holdWatches() holds each kind once and gives back those that are no more", () => {
  const memory = new Memory();
  const { live, users, taken } = countingWatch();
  const secret = { ...REF, kind: "Secret" };

  holdWatches(memory.of("apps/a"), live, [REF, { ...REF, name: "b" }, secret], true);
  holdWatches(memory.of("apps/a"), live, [REF], false);

  assert.deepEqual(taken, ["ConfigMap full", "Secret full", "ConfigMap"]);
  assert.deepEqual([...users], [["ConfigMap", 1], ["Secret", 0]]);
});

Deno.test("Memory gives all watches back of a Kustomization that is gone", () => {
  const memory = new Memory();
  const { live, users } = countingWatch();
  holdWatches(memory.of("apps/a"), live, [REF], true);

  memory.forget("apps/a");
  memory.forget("apps/never-was");

  assert.deepEqual([...users.values()], [0]);
  assert.equal(memory.peek("apps/a"), undefined);
});

const DEPLOYED = { name: "d", uid: "u", generation: 3, resourceVersion: "9", labels: { a: "1" } };

const prints = [
  { name: "a status write", metadata: { ...DEPLOYED, resourceVersion: "10" }, isSame: true },
  { name: "labels in another order", metadata: { ...DEPLOYED, labels: { a: "1" } }, isSame: true },
  { name: "a new generation", metadata: { ...DEPLOYED, generation: 4 }, isSame: false },
  { name: "a label", metadata: { ...DEPLOYED, labels: { a: "2" } }, isSame: false },
  {
    name: "the count of rollouts",
    metadata: { ...DEPLOYED, annotations: { "deployment.kubernetes.io/revision": "2" } },
    isSame: true,
  },
  { name: "an annotation", metadata: { ...DEPLOYED, annotations: { x: "" } }, isSame: false },
  { name: "another object of the name", metadata: { ...DEPLOYED, uid: "v" }, isSame: false },
  {
    name: "a deletion",
    metadata: { ...DEPLOYED, deletionTimestamp: "2026-01-01T00:00:00Z" },
    isSame: false,
  },
];

for (const { name, metadata, isSame } of prints) {
  Deno.test(`fingerprintOf() ${isSame ? "does not see" : "sees"} ${name}`, () => {
    assert.equal(fingerprintOf(metadata) === fingerprintOf(DEPLOYED), isSame);
  });
}

Deno.test("fingerprintOf() goes by the version of what has no generation", () => {
  const [one, other] = ["5", "6"].map((resourceVersion) =>
    fingerprintOf({ name: "a", uid: "u", resourceVersion })
  );

  assert.notEqual(one, other);
});

const known = [
  { name: "is as it was left", want: true },
  { name: "was changed", live: { ...OBJECT.metadata, resourceVersion: "6" }, want: false },
  { name: "is not there", live: null, want: false },
  { name: "shall be another", desired: { ...OBJECT, data: { key: "2" } }, want: false },
  { name: "is shown by a watch that does not run", trouble: "Forbidden", want: false },
];

for (const { name, live, desired = OBJECT, trouble, want } of known) {
  Deno.test(`isKnownUnchanged() is ${want} for what ${name}`, () => {
    const remembered = new Memory().of("apps/a");
    remembered.applied.set(inventoryId(REF), appliedObject(OBJECT, OBJECT.metadata));
    const seen = live === null ? undefined : { ...OBJECT, metadata: live ?? OBJECT.metadata };

    const got = isKnownUnchanged(remembered, desired, {
      get: () => seen,
      trouble: () => (trouble === undefined ? undefined : { code: trouble, message: "" }),
    });

    assert.equal(got, want);
  });
}
