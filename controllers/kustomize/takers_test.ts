import assert from "node:assert/strict";
import type { Kustomization } from "../../crds/mod.ts";
import type { Change } from "../../lib/kube/mod.ts";
import { openStage } from "./fakes_test.ts";
import { Takers } from "./takers.ts";

const REVISION = "main@sha1:2";

/** The others as the local copy has them, and whose runs were started. */
function openTakers() {
  const stage = openStage({});
  const copy = new Map<string, Kustomization>();
  const started: string[] = [];
  const applied = new Set<string>();
  const takers = new Takers({
    claims: {
      ...stage.claims,
      hasApplied: ({ metadata: { name } }, revision) => revision === REVISION && applied.has(name),
    },
    known: ({ name }) => copy.get(name),
    enqueue: (key, why) => started.push(`${key}: ${why}`),
  });
  const other = (name: string, metadata = {}, spec = {}) =>
    stage.object(spec, { name, resourceVersion: "10", ...metadata });
  function show(object: Kustomization, type: Change["type"] = "updated"): void {
    copy.set(object.metadata.name, object);
    takers.notice({ type, object: { ...object } });
  }
  return { takers, copy, started, applied, other, show, self: stage.object({}) };
}

const changes: readonly {
  readonly name: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly type?: Change["type"];
  readonly applies?: boolean;
  readonly runs: boolean;
}[] = [
  { name: "has applied the revision", applies: true, runs: true },
  { name: "has another status", runs: false },
  { name: "has another spec", metadata: { generation: 2 }, runs: true },
  { name: "is suspended", spec: { suspend: true }, runs: true },
  { name: "is gone", type: "deleted", runs: true },
  {
    name: "is shown as it was before it was read",
    metadata: { resourceVersion: "9", generation: 0 },
    runs: false,
  },
];

for (const { name, metadata, spec, type, applies = false, runs } of changes) {
  Deno.test(`who left something to one that ${name} ${runs ? "runs" : "waits on"}`, () => {
    const { takers, started, applied, other, show, self } = openTakers();
    takers.await(self, REVISION, [other("b")]);
    if (applies) applied.add("b");

    show(other("b", { resourceVersion: "11", ...metadata }, spec), type);
    show(other("b", { resourceVersion: "12", ...metadata }, spec), type);

    const want = runs ? [`apps/app: apps/b is past revision ${REVISION}`] : [];
    assert.deepEqual(started, want);
  });
}

Deno.test("the last of several that were waited for starts the run, once", () => {
  const { takers, started, applied, other, show, self } = openTakers();
  takers.await(self, REVISION, [other("b"), other("c")]);

  applied.add("b").add("c");
  show(other("unasked"));
  show(other("b"));
  const before = [...started];
  show(other("c"));
  show(other("c"));

  assert.deepEqual(before, []);
  assert.equal(started.length, 1);
});

Deno.test("what happened before the wait began counts; what the copy does not have yet is waited for", () => {
  const { takers, copy, started, applied, other, show, self } = openTakers();
  applied.add("b");
  copy.set("b", other("b", { resourceVersion: "11" }));

  takers.await(self, REVISION, [other("b")]);
  const atOnce = started.length;
  takers.await(self, REVISION, [other("fresh")]);
  const before = started.length;
  applied.add("fresh");
  show(other("fresh"), "added");

  assert.deepEqual([atOnce, before, started.length], [1, 1, 2]);
});

Deno.test("a new wait ends the one before, and so does the end of who waits", () => {
  const { takers, started, applied, other, show, self } = openTakers();
  takers.await(self, REVISION, [other("b")]);
  takers.await(self, "main@sha1:3", [other("c")]);

  applied.add("b").add("c");
  show(other("b"));
  show(other("c"));
  takers.await(self, REVISION, [other("b", { resourceVersion: "99" })]);
  takers.await(self, REVISION, []);
  show(other("b", { resourceVersion: "99" }));
  takers.await(self, REVISION, [other("b", { resourceVersion: "100" })]);
  show(self, "deleted");
  show(other("b", { resourceVersion: "100" }));

  assert.deepEqual(started, []);
});
