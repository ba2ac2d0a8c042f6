/**
 * The CustomResourceDefinition of a kind.
 *
 * @module
 */
import { type OpenApi, openApiOf } from "../../lib/schema/mod.ts";
import { type AnyKind, type KindVersion, type PrinterColumn, UNSEEN_STATUS } from "./kind.ts";

/** A CustomResourceDefinition as it is installed. */
export interface CustomResourceDefinition {
  /** `apiextensions.k8s.io/v1`. */
  apiVersion: string;
  /** `CustomResourceDefinition`. */
  kind: string;
  /** Name, labels and annotations. An installation adds labels with its version and namespace. */
  metadata: {
    name: string;
    annotations?: Record<string, string>;
    labels: Record<string, string>;
  };
  /** Names and versions. */
  spec: {
    group: string;
    names: {
      kind: string;
      listKind: string;
      plural: string;
      singular: string;
      shortNames: string[];
      categories: string[];
    };
    scope: string;
    versions: DefinitionVersion[];
  };
}

/** One version in a CustomResourceDefinition. */
export interface DefinitionVersion {
  /** `v1`. */
  name: string;
  /** Whether the API server offers it. */
  served: boolean;
  /** Whether objects are stored in it. */
  storage: boolean;
  /** Present and true when the API server warns who uses it. */
  deprecated?: true;
  /** Its shape. */
  schema: { openAPIV3Schema: OpenApi };
  /** `status` is written apart from the rest. */
  subresources: { status: Record<string, never> };
  /** Columns of `kubectl get`. */
  additionalPrinterColumns: PrinterColumn[];
}

/** Makes the definition; the same kind always gives the same one. */
export function definitionOf(kind: AnyKind): CustomResourceDefinition {
  const { annotations, group, plural } = kind;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      ...(Object.keys(annotations).length > 0 ? { annotations: { ...annotations } } : {}),
      // The flux CLI finds our CustomResourceDefinitions by part-of.
      labels: {
        "app.kubernetes.io/component": kind.component,
        "app.kubernetes.io/part-of": "flux",
      },
    },
    spec: {
      group,
      names: {
        kind: kind.kind,
        listKind: kind.listKind,
        plural,
        singular: kind.singular,
        shortNames: [...kind.shortNames],
        categories: [...kind.categories],
      },
      scope: "Namespaced",
      versions: kind.versions.map((version) => versionOf(kind, version)),
    },
  };
}

function versionOf(kind: AnyKind, version: KindVersion): DefinitionVersion {
  return {
    name: version.name,
    served: version.served,
    storage: version.storage,
    ...(version.deprecated ? { deprecated: true as const } : {}),
    schema: { openAPIV3Schema: objectSchemaOf(kind) },
    subresources: { status: {} },
    additionalPrinterColumns: [...kind.columns],
  };
}

function objectSchemaOf(kind: AnyKind): OpenApi {
  const status = openApiOf(kind.status);
  return {
    type: "object",
    description: kind.description,
    properties: {
      apiVersion: { type: "string", description: "Group and version of this object." },
      kind: { type: "string", description: "Kind of this object." },
      metadata: { type: "object" },
      spec: openApiOf(kind.spec),
      status: kind.isForeign ? status : { ...status, default: UNSEEN_STATUS },
    },
  };
}
