/**
 * JSON Patch (RFC 6902) over the YAML node tree, with the extras of the Go library that Kubernetes' tools use.
 *
 * @module
 */
export * from "./apply.ts";
