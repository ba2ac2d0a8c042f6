/**
 * The variables that `postBuild.substituteFrom` refers to.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import type { Cluster, KubeObject } from "../kube/mod.ts";
import { secretData } from "./credentials.ts";
import type { VariableSource } from "./substitute.ts";

/** A named set of variables asked for by `substituteFrom`. */
export interface VariableRequest {
  /** `ConfigMap` or `Secret`. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
  /** Whether it may be missing. */
  readonly optional: boolean;
}

/** What of `postBuild` names such sets. */
export interface VariableUser {
  /** In order; later ones win. */
  readonly substituteFrom?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly optional?: boolean;
  }[];
}

/**
 * What `postBuild` refers to, in order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const substituteFrom = [{ kind: "ConfigMap", name: "vars" }];
 * assert.deepEqual(variableRequests({ substituteFrom }), [
 *   { kind: "ConfigMap", name: "vars", optional: false },
 * ]);
 * ```
 */
export function variableRequests({ substituteFrom = [] }: VariableUser): VariableRequest[] {
  return substituteFrom.map(({ kind, name, optional = false }) => ({ kind, name, optional }));
}

/** The entries of ConfigMaps and Secrets; an optional one that is missing is left out. */
export async function readVariables(
  cluster: Cluster,
  namespace: string,
  requests: readonly VariableRequest[],
): Promise<Result<VariableSource[]>> {
  const sources: VariableSource[] = [];
  for (const { kind, name, optional } of requests) {
    const read = await cluster.get({ apiVersion: "v1", kind, namespace, name });
    if (!read.ok && read.code === "NotFound" && optional) continue;
    if (!read.ok) {
      return fail(read.code, `substitute from '${kind}/${name}' error: ${read.message}`, read);
    }
    sources.push({ name: `${kind}/${name}`, data: dataOf(read.value) });
  }
  return ok(sources);
}

function dataOf(object: KubeObject): Record<string, string> {
  if (object.kind === "Secret") return Object.fromEntries(secretData(object));
  const { data } = object;
  if (typeof data !== "object" || data === null) return {};
  const entries = Object.entries(data).filter(([, value]) => typeof value === "string");
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}
