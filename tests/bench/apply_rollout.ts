/**
 * What the apply benchmark rolls out: one Kustomization with many objects, a third each of ConfigMaps, Services and
 * Deployments without pods.
 *
 * @module
 */
import { stringifyJson } from "../../lib/base/mod.ts";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { type Rollout, SOURCE, sourceObject } from "./reconcile_fleet.ts";

const LIMIT_MS = 120_000;
const LIMIT_EACH_MS = 1_000;

/** One Kustomization with `count` objects. */
export function singleOf(count: number): Rollout {
  return {
    ground: (namespace) => [namespaceObject(namespace)],
    objects: (namespace, url) => [sourceObject(namespace, url), kustomizationObject(namespace)],
    files: (version) => ({ "app/objects.yaml": manifests(count, version) }),
    limitMs: LIMIT_MS + count * LIMIT_EACH_MS,
  };
}

/** The objects of version `version` as one file: each differs from that of another version. */
export function manifests(count: number, version: number): string {
  return Array.from({ length: count }, (_, index) => stringifyJson(objectOf(index, version)))
    .join("\n---\n");
}

/** An empty namespace. */
export function namespaceObject(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

function objectOf(index: number, version: number): KubeObject {
  const name = `app-${index}`;
  const metadata = { name, labels: { app: name, version: `${version}` } };
  if (index % 3 === 0) {
    const data = { "app.conf": `listen = ":8080"\nlevel = "info"\nversion = ${version}\n` };
    return { apiVersion: "v1", kind: "ConfigMap", metadata, data };
  }
  if (index % 3 === 1) {
    const ports = [{ name: "http", port: 8000 + version, targetPort: "http" }];
    const spec = { selector: { app: name }, ports };
    return { apiVersion: "v1", kind: "Service", metadata, spec };
  }
  const ports = [{ name: "http", containerPort: 8080 }];
  const resources = { requests: { cpu: "10m", memory: "16Mi" } };
  const container = { name: "app", image: `example.test/app:1.0.${version}`, ports, resources };
  const template = { metadata: { labels: { app: name } }, spec: { containers: [container] } };
  const spec = { replicas: 0, selector: { matchLabels: { app: name } }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
}

/** It does not wait for health, as kubectl does not. */
function kustomizationObject(namespace: string): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { namespace, name: "app" },
    spec: {
      interval: "60m",
      retryInterval: "2m",
      timeout: "10m",
      path: "./app",
      prune: true,
      targetNamespace: namespace,
      sourceRef: { kind: "GitRepository", name: SOURCE },
    },
  };
}
