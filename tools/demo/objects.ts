/**
 * The custom resources that the demo applies.
 *
 * @module
 */
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";

/** Where the demo's own objects live. */
export const NAMESPACE = "flux-system";

/** Where the manifests come from, and what is made of them. */
export interface Sources {
  /** Address of the git repository. */
  readonly gitUrl: string;
  /** Folder to apply; the demo's own two when absent. */
  readonly path?: string;
  /** Where the caller's objects go; where they say themselves when absent. */
  readonly namespace?: string | undefined;
  /** Branch to follow. */
  readonly branch: string;
}

/** Names one of the demo's own objects. */
export function demoRef(
  kind:
    | "GitRepository"
    | "Kustomization"
    | "ImageRepository"
    | "ImagePolicy"
    | "ImageUpdateAutomation",
  name: string,
): ObjectRef {
  const group = kind === "GitRepository"
    ? "source"
    : kind === "Kustomization"
    ? "kustomize"
    : "image";
  return { apiVersion: `${group}.toolkit.fluxcd.io/v1`, kind, namespace: NAMESPACE, name };
}

function object(ref: ObjectRef, spec: Record<string, unknown>): KubeObject {
  const { apiVersion, kind, name, namespace = NAMESPACE } = ref;
  return { apiVersion, kind, metadata: { name, namespace }, spec };
}

/** The namespace that the caller asked for. */
export function namespaceObjects({ namespace }: Sources): KubeObject[] {
  return namespace === undefined ? [] : [namespaceObject(namespace)];
}

function namespaceObject(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** The namespace and the source. */
export function sourceObjects({ gitUrl, branch }: Sources): KubeObject[] {
  return [
    namespaceObject(NAMESPACE),
    object(demoRef("GitRepository", "demo"), { interval: "1m", url: gitUrl, ref: { branch } }),
  ];
}

/** What is applied: the caller's folder, or the sample's namespace and then its apps. */
export function kustomizations({ path, namespace }: Sources): KubeObject[] {
  const common = {
    interval: "10m",
    prune: true,
    sourceRef: { kind: "GitRepository", name: "demo" },
  };
  if (path !== undefined) {
    const target = namespace === undefined ? {} : { targetNamespace: namespace };
    return [object(demoRef("Kustomization", "apps"), { ...common, ...target, path })];
  }
  return [
    object(demoRef("Kustomization", "apps"), {
      ...common,
      path: "./apps/demo",
      wait: true,
      timeout: "2m",
      dependsOn: [{ name: "infra" }],
      postBuild: { substitute: { environment: "the demo" } },
    }),
    object(demoRef("Kustomization", "infra"), { ...common, path: "./infra", wait: true }),
  ];
}

/** A scan of `image`, and the newest 1.x of its tags. */
export function imageObjects(image: string): KubeObject[] {
  return [
    object(demoRef("ImageRepository", "web"), { image, interval: "1m", insecure: true }),
    object(demoRef("ImagePolicy", "web"), {
      imageRepositoryRef: { name: "web" },
      policy: { semver: { range: "1.x" } },
    }),
  ];
}

/** Holds the key that signs. */
export const SIGNING_SECRET = {
  apiVersion: "v1",
  kind: "Secret",
  name: "demo-signing-key",
  namespace: NAMESPACE,
} as const;

/** Writes the tag that is chosen into the repository, by commits that `identity` (PEM) signs. */
export function automationObjects({ branch }: Sources, identity: string): KubeObject[] {
  return [
    {
      apiVersion: SIGNING_SECRET.apiVersion,
      kind: SIGNING_SECRET.kind,
      metadata: { name: SIGNING_SECRET.name, namespace: NAMESPACE },
      stringData: { identity },
    },
    object(demoRef("ImageUpdateAutomation", "demo"), {
      interval: "10m",
      sourceRef: { kind: "GitRepository", name: "demo" },
      git: {
        checkout: { ref: { branch } },
        commit: {
          author: { name: "Sluice", email: "sluice@example.com" },
          messageTemplate:
            "{{ range .Changed.Changes }}web: {{ .OldValue }} -> {{ .NewValue }}{{ end }}",
          signingKey: { type: "ssh", secretRef: { name: SIGNING_SECRET.name } },
        },
      },
      update: { path: "./apps", strategy: "Setters" },
    }),
  ];
}
