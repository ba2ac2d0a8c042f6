/**
 * The part of a Kustomization's `spec` that decides what is built.
 *
 * @module
 */

/** `spec.images[]`. */
export interface ImageOverride {
  name: string;
  newName?: string;
  newTag?: string;
  digest?: string;
}

/** `spec.patches[]`. */
export interface PatchOverride {
  patch: string;
  target?: Readonly<Record<string, string | undefined>>;
}

/** What the build reads of `spec`; a Kustomization's spec fits. */
export interface BuildSpec {
  path?: string;
  targetNamespace?: string;
  namePrefix?: string;
  nameSuffix?: string;
  patches?: readonly PatchOverride[];
  images?: readonly ImageOverride[];
  components?: readonly string[];
  ignoreMissingComponents?: boolean;
  buildMetadata?: readonly string[];
  postBuild?: {
    substitute?: Readonly<Record<string, string>>;
    substituteFrom?: readonly { kind: string; name: string; optional?: boolean }[];
    substituteStrategy?: string;
  };
}
