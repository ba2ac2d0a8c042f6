import assert from "node:assert/strict";
import type { KubeObject, ManagedFields } from "../object.ts";
import { diffObjects, foreignSteps, keepForeign, managersOf } from "./mod.ts";

const OURS = "kustomize-controller";

function object(spec: Record<string, unknown>, managedFields: ManagedFields[] = []): KubeObject {
  return { apiVersion: "v1", kind: "Thing", metadata: { name: "a", managedFields }, spec };
}

const app = (image: string, more = {}) => ({ name: "app", image, ...more });
const sidecar = { name: "sidecar", image: "s:1" };

const kept = [
  {
    name: "a value",
    last: { n: 1 },
    live: { n: 5 },
    next: { n: 2, x: "new" },
    want: { n: 5, x: "new" },
  },
  {
    name: "a field that was taken away",
    last: { n: 1, m: 1 },
    live: { m: 1 },
    next: { n: 2, m: 2 },
    want: { m: 2 },
  },
  {
    name: "a field that git gave up",
    last: { n: 1 },
    live: { n: 5 },
    next: { m: 1 },
    want: { m: 1 },
  },
  {
    name: "an item of a list by its name, wherever it stands",
    last: { list: [app("a:1")] },
    live: { list: [sidecar, app("a:5")] },
    merged: { list: [sidecar, app("a:1")] },
    next: { list: [{ name: "first", image: "f:1" }, app("a:2", { tty: true })] },
    want: { list: [{ name: "first", image: "f:1" }, app("a:5", { tty: true })] },
  },
  {
    name: "an item that was taken away",
    last: { list: [app("a:1"), sidecar] },
    live: { list: [app("a:1")] },
    next: { list: [app("a:2"), sidecar] },
    want: { list: [app("a:2")] },
  },
  {
    name: "an item that git gave up",
    last: { list: [app("a:1"), sidecar] },
    live: { list: [app("a:1"), { ...sidecar, image: "s:9" }] },
    next: { list: [app("a:2")] },
    want: { list: [app("a:2")] },
  },
  {
    name: "a list without names as a whole",
    last: { args: ["a", "b"] },
    live: { args: ["a", "c"] },
    next: { args: ["z", "b"], n: 1 },
    want: { args: ["a", "c"], n: 1 },
  },
  {
    name: "ports by number and protocol",
    last: {
      ports: [{ containerPort: 53, protocol: "UDP", hostPort: 1 }, {
        containerPort: 53,
        hostPort: 1,
      }],
    },
    live: {
      ports: [{ containerPort: 53, protocol: "UDP", hostPort: 1 }, {
        containerPort: 53,
        hostPort: 9,
      }],
    },
    next: {
      ports: [{ containerPort: 53, hostPort: 2 }, {
        containerPort: 53,
        protocol: "UDP",
        hostPort: 2,
      }],
    },
    want: {
      ports: [{ containerPort: 53, hostPort: 9 }, {
        containerPort: 53,
        protocol: "UDP",
        hostPort: 2,
      }],
    },
  },
  {
    name: "a key with a slash",
    last: { "a/b": 1 },
    live: { "a/b": 2 },
    next: { "a/b": 3 },
    want: { "a/b": 2 },
  },
];

for (const { name, last, live, merged = last, next, want } of kept) {
  Deno.test(`keepForeign() keeps ${name}`, () => {
    const found = object(live);
    const steps = foreignSteps(found, diffObjects(found, object(merged)), {
      fieldManager: OURS,
      isBaseKnown: true,
    });

    const desired = object(next);
    const got = keepForeign(desired, found, steps, OURS);

    assert.deepEqual(got.spec, want);
    assert.deepEqual(desired.spec, next, "what is desired is not changed");
  });
}

Deno.test("keepForeign() leaves out what another manager applies", () => {
  const fieldsV1 = { "f:spec": { "f:n": {} } };
  const live = object({ n: 5 }, [{ manager: "hpa", operation: "Apply", fieldsV1 }]);
  const steps = diffObjects(live, object({ n: 1 }));

  assert.deepEqual(keepForeign(object({ n: 2, m: 1 }), live, steps, OURS).spec, { m: 1 });
});

Deno.test("foreignSteps() goes by the managers where nobody knows what was applied", () => {
  const fields = (name: string) => ({ "f:spec": { [`f:${name}`]: {} } });
  const live = object({ ours: 1, theirs: 1, nobodys: 1 }, [
    { manager: OURS, operation: "Apply", fieldsV1: fields("ours") },
    { manager: "somebody", operation: "Update", fieldsV1: fields("theirs") },
  ]);
  const steps = diffObjects(live, object({ ours: 2, theirs: 2, nobodys: 2, fresh: 2 }));

  const got = foreignSteps(live, steps, { fieldManager: OURS, isBaseKnown: false });

  assert.deepEqual(got.map(({ path }) => path), ["/spec/theirs"]);
});

const FIELDS = {
  "f:metadata": { "f:labels": { "f:a/b": {} } },
  "f:spec": {
    "f:list": { 'k:{"name":"app"}': { ".": {}, "f:image": {} }, "k:broken": {} },
    "f:set": { 'v:"x"': {} },
    "f:whole": {},
  },
};

const owned = [
  { pointer: "/metadata/labels/a~1b", is: true },
  { pointer: "/metadata/labels/c", is: false },
  { pointer: "/metadata/labels", is: true },
  { pointer: "/spec/list/1/image", is: true },
  { pointer: "/spec/list/1/tty", is: false },
  { pointer: "/spec/list/0/image", is: false },
  { pointer: "/spec/list/-", is: false },
  { pointer: "/spec/set/0", is: true },
  { pointer: "/spec/set/1", is: false },
  { pointer: "/spec/whole/deep/down", is: true },
  { pointer: "/spec/none", is: false },
];

for (const { pointer, is } of owned) {
  Deno.test(`managersOf() ${is ? "finds" : "finds nobody at"} ${pointer}`, () => {
    const entry = { manager: "m", operation: "Update", fieldsV1: FIELDS };
    const live = object({ list: [sidecar, app("a:1")], set: ["x", "y"], whole: {} }, [entry]);

    assert.deepEqual(managersOf(live, pointer), is ? ["m"] : []);
  });
}
