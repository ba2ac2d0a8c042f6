/**
 * What users of Flux v1 have: annotations on workloads, patterns of tags, the tables of `fluxctl`.
 *
 * @module
 */
export * from "./automated.ts";
export * from "./image_ref.ts";
export * from "./images_json.ts";
export * from "./newest.ts";
export { hasPolicy, isAutomated, type Policies, policiesOf } from "./policies.ts";
export { type PolicyChange, setPolicies } from "./set_policies.ts";
export * from "./tables.ts";
export * from "./tag_pattern.ts";
export {
  type ContainerNode,
  containersOf,
  type ImageChange,
  setContainerImage,
  workloadId,
} from "./workload_file.ts";
