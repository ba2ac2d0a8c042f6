import assert from "node:assert/strict";
import type { KubeObject } from "../kube/mod.ts";
import { reasonToRun, REQUESTED_AT } from "./triggers.ts";

const BEFORE = object({});

const cases: { name: string; before?: KubeObject; after: KubeObject; want: string | undefined }[] =
  [
    { name: "nothing new", after: BEFORE, want: undefined },
    { name: "our own status", after: { ...BEFORE, status: { a: 1 } }, want: undefined },
    { name: "a label", after: object({ labels: { a: "1" } }), want: undefined },
    { name: "another annotation", after: object({ annotations: { a: "1" } }), want: undefined },
    { name: "another object of the name", after: object({ uid: "2" }), want: "created again" },
    { name: "a deletion", after: object({ deletionTimestamp: "now" }), want: "deleted" },
    { name: "another spec", after: object({ generation: 2 }), want: "new generation" },
    {
      name: "a request",
      after: object({ annotations: { [REQUESTED_AT]: "1" } }),
      want: "requested",
    },
    {
      name: "a request taken back",
      before: object({ annotations: { [REQUESTED_AT]: "1" } }),
      after: BEFORE,
      want: undefined,
    },
    {
      name: "an annotation of ours",
      after: object({ annotations: { "sluice.dev/x": "1" } }),
      want: "new annotation",
    },
    {
      name: "another value of an annotation of ours",
      before: object({ annotations: { "sluice.dev/x": "1", a: "1" } }),
      after: object({ annotations: { "sluice.dev/x": "2", a: "1" } }),
      want: "new annotation",
    },
    {
      name: "an annotation of ours that is gone",
      before: object({ annotations: { "sluice.dev/x": "1" } }),
      after: BEFORE,
      want: "new annotation",
    },
    {
      name: "an annotation of ours that stays",
      before: object({ annotations: { "sluice.dev/x": "1", a: "1" } }),
      after: object({ annotations: { "sluice.dev/x": "1", a: "2" } }),
      want: undefined,
    },
  ];

for (const { name, before = BEFORE, after, want } of cases) {
  Deno.test(`reasonToRun() with ${name} is ${want ?? "none"}`, () => {
    assert.equal(reasonToRun(before, after), want);
  });
}

function object(metadata: Partial<KubeObject["metadata"]>): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Thing",
    metadata: { name: "a", namespace: "b", uid: "1", generation: 1, ...metadata },
  };
}
