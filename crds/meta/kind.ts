/**
 * What makes a kind: names, versions, shape, columns, words.
 *
 * @module
 */
import Type from "typebox";
import { fail, isRecord, type Result } from "../../lib/base/mod.ts";
import { type Decodable, decoderOf, type Schema } from "../../lib/schema/mod.ts";
import { ObjectMeta } from "./object_meta.ts";

/** A column of `kubectl get`. */
export interface PrinterColumn {
  /** Heading. */
  readonly name: string;
  /** `date` shows an age. */
  readonly type: "string" | "integer" | "boolean" | "date";
  /** Where the value is. */
  readonly jsonPath: string;
  /** 1 shows with `-o wide` only. */
  readonly priority?: number;
}

/** One version of a kind. */
export interface KindVersion {
  /** `v1`, `v1beta2`. */
  readonly name: string;
  /** Whether the API server offers it. */
  readonly served: boolean;
  /** Whether objects are stored in it; exactly one version is. */
  readonly storage: boolean;
  /** Whether the API server warns who uses it. */
  readonly deprecated: boolean;
}

/** What a kind is declared with. */
export interface KindDeclaration<Spec extends Schema, Status extends Schema> {
  /** API group. */
  readonly group: string;
  /** All versions, newest first. They share `spec` and `status`. */
  readonly versions: readonly KindVersion[];
  /** `GitRepository`. */
  readonly kind: string;
  /** `gitrepositories`. */
  readonly plural: string;
  /** Other names that kubectl takes. */
  readonly shortNames: readonly string[];
  /** `kubectl get CATEGORY`. */
  readonly categories: readonly string[];
  /** Controller that reconciles it: `source-controller`. */
  readonly component: string;
  /** Whether somebody else writes its status: then nothing marks an object that nobody has seen. False when absent. */
  readonly isForeign?: boolean;
  /** Annotations of the CustomResourceDefinition. */
  readonly annotations: Readonly<Record<string, string>>;
  /** One sentence for users. */
  readonly description: string;
  /** Columns of `kubectl get`. */
  readonly columns: readonly PrinterColumn[];
  /** What the user wants. */
  readonly spec: Spec;
  /** What is so. */
  readonly status: Status;
  /** Condition types it carries and what each says. */
  readonly conditions: Readonly<Record<string, string>>;
  /** Reasons of its conditions and what each means. */
  readonly reasons: Readonly<Record<string, string>>;
}

/** An object of a kind with this spec and status, defaults applied. */
export interface KindObject<Spec, Status> {
  /** `group/version`. */
  apiVersion: string;
  /** Kind. */
  kind: string;
  /** Names, labels and annotations. */
  metadata: ObjectMeta;
  /** What the user wants. */
  spec: Spec;
  /** What is so. */
  status?: Status;
  /** Fields of a newer version, kept as they came. */
  [field: string]: unknown;
}

/** A kind of ours. */
export interface Kind<T, Spec extends Schema = Schema, Status extends Schema = Schema>
  extends KindDeclaration<Spec, Status>, Decodable<T> {
  /** `gitrepository`. */
  readonly singular: string;
  /** `GitRepositoryList`. */
  readonly listKind: string;
  /** Group, storage version and kind. */
  readonly gvk: { group: string; version: string; kind: string };
  /** Group and storage version: `source.toolkit.fluxcd.io/v1`. */
  readonly apiVersion: string;
}

/** A kind without its type, as lists of kinds hold it. */
export type AnyKind = Kind<unknown>;

/** Annotation of a CustomResourceDefinition that keeps a Kustomization from substituting `${…}` in it. */
export const NO_SUBSTITUTION: Readonly<Record<string, string>> = {
  "kustomize.toolkit.fluxcd.io/substitute": "disabled",
};

/** The status of an object that no controller has seen; tells kstatus that it is in progress. */
export const UNSEEN_STATUS = { observedGeneration: -1 } as const;

/** One version, served and stored: where a kind starts. */
export const ONLY_V1: readonly KindVersion[] = [
  { name: "v1", served: true, storage: true, deprecated: false },
];

/** Declares a kind. */
export function kind<Spec extends Schema, Status extends Schema>(
  declaration: KindDeclaration<Spec, Status>,
): Kind<KindObject<Type.Static<Spec>, Type.Static<Status>>, Spec, Status> {
  const { group, versions } = declaration;
  const stored = versions.filter((v) => v.storage);
  if (stored.length !== 1 || stored[0] === undefined) {
    throw new TypeError(`${declaration.kind} needs exactly one storage version`);
  }
  const gvk = { group, version: stored[0].name, kind: declaration.kind };
  const decodeParts = decoderOf(objectSchema(declaration));

  function decode(
    object: unknown,
  ): Result<KindObject<Type.Static<Spec>, Type.Static<Status>>> {
    const wrong = wrongType(object, declaration);
    return wrong === undefined ? decodeParts(object) : fail("InvalidObject", wrong);
  }
  return {
    ...declaration,
    singular: gvk.kind.toLowerCase(),
    listKind: `${gvk.kind}List`,
    gvk,
    apiVersion: `${group}/${gvk.version}`,
    decode,
  };
}

function objectSchema<Spec extends Schema, Status extends Schema>(
  { spec, status, isForeign = false }: KindDeclaration<Spec, Status>,
): Type.TUnsafe<KindObject<Type.Static<Spec>, Type.Static<Status>>> {
  return Type.Unsafe<KindObject<Type.Static<Spec>, Type.Static<Status>>>({
    type: "object",
    required: ["apiVersion", "kind", "metadata", "spec"],
    properties: {
      metadata: ObjectMeta,
      spec,
      status: isForeign ? status : { ...status, default: UNSEEN_STATUS },
    },
  });
}

function wrongType(
  object: unknown,
  { group, versions, kind }: KindDeclaration<Schema, Schema>,
): string | undefined {
  if (!isRecord(object)) return `A ${kind} must be an object`;
  if (object.kind !== kind) return `kind must be ${kind}, not ${JSON.stringify(object.kind)}`;
  const known = versions.map((v) => `${group}/${v.name}`);
  if (typeof object.apiVersion === "string" && known.includes(object.apiVersion)) return undefined;
  return `apiVersion must be ${known.join(" or ")}, not ${JSON.stringify(object.apiVersion)}`;
}
