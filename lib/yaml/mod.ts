/**
 * YAML as Kubernetes' Go tools read and write it, over one node tree with positions.
 *
 * @module
 */
export * from "./node.ts";
