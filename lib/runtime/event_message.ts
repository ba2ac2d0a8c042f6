/**
 * Events as the two sinks want them: pure functions (contract/common.md §8).
 *
 * @module
 */
import { cutText, formatTime, maskSecrets } from "../base/mod.ts";
import { gvkOf, type KubeObject, namespacedName } from "../kube/mod.ts";
import type { EventRecord } from "./outcome.ts";

/** Annotations with this prefix are copied from an object to its events. */
const COPIED_PREFIX = "event.toolkit.fluxcd.io/";
/** Design D17: what is stored in the cluster stays small. */
const LONGEST_KUBERNETES_MESSAGE_BYTES = 1024;
/** The receiver refuses more; what goes to chat keeps its whole change log. */
const LONGEST_WEBHOOK_MESSAGE_BYTES = 39_000;
/** Names have 253 characters; the time at the end takes up to 20. */
const LONGEST_NAME_PREFIX = 230;

/** Who an event is about. */
export interface InvolvedObject {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
}

/** Something that happened to one object, ready to be sent. */
export interface Happening {
  readonly controller: string;
  readonly instance: string;
  readonly object: InvolvedObject;
  readonly type: EventRecord["type"];
  readonly reason: string;
  /** Without secrets. */
  readonly message: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly atMs: number;
}

/** Puts together what is known of an event. */
export function happeningOf(
  object: KubeObject,
  event: EventRecord,
  from: { controller: string; instance: string; atMs: number; secrets: readonly string[] },
): Happening {
  const { secrets, ...source } = from;
  const annotations = annotationsOf(object, event);
  for (const [key, value] of Object.entries(annotations)) {
    annotations[key] = maskSecrets(value, secrets);
  }
  return {
    ...source,
    object: involvedObject(object),
    type: event.type,
    reason: event.reason,
    message: maskSecrets(event.message, secrets),
    annotations,
  };
}

function involvedObject(object: KubeObject): InvolvedObject {
  const { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } } = object;
  return {
    apiVersion,
    kind,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
}

function annotationsOf(object: KubeObject, event: EventRecord): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const [key, value] of Object.entries(object.metadata.annotations ?? {})) {
    if (key.startsWith(COPIED_PREFIX)) annotations[key] = value;
  }
  const { group } = gvkOf(object);
  for (const [key, value] of Object.entries(event.metadata ?? {})) {
    annotations[key.includes("/") ? key : `${group}/${key}`] = value;
  }
  return annotations;
}

/** Events with the same key are one Kubernetes Event with a count. */
export function sameEventKey(event: Happening): string {
  const { controller, object, type, reason, message } = event;
  const about = object.uid ?? namespacedName(object);
  return JSON.stringify([controller, object.kind, about, kubernetesType(type), reason, message]);
}

function kubernetesType(type: EventRecord["type"]): "Normal" | "Warning" {
  return type === "Warning" ? "Warning" : "Normal";
}

/** A core/v1 Event; `serial` keeps two events of the same millisecond apart. */
export function kubernetesEvent(event: Happening, serial: number): KubeObject {
  const { controller, instance, object, annotations } = event;
  const namespace = object.namespace ?? "default";
  const time = formatTime(event.atMs);
  const nanoseconds = BigInt(Math.trunc(event.atMs)) * 1_000_000n + BigInt(serial % 1_000_000);
  const suffix = nanoseconds.toString(16);
  const hasAnnotations = Object.keys(annotations).length > 0;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: {
      name: `${object.name.slice(0, LONGEST_NAME_PREFIX)}.${suffix}`,
      namespace,
      ...(hasAnnotations && { annotations: { ...annotations } }),
    },
    involvedObject: object,
    reason: event.reason,
    message: cutText(event.message, LONGEST_KUBERNETES_MESSAGE_BYTES),
    type: kubernetesType(event.type),
    source: { component: controller },
    reportingComponent: controller,
    reportingInstance: instance,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}

/** The body that an event receiver takes; nothing for what stays inside the cluster. */
export function webhookBody(event: Happening): Record<string, unknown> | undefined {
  if (event.type === "Trace") return undefined;
  const hasMetadata = Object.keys(event.annotations).length > 0;
  return {
    involvedObject: event.object,
    severity: event.type === "Warning" ? "error" : "info",
    timestamp: formatTime(event.atMs),
    message: cutText(event.message, LONGEST_WEBHOOK_MESSAGE_BYTES),
    reason: event.reason,
    ...(hasMetadata && { metadata: event.annotations }),
    reportingController: event.controller,
    reportingInstance: event.instance,
  };
}
