import assert from "node:assert/strict";
import { namePush, namespaceOf, nameWrite } from "./write_name.ts";

const CORE = "https://127.0.0.1:6443/api/v1/namespaces";
const OURS = "https://127.0.0.1:6443/apis/kustomize.toolkit.fluxcd.io/v1/namespaces";
const APP = `${OURS}/ns/kustomizations/app`;

const cases = [
  {
    name: "an apply",
    method: "PATCH",
    url: `${CORE}/ns/configmaps/a?fieldManager=kustomize-controller&force=true`,
    body: { kind: "ConfigMap", metadata: { name: "a", finalizers: ["x"] } },
    want: "apply of configmaps/a",
  },
  {
    name: "a delete",
    method: "DELETE",
    url: `${CORE}/ns/configmaps/a`,
    body: {},
    want: "delete of configmaps/a",
  },
  {
    name: "a finalizer that is set",
    method: "PATCH",
    url: APP,
    body: { metadata: { finalizers: ["x"], resourceVersion: "1" } },
    want: "finalizer of kustomizations/app set",
  },
  {
    name: "a finalizer that is taken away",
    method: "PATCH",
    url: APP,
    body: { metadata: { finalizers: [] } },
    want: "finalizer of kustomizations/app taken",
  },
  {
    name: "a write-ahead",
    method: "PATCH",
    url: `${APP}/status?fieldManager=x`,
    body: { status: { inventory: { entries: [] } } },
    want: "checkpoint of kustomizations",
  },
  {
    name: "the end of a run",
    method: "PATCH",
    url: `${APP}/status`,
    body: { status: { conditions: [{ type: "Ready", status: "False" }] } },
    want: "Ready=False of kustomizations",
  },
  {
    name: "a wait for health",
    method: "PATCH",
    url: `${APP}/status`,
    body: {
      status: {
        conditions: [
          { type: "Ready", status: "Unknown" },
          { type: "Reconciling", status: "True", reason: "Progressing", message: "waits" },
          { type: "Healthy", status: "Unknown", message: "waits" },
        ],
      },
    },
    want: "waiting of kustomizations",
  },
  {
    name: "no step of a run that takes long, in front of an older Ready",
    method: "PATCH",
    url: `${APP}/status`,
    body: {
      status: {
        conditions: [
          { type: "Ready", status: "True" },
          { type: "Reconciling", status: "True", reason: "Progressing", message: "fetches" },
          { type: "Healthy", status: "Unknown", message: "waits" },
        ],
      },
    },
    want: undefined,
  },
  {
    name: "what tells of a push",
    method: "PATCH",
    url: `${APP}/status`,
    body: { status: { lastPushCommit: "a", conditions: [{ type: "Ready", status: "True" }] } },
    want: "status of a push",
  },
  { name: "no read", method: "GET", url: APP, body: undefined, want: undefined },
  {
    name: "no dry-run of an apply",
    method: "PATCH",
    url: `${CORE}/ns/configmaps/a?dryRun=All`,
    body: { kind: "ConfigMap" },
    want: undefined,
  },
  {
    name: "no dry-run of a delete",
    method: "DELETE",
    url: `${CORE}/ns/configmaps/a`,
    body: { dryRun: ["All"] },
    want: undefined,
  },
  {
    name: "no event",
    method: "POST",
    url: `${CORE}/ns/events`,
    body: { kind: "Event" },
    want: undefined,
  },
  {
    name: "nothing outside of namespaces",
    method: "PATCH",
    url: `${CORE}/ns`,
    body: { kind: "Namespace" },
    want: undefined,
  },
] as const;

for (const { name, want, ...request } of cases) {
  Deno.test(`nameWrite() names ${name}`, () => {
    assert.equal(nameWrite(request)?.name, want);
  });
}

const requests = [
  ["GET", "ns.git/info/refs?service=git-receive-pack", "look before a push"],
  ["POST", "ns.git/git-receive-pack", "push"],
  ["GET", "ns.git/info/refs?service=git-upload-pack", undefined],
  ["POST", "ns.git/git-upload-pack", undefined],
  ["GET", "ns/info/refs?service=git-receive-pack", undefined],
] as const;

for (const [method, path, want] of requests) {
  Deno.test(`namePush() names ${method} ${path}: ${want}`, () => {
    assert.equal(namePush({ method, url: `http://127.0.0.1:1/${path}` })?.name, want);
  });
}

Deno.test("namespaceOf() reads it of objects and lists, not of namespaces themselves", () => {
  const got = [APP, `${CORE}/ns/configmaps`, `${CORE}/ns`, `${CORE}`].map(namespaceOf);

  assert.deepEqual(got, ["ns", "ns", undefined, undefined]);
});
