/**
 * Kubernetes objects as files and patches hold them.
 *
 * @module
 */
import fc from "fast-check";
import { type Kind, KINDS } from "./kinds.ts";
import { dictionary, type Json, listOf, type Make, mapOf, oneOf } from "./model.ts";
import { nullable, type Style } from "./style.ts";
import { keys, labelMap, names, namespaces, texts } from "./values.ts";

function metadata(style: Style): Make {
  const annotations = fc.oneof(
    { weight: 6, arbitrary: dictionary(keys, texts) },
    oneOf(
      { "config.kubernetes.io/local-config": "true" },
      { "kustomize.config.k8s.io/needs-hash": "true" },
      { "internal.config.kubernetes.io/prefixes": "p-" },
      { n: "x" },
      { k1: 1, app: true },
    ),
  );
  return mapOf({ name: names }, {
    namespace: namespaces,
    labels: nullable(labelMap, style),
    annotations: nullable(annotations, style),
    finalizers: listOf(names, 2, 0),
    creationTimestamp: oneOf(null),
  }, 2);
}

function objectOf(kind: Kind, style: Style): Make {
  return mapOf(
    { apiVersion: oneOf(kind.apiVersion), kind: oneOf(kind.kind), metadata: metadata(style) },
    kind.body(style),
  );
}

function anyObject(style: Style): Make {
  return fc.oneof(
    ...KINDS.map((kind) => ({ weight: kind.weight, arbitrary: objectOf(kind, style) })),
  );
}

/** Objects as resource files hold them. */
export const objects: Make = fc.oneof(
  { weight: 30, arbitrary: anyObject({ patchy: false }) },
  {
    weight: 1,
    arbitrary: listOf(anyObject({ patchy: false }), 2).map((them) => ({
      apiVersion: "v1",
      kind: "List",
      items: them,
    })),
  },
);

/** Objects as strategic merge patches hold them. */
export const patchObjects: Make = fc.oneof(
  { weight: 20, arbitrary: anyObject({ patchy: true }) },
  {
    weight: 1,
    arbitrary: fc.tuple(anyObject({ patchy: true }), oneOf("delete", "replace", "merge")).map(
      ([it, word]): Json => typeof it === "object" && it !== null ? { ...it, $patch: word } : it,
    ),
  },
);
