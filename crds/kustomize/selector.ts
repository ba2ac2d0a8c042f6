/**
 * What a Kustomization says to the build: which objects, which patches, which images.
 *
 * @module
 */
import { type Infer, list, object, optional, text, textMap } from "../../lib/schema/mod.ts";

/** Objects by type, name and labels. */
export const Selector = object(
  "Objects to pick; all fields that are given must match. Group, version, kind, name and namespace are regular expressions that must match as a whole.",
  {
    group: optional(text("API group.")),
    version: optional(text("API version, without the group.")),
    kind: optional(text("Kind.")),
    name: optional(text("Name.")),
    namespace: optional(text("Namespace.")),
    labelSelector: optional(text("Label selector, as kubectl takes it.")),
    annotationSelector: optional(text("The same, for annotations.")),
  },
);
/** Objects by type, name and labels. */
export type Selector = Infer<typeof Selector>;

/** A change of the built objects. */
export const Patch = object("A change of the built objects.", {
  patch: text("A strategic merge patch, or a list of JSON patch operations, as YAML."),
  target: optional(Selector),
});
/** A change of the built objects. */
export type Patch = Infer<typeof Patch>;

/** Another name, tag or digest for an image. */
export const ImageOverride = object("Another name, tag or digest for an image.", {
  name: text("Name of the image in the manifests, without tag."),
  newName: optional(text("Name to put in its place.")),
  newTag: optional(text("Tag to put in its place.")),
  digest: optional(text("Digest to put in its place; goes before `newTag`.")),
});
/** Another name, tag or digest for an image. */
export type ImageOverride = Infer<typeof ImageOverride>;

/** Parts of objects that others may change. */
export const IgnoreRule = object("Parts of objects that others may change without being undone.", {
  paths: list("The parts.", text("JSON pointer, such as `/spec/replicas`.")),
  target: optional(Selector),
});
/** Parts of objects that others may change. */
export type IgnoreRule = Infer<typeof IgnoreRule>;

/** Labels and annotations for everything. */
export const CommonMetadata = object("Labels and annotations that every object gets.", {
  labels: optional(textMap("Labels.")),
  annotations: optional(textMap("Annotations.")),
});
/** Labels and annotations for everything. */
export type CommonMetadata = Infer<typeof CommonMetadata>;
