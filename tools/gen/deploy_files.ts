/**
 * The parts of `deploy/` that schemas, flags and the image know: definitions and Deployments.
 *
 * @module
 */
import { ALL_KINDS, definitionOf } from "../../crds/mod.ts";
import { emitDocuments, emitYaml, fromPlain } from "../../lib/yaml/mod.ts";
import { YAML_HEADER } from "./definition_files.ts";
import { deploymentOf, WORKLOADS } from "./deployments.ts";

type Files = ReadonlyMap<string, string>;

/** The CustomResourceDefinitions as a kustomize base: its files by name. */
export function definitionBase(): Files {
  const definitions = ALL_KINDS.map((kind) => fromPlain(definitionOf(kind)));
  return new Map([
    ["definitions.yaml", YAML_HEADER + emitDocuments(definitions)],
    ["kustomization.yaml", kustomizationOf(["definitions.yaml"])],
  ]);
}

/** One Deployment for each component. */
export function splitBase(): Files {
  return workloadBase(WORKLOADS.filter(({ components }) => components.length === 1));
}

/** One Deployment for all components. */
export function allInOneBase(): Files {
  return workloadBase(WORKLOADS.filter(({ components }) => components.length > 1));
}

function workloadBase(workloads: typeof WORKLOADS): Files {
  const files = new Map(workloads.map((workload) => [
    `${workload.name}.yaml`,
    YAML_HEADER + emitYaml(fromPlain(deploymentOf(workload))),
  ]));
  return new Map([...files, ["kustomization.yaml", kustomizationOf([...files.keys()])]]);
}

function kustomizationOf(resources: readonly string[]): string {
  return YAML_HEADER + emitYaml(fromPlain({
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources,
  }));
}
