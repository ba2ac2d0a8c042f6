/**
 * Containers, pods and workloads.
 *
 * @module
 */
import fc from "fast-check";
import { listOf, type Make, mapOf, oneOf } from "./model.ts";
import { items, nullable, type Style } from "./style.ts";
import { images, labelMap, names, scalars, texts } from "./values.ts";

/** A container of a pod. */
export function container(style: Style): Make {
  const variable = mapOf({ name: fc.constantFrom("A", "B", "C") }, {
    value: nullable(scalars, style),
    valueFrom: oneOf(
      { configMapKeyRef: { name: "cm", key: "k1" } },
      { secretKeyRef: { name: "db", key: "k1", optional: true } },
      { fieldRef: { fieldPath: "metadata.name" } },
    ),
  }, 1);
  const port = mapOf({ containerPort: oneOf(80, 8080) }, {
    protocol: oneOf("TCP", "UDP"),
    name: oneOf("http", "web"),
    hostPort: oneOf(1),
  }, 2);
  return mapOf({ name: fc.constantFrom("main", "side", "main") }, {
    image: nullable(images, style),
    env: items(style, variable),
    ports: items(style, port),
    envFrom: items(
      style,
      oneOf({ configMapRef: { name: "cm" } }, { secretRef: { name: "db" }, prefix: "P" }),
    ),
    command: listOf(texts, 3, 0),
    args: listOf(texts, 2),
    volumeMounts: items(
      style,
      mapOf({ mountPath: oneOf("/a", "/b"), name: oneOf("v1", "v2") }, { readOnly: oneOf(true) }),
    ),
    resources: nullable(oneOf({ limits: { cpu: 1 } }, { limits: { memory: "1Gi" } }, {}), style),
    securityContext: nullable(oneOf({ runAsUser: 1 }, { privileged: true }), style),
  }, 4);
}

/** What a pod runs, in which volumes and accounts. */
export function podSpec(style: Style): Make {
  const volume = mapOf({ name: oneOf("v1", "v2") }, {
    configMap: nullable(
      oneOf({ name: "cm" }, { name: "cm", items: [{ key: "k1", path: "p" }] }),
      style,
    ),
    secret: oneOf({ secretName: "db" }),
    persistentVolumeClaim: oneOf({ claimName: "db" }),
    projected: oneOf({ sources: [{ configMap: { name: "cm" } }, { secret: { name: "db" } }] }),
    emptyDir: oneOf({}),
  }, 1);
  return mapOf(style.patchy ? {} : { containers: items(style, container(style)) }, {
    containers: items(style, container(style)),
    initContainers: items(style, container(style), 2),
    volumes: items(style, volume),
    serviceAccountName: names,
    imagePullSecrets: items(style, mapOf({ name: names }), 2),
    nodeSelector: nullable(labelMap, style),
    tolerations: items(style, mapOf({ key: names }, { operator: oneOf("Exists") }), 2),
    priorityClassName: names,
    hostAliases: items(
      style,
      mapOf({ ip: oneOf("1.1.1.1", "2.2.2.2") }, { hostnames: oneOf(["h"]) }),
    ),
    topologySpreadConstraints: items(
      style,
      oneOf({
        topologyKey: "z",
        whenUnsatisfiable: "x",
        labelSelector: { matchLabels: { app: "x" } },
      }),
      1,
    ),
    affinity: oneOf({
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{
          topologyKey: "z",
          labelSelector: { matchLabels: { app: "x" } },
        }],
      },
    }),
  }, 3);
}

/** Pods as workloads make them. */
export function template(style: Style): Make {
  return mapOf({ spec: podSpec(style) }, {
    metadata: mapOf({}, { labels: labelMap, annotations: labelMap, name: names }),
  });
}

/** The `spec` of Deployments and their like. */
export function workload(style: Style): Make {
  return mapOf({}, {
    replicas: nullable(oneOf(0, 1, 3, "3"), style),
    selector: oneOf({ matchLabels: { app: "x" } }, { matchLabels: {} }, {}),
    template: template(style),
    strategy: oneOf({ type: "Recreate" }, { rollingUpdate: { maxSurge: 1 } }, {
      $retainKeys: ["type"],
    }),
    volumeClaimTemplates: items(style, oneOf({ metadata: { name: "db" }, spec: {} }), 1),
    serviceName: names,
  }, 4);
}
