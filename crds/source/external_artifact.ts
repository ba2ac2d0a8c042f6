/**
 * ExternalArtifact: an archive that somebody else makes and serves.
 *
 * @module
 */
import { type Infer, list, object, optional } from "../../lib/schema/mod.ts";
import { AGE_COLUMN, READY_COLUMNS } from "../meta/columns.ts";
import { commonConditions, Condition } from "../meta/condition.ts";
import { kind, NO_SUBSTITUTION, ONLY_V1 } from "../meta/kind.ts";
import { kindReference } from "../meta/reference.ts";
import { Artifact } from "./artifact.ts";

/** Where the archive comes from. */
export const ExternalArtifactSpec = object("Where the archive comes from.", {
  sourceRef: optional(kindReference("The object that the archive is made from.")),
});
/** Where the archive comes from. */
export type ExternalArtifactSpec = Infer<typeof ExternalArtifactSpec>;

/** What is offered. */
export const ExternalArtifactStatus = object("What is offered.", {
  artifact: optional(Artifact),
  conditions: optional(list("What is so, is not so, or is not known.", Condition)),
});
/** What is offered. */
export type ExternalArtifactStatus = Infer<typeof ExternalArtifactStatus>;

/** Conditions of an ExternalArtifact. */
export const ExternalArtifactCondition = { Ready: commonConditions.Ready } as const;
/** Conditions of an ExternalArtifact. */
export type ExternalArtifactCondition = keyof typeof ExternalArtifactCondition;

/** Reasons of an ExternalArtifact's conditions: whoever makes it has further ones. */
export const ExternalArtifactReason = { Succeeded: "The archive is there." } as const;
/** Reasons of an ExternalArtifact's conditions. */
export type ExternalArtifactReason = keyof typeof ExternalArtifactReason;

/** An archive that somebody else makes and serves. */
export const ExternalArtifact = kind({
  group: "source.toolkit.fluxcd.io",
  versions: ONLY_V1,
  kind: "ExternalArtifact",
  plural: "externalartifacts",
  shortNames: ["ea"],
  categories: ["all", "fluxcd", "fluxcd-sources"],
  component: "source-controller",
  isForeign: true,
  annotations: NO_SUBSTITUTION,
  description: "An archive that another controller makes and serves, for whoever builds from it.",
  columns: [
    AGE_COLUMN,
    ...READY_COLUMNS,
    { name: "Source", type: "string", jsonPath: ".spec.sourceRef.name" },
  ],
  spec: ExternalArtifactSpec,
  status: ExternalArtifactStatus,
  conditions: ExternalArtifactCondition,
  reasons: ExternalArtifactReason,
});
/** An archive that somebody else makes and serves. */
export type ExternalArtifact = Infer<typeof ExternalArtifact>;
