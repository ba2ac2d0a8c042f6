/**
 * The part of a Kustomization's `spec` that decides what is built.
 *
 * @module
 */

/** `spec.images[]`. */
export interface ImageOverride {
  /** Image to look for. */
  name: string;
  /** Its new name. */
  newName?: string;
  /** Its new tag. */
  newTag?: string;
  /** Its new digest. */
  digest?: string;
}

/** `spec.patches[]`. */
export interface PatchOverride {
  /** Strategic merge or JSON 6902 patch. */
  patch: string;
  /** Which resources. */
  target?: Readonly<Record<string, string | undefined>>;
}

/** What the build reads of `spec`; a Kustomization's spec fits. */
export interface BuildSpec {
  /** Folder to build. */
  path?: string;
  /** Namespace of everything. */
  targetNamespace?: string;
  /** Put before every name. */
  namePrefix?: string;
  /** Put behind every name. */
  nameSuffix?: string;
  /** Further patches. */
  patches?: readonly PatchOverride[];
  /** Further images. */
  images?: readonly ImageOverride[];
  /** Further components. */
  components?: readonly string[];
  /** Components that are not there are left out. */
  ignoreMissingComponents?: boolean;
  /** In place of the file's. */
  buildMetadata?: readonly string[];
  /** Variables. */
  postBuild?: {
    /** Given here. */
    substitute?: Readonly<Record<string, string>>;
    /** Given elsewhere. */
    substituteFrom?: readonly { kind: string; name: string; optional?: boolean }[];
    /** `Always` evaluates without variables, too. */
    substituteStrategy?: string;
  };
}
