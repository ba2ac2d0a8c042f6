import assert from "node:assert/strict";
import type { KubeObject } from "../object.ts";
import { type IgnoreRule, leavePaths, readIgnoreRules, withoutPaths } from "./ignored_paths.ts";

const OURS = "kustomize-controller";

function deployment(replicas: number | undefined, manager?: string): KubeObject {
  const fieldsV1 = { "f:spec": { "f:replicas": {} } };
  const managedFields = manager === undefined
    ? []
    : [{ manager, operation: "Apply", fieldsType: "FieldsV1", fieldsV1 }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "web",
      namespace: "shop",
      labels: { tier: "front" },
      annotations: { "a/b": "1" },
      managedFields,
    },
    spec: { ...(replicas !== undefined && { replicas }), list: ["x", "y", "z"] },
  };
}

const targets: { target: IgnoreRule["target"]; want: boolean }[] = [
  { target: undefined, want: true },
  { target: { kind: "Deployment" }, want: true },
  { target: { kind: "Deploy" }, want: false },
  { target: { kind: "Deploy.*", group: "apps", version: "v1" }, want: true },
  { target: { name: "we|b" }, want: false },
  { target: { name: "w.b", namespace: "shop" }, want: true },
  { target: { group: "batch" }, want: false },
  { target: { labelSelector: "tier in (front, back)" }, want: true },
  { target: { labelSelector: "tier=back" }, want: false },
  { target: { annotationSelector: "a/b" }, want: true },
  { target: { annotationSelector: "!a/b" }, want: false },
];

for (const { target, want } of targets) {
  Deno.test(`readIgnoreRules() ${want ? "takes" : "leaves"} a Deployment for ${JSON.stringify(target)}`, () => {
    const rules = readIgnoreRules([{ paths: ["/spec/replicas"], ...(target && { target }) }]);

    assert.deepEqual(rules.ok && rules.value(deployment(1)), want ? ["/spec/replicas"] : []);
  });
}

const wrong: { rule: IgnoreRule; names: string }[] = [
  { rule: { paths: ["spec/replicas"] }, names: "spec.ignore[0].paths" },
  { rule: { paths: [], target: { name: "a(" } }, names: "spec.ignore[0].target.name" },
  { rule: { paths: [], target: { kind: "a".repeat(2_000) } }, names: "spec.ignore[0].target.kind" },
  {
    rule: { paths: [], target: { labelSelector: "a in (" } },
    names: "spec.ignore[0].target.label",
  },
];

for (const { rule, names } of wrong) {
  Deno.test(`readIgnoreRules() names ${names} when it cannot be read`, () => {
    const rules = readIgnoreRules([rule]);

    assert.equal(!rules.ok && rules.code, "InvalidIgnoreRule");
    assert.ok(!rules.ok && rules.message.startsWith(names), rules.ok ? "" : rules.message);
  });
}

Deno.test("withoutPaths() takes out what is there, and leaves the object as it was", () => {
  const object = deployment(1);
  const paths = [
    "/spec/replicas",
    "/spec/list/0",
    "/spec/list/2",
    "/metadata/annotations/a~1b",
    "/x/y",
  ];

  const got = withoutPaths(object, paths);

  assert.deepEqual(got.spec, { list: ["y"] });
  assert.deepEqual(got.metadata.annotations, {});
  assert.deepEqual(object, deployment(1));
  assert.equal(withoutPaths(object, ["/x", "/spec/list/3", "/spec/list/-"]), object);
});

const sent: { name: string; live: KubeObject; want: number | undefined }[] = [
  { name: "as it is wanted where it is the same", live: deployment(1, "hpa"), want: 1 },
  { name: "as it is live where nobody applies it", live: deployment(5), want: 5 },
  { name: "as it is live where we apply it", live: deployment(5, OURS), want: 5 },
  { name: "not at all where another one applies it", live: deployment(5, "hpa"), want: undefined },
  { name: "not at all where it is gone", live: deployment(undefined), want: undefined },
];

for (const { name, live, want } of sent) {
  Deno.test(`leavePaths() sends a part ${name}`, () => {
    const got = leavePaths(deployment(1), live, ["/spec/replicas", "/spec/nothing"], OURS);

    assert.deepEqual(got.spec, deployment(want).spec);
  });
}
