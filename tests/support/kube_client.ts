/**
 * Our own client in front of the control plane of the tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Cluster,
  type KubeObject,
  openCluster,
  type OpenClusterOptions,
} from "../../lib/kube/mod.ts";
import type { Result } from "../../lib/base/mod.ts";
import type { TestCluster } from "./control_plane.ts";

/** Opens the cluster as its administrator; with `server`, at another address. */
export async function openTestClient(
  cluster: TestCluster,
  options: Omit<OpenClusterOptions, "kubeconfig"> & { server?: string } = {},
): Promise<Cluster> {
  const { server, ...rest } = options;
  const text = await Deno.readTextFile(cluster.kubeconfigPath);
  const kubeconfig = server === undefined ? text : text.replace(/https:\/\/[\w.]+:\d+/, server);
  const opened = await openCluster({
    kubeconfig,
    readFile: (path) => Deno.readTextFile(path),
    ...rest,
  });
  return valueOf(opened);
}

/** The value of a result that must be one. */
export function valueOf<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? "" : `${result.code}: ${result.message}`);
  return result.value;
}

/** Asks `isTrue` until it is, for at most `limitMs`; gives the time that took. */
export async function until(isTrue: () => boolean, limitMs = 60_000): Promise<number> {
  const startMs = performance.now();
  while (!isTrue()) {
    const tookMs = performance.now() - startMs;
    if (tookMs > limitMs) throw new Error(`not so within ${limitMs} ms: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - startMs;
}

/** A kind of its own for one test, with a status and whatever fields one likes. */
export function anyDefinition(group: string, kind: string): KubeObject {
  const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular, listKind: `${kind}List` },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: schema },
      }],
    },
  };
}
