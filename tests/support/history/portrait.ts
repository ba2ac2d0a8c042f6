/**
 * Objects without what differs from run to run, so that the outcome of one can be held against another's.
 *
 * @module
 */
import { isRecord, stringifyJson } from "../../../lib/base/mod.ts";
import type { KubeObject } from "../../../lib/kube/mod.ts";

const OUR_MANAGERS = new Set(["kustomize-controller", "source-controller"]);
/** Times, counters and addresses of a status. */
const VOLATILE = new Set(["lastTransitionTime", "lastUpdateTime", "history", "url"]);

/**
 * What the controllers are answerable for in an object: its content, labels and annotations, which fields
 * are theirs, and, of our own kinds, its status. The name of its namespace reads `NAMESPACE`.
 */
export function portraitOf(object: KubeObject): unknown {
  const { apiVersion, kind, metadata, status, ...content } = object;
  const { namespace = "", name, labels, annotations, finalizers, managedFields = [] } = metadata;
  const managed = managedFields
    .filter(({ manager = "" }) => OUR_MANAGERS.has(manager))
    .map(({ manager, operation, subresource, fieldsV1 }) => ({
      manager,
      operation,
      subresource,
      // A status is a union of what its conditions were in turn; the rest is what was applied.
      fields: subresource === undefined ? fieldsV1 : undefined,
    }))
    .sort((a, b) => (stringifyJson(a) < stringifyJson(b) ? -1 : 1));
  const isOurs = apiVersion.includes(".toolkit.fluxcd.io/") && finalizers !== undefined;
  const portrait = {
    apiVersion,
    kind,
    name,
    annotations,
    finalizers,
    managed,
    content,
    // Our own kinds were labelled by the test.
    ...(isOurs ? { status: settled(status) } : { labels }),
  };
  return JSON.parse(stringifyJson(portrait).replaceAll(namespace, "NAMESPACE"));
}

function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settled);
  if (!isRecord(value)) return value;
  // How long it took.
  if (value.type === "Healthy") return { type: value.type, status: value.status };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !VOLATILE.has(key))
      .map(([key, inner]) => [key, settled(inner)]),
  );
}
