/**
 * Builds a folder with a kustomization.yaml to Kubernetes objects, as `kustomize build` does, from a tree in memory.
 *
 * @module
 */
export * from "./build.ts";
export * from "./built.ts";
export { openBuildCache } from "./cache.ts";
export * from "./face.ts";
export { parseRemoteAddress, type RemoteAddress } from "./remote_address.ts";
