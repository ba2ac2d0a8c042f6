import assert from "node:assert/strict";
import type { KubeObject } from "../../../lib/kube/mod.ts";
import { portraitOf } from "./portrait.ts";

const MAP: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    namespace: "here",
    name: "a",
    uid: "1",
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { owner: "app" },
    managedFields: [
      { manager: "kustomize-controller", operation: "Apply", time: "1", fieldsV1: { a: {} } },
      { manager: "kubectl", operation: "Update", time: "1", fieldsV1: { b: {} } },
    ],
  },
  data: { key: "of here" },
};
const OWNER: KubeObject = {
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { namespace: "here", name: "app", finalizers: ["finalizers.fluxcd.io"] },
  spec: {},
  status: {
    conditions: [
      { type: "Ready", status: "True", message: "done", lastTransitionTime: "1" },
      { type: "Healthy", status: "True", message: "passed in 12ms", lastTransitionTime: "1" },
    ],
    history: [{ totalReconciliations: 1 }],
    lastAppliedRevision: "one",
  },
};

const same = [
  {
    name: "namespace, uid, version and times",
    one: MAP,
    other: changed(MAP, {
      namespace: "there",
      uid: "2",
      resourceVersion: "2",
      creationTimestamp: "2026-01-02T00:00:00Z",
      managedFields: [
        { manager: "kustomize-controller", operation: "Apply", time: "2", fieldsV1: { a: {} } },
      ],
    }, { data: { key: "of there" } }),
  },
  {
    name: "history, times and how long health took",
    one: OWNER,
    other: changed(OWNER, {}, {
      status: {
        conditions: [
          { type: "Ready", status: "True", message: "done", lastTransitionTime: "2" },
          { type: "Healthy", status: "True", message: "passed in 2s", lastTransitionTime: "2" },
        ],
        history: [{ totalReconciliations: 2 }],
        lastAppliedRevision: "one",
      },
    }),
  },
];

for (const { name, one, other } of same) {
  Deno.test(`portraitOf() leaves out ${name}`, () => {
    assert.deepEqual(portraitOf(one), portraitOf(other));
  });
}

const different = [
  { name: "content", one: MAP, other: changed(MAP, {}, { data: { key: "x" } }) },
  { name: "labels", one: MAP, other: changed(MAP, { labels: {} }) },
  { name: "which fields are ours", one: MAP, other: changed(MAP, { managedFields: [] }) },
  {
    name: "the status of our own kinds",
    one: OWNER,
    other: changed(OWNER, {}, { status: { lastAppliedRevision: "two" } }),
  },
  { name: "finalizers", one: OWNER, other: changed(OWNER, { finalizers: ["x"] }) },
];

for (const { name, one, other } of different) {
  Deno.test(`portraitOf() shows ${name}`, () => {
    assert.notDeepEqual(portraitOf(one), portraitOf(other));
  });
}

function changed(
  object: KubeObject,
  metadata: Partial<KubeObject["metadata"]>,
  fields: Readonly<Record<string, unknown>> = {},
): KubeObject {
  return { ...object, ...fields, metadata: { ...object.metadata, ...metadata } };
}
