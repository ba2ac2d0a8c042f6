import assert from "node:assert/strict";
import type { KubeObject } from "../kube/mod.ts";
import { happeningOf, kubernetesEvent, sameEventKey, webhookBody } from "./event_message.ts";
import type { EventRecord } from "./outcome.ts";

const FROM = {
  controller: "source-controller",
  instance: "pod-1",
  atMs: Date.UTC(2026, 0, 1),
  secrets: ["hunter22"],
};
const STORED: EventRecord = {
  type: "Normal",
  reason: "NewArtifact",
  message: "stored artifact for commit 'change 1'",
  metadata: { revision: "main@sha1:1", "other.dev/x": "y" },
};

Deno.test("kubernetesEvent() is a core/v1 Event of the controller", () => {
  const event = kubernetesEvent(happeningOf(repository(), STORED, FROM), 7);

  assert.deepEqual(event, {
    apiVersion: "v1",
    kind: "Event",
    metadata: {
      // The name client-go gives: nanoseconds since 1970, in hexadecimal.
      name: "app.18867251edfa0007",
      namespace: "apps",
      annotations: {
        "source.toolkit.fluxcd.io/revision": "main@sha1:1",
        "other.dev/x": "y",
      },
    },
    involvedObject: {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      name: "app",
      namespace: "apps",
      uid: "u1",
      resourceVersion: "5",
    },
    reason: "NewArtifact",
    message: "stored artifact for commit 'change 1'",
    type: "Normal",
    source: { component: "source-controller" },
    reportingComponent: "source-controller",
    reportingInstance: "pod-1",
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:00Z",
    count: 1,
  });
});

Deno.test("webhookBody() is what a receiver of Flux reads", () => {
  const body = webhookBody(happeningOf(repository(), STORED, FROM));

  assert.deepEqual(body, {
    involvedObject: {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      name: "app",
      namespace: "apps",
      uid: "u1",
      resourceVersion: "5",
    },
    severity: "info",
    timestamp: "2026-01-01T00:00:00Z",
    message: "stored artifact for commit 'change 1'",
    reason: "NewArtifact",
    metadata: { "source.toolkit.fluxcd.io/revision": "main@sha1:1", "other.dev/x": "y" },
    reportingController: "source-controller",
    reportingInstance: "pod-1",
  });
});

Deno.test("webhookBody() has no metadata where there is none, and a Warning is an error", () => {
  const event = { type: "Warning", reason: "Failed", message: "m" } as const;

  const body = webhookBody(happeningOf(repository(), event, FROM));

  assert.equal(body?.["severity"], "error");
  assert.equal("metadata" in (body ?? {}), false);
});

Deno.test("a Trace event is Normal in the cluster and never leaves it", () => {
  const event = { type: "Trace", reason: "ArtifactUpToDate", message: "m" } as const;
  const happening = happeningOf(repository(), event, FROM);

  assert.equal(kubernetesEvent(happening, 0)["type"], "Normal");
  assert.equal(webhookBody(happening), undefined);
});

Deno.test("happeningOf() copies the object's event annotations, and no others", () => {
  const object = repository({
    "event.toolkit.fluxcd.io/change_request": "12",
    "kubectl.kubernetes.io/last-applied-configuration": "{}",
  });

  const { annotations } = happeningOf(object, { type: "Normal", reason: "R", message: "m" }, FROM);

  assert.deepEqual(annotations, { "event.toolkit.fluxcd.io/change_request": "12" });
});

Deno.test("happeningOf() masks secrets in message and metadata", () => {
  const event: EventRecord = {
    type: "Warning",
    reason: "Failed",
    message: "cannot reach https://bob:pw@host/x with hunter22",
    metadata: { token: "hunter22" },
  };

  const { message, annotations } = happeningOf(repository(), event, FROM);

  assert.equal(message, "cannot reach https://*****@host/x with *****");
  assert.deepEqual(annotations, { "source.toolkit.fluxcd.io/token": "*****" });
});

Deno.test("messages are cut where their sink would refuse them", () => {
  const event = { type: "Normal", reason: "R", message: "x".repeat(50_000) } as const;
  const happening = happeningOf(repository(), event, FROM);

  assert.equal(String(kubernetesEvent(happening, 0)["message"]).length, 1024);
  assert.equal(String(webhookBody(happening)?.["message"]).length, 39_000);
});

Deno.test("kubernetesEvent() keeps its name within the limit for the longest object name", () => {
  const object = repository();
  object.metadata.name = "x".repeat(253);

  const { metadata } = kubernetesEvent(happeningOf(object, STORED, FROM), 999_999);

  assert.ok(metadata.name.length <= 253);
});

Deno.test("sameEventKey() tells events apart by object, type, reason and message", () => {
  const base = happeningOf(repository(), STORED, FROM);

  const keys = [
    base,
    { ...base, reason: "Other" },
    { ...base, message: "other" },
    { ...base, type: "Warning" as const },
    { ...base, object: { ...base.object, uid: "u2" } },
  ].map(sameEventKey);

  assert.equal(new Set(keys).size, keys.length);
  assert.equal(sameEventKey({ ...base, atMs: 1, annotations: {} }), keys[0]);
});

function repository(annotations?: Record<string, string>): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: {
      name: "app",
      namespace: "apps",
      uid: "u1",
      resourceVersion: "5",
      ...(annotations && { annotations }),
    },
    spec: {},
  };
}
