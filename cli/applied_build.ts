/**
 * What a Kustomization wants in the cluster, built anew from the artifact of its source: as the controller builds it,
 * with what the caller may read.
 *
 * @module
 */
import { type Kustomization, readArtifact } from "../crds/mod.ts";
import { type Artifact, fetchArtifact } from "../lib/artifact/mod.ts";
import { defaultBudget, fail, ok, type Result, systemClock } from "../lib/base/mod.ts";
import {
  asApplied,
  attemptManifests,
  buildOpening,
  buildWithRemotes,
  joinVariables,
  type Manifests,
  openRemoteSource,
  openTree,
  readKeyServices,
  readSecret,
  readVariables,
  type Remotes,
  type ResourceOpener,
  sourceRefOf,
  variableRequests,
} from "../lib/delivery/mod.ts";
import { openGit } from "../lib/git/mod.ts";
import { type HttpClient, openHttp } from "../lib/http/mod.ts";
import { type Cluster, displayName, type KubeObject } from "../lib/kube/mod.ts";
import { DataKeys } from "../lib/sops/mod.ts";

/** The objects of a revision, as they are sent. */
export interface AppliedBuild {
  readonly revision: string;
  readonly objects: readonly KubeObject[];
}

/** How to get at the artifact. */
export interface BuildAccess {
  /** `http://127.0.0.1:9090`: takes the place of the address that the source names. */
  readonly artifacts?: string | undefined;
}

/** Builds; the failure says what could not be read, and what to do about it. */
export async function buildApplied(
  cluster: Cluster,
  kustomization: Kustomization,
  { artifacts }: BuildAccess,
): Promise<Result<AppliedBuild>> {
  const artifact = await findArtifact(cluster, kustomization);
  if (!artifact.ok) return artifact;
  await using http = openHttp();
  const url = artifacts === undefined ? artifact.value.url : moveTo(artifacts, artifact.value.url);
  const tree = await fetchArtifact(http, { ...artifact.value, url }, defaultBudget());
  if (!tree.ok) {
    const advice = artifacts === undefined
      ? "; where its host is known in the cluster only, forward it (kubectl -n flux-system " +
        "port-forward svc/source-controller 9090:80) and say --artifacts http://127.0.0.1:9090"
      : "";
    return fail(tree.code, `${tree.message}${advice}`, tree);
  }
  const built = await build(cluster, kustomization, { tree: tree.value, http });
  if (!built.ok) return built;
  const objects = built.value.objects.map((object) => asApplied(object, kustomization));
  return ok({ revision: artifact.value.revision, objects });
}

async function findArtifact(
  cluster: Cluster,
  kustomization: Kustomization,
): Promise<Result<Artifact & { readonly revision: string }>> {
  const ref = sourceRefOf(kustomization);
  const source = await cluster.get(ref);
  if (!source.ok) return source;
  const artifact = readArtifact(source.value);
  if (!artifact.ok) return artifact;
  return artifact.value === undefined
    ? fail("NotFound", `${displayName(ref)} has no artifact`)
    : ok(artifact.value);
}

/** The same path at another host; what is no address stays as it is, and is refused where it is fetched. */
function moveTo(host: string, text: string): string {
  const url = URL.parse(text);
  return url === null ? text : `${host.replace(/\/+$/, "")}${url.pathname}${url.search}`;
}

/** What a build is made of. */
interface Ingredients {
  readonly tree: Parameters<typeof attemptManifests>[0];
  readonly http: HttpClient;
}

async function build(
  cluster: Cluster,
  { metadata: { namespace = "" }, spec }: Kustomization,
  { tree, http }: Ingredients,
): Promise<Result<Manifests>> {
  const budget = defaultBudget();
  const variables = await readAllVariables(cluster, namespace, spec);
  if (!variables.ok) return variables;
  const opener = await openerOf(cluster, { namespace, spec }, http);
  if (!opener.ok) return opener;
  const opened = opener.value && await openTree(tree, spec, opener.value);
  if (opened?.ok === false) return opened;

  const files = opened?.value.tree ?? tree;
  const options = { budget, variables: variables.value };
  const attempt = (remotes: Remotes) =>
    opener.value === undefined
      ? Promise.resolve(attemptManifests(files, spec, { ...options, remotes }))
      : buildOpening(
        { ...opener.value, files: opened?.value.sealed ?? new Map() },
        (resources) =>
          Promise.resolve(
            attemptManifests(files, spec, { ...options, remotes, opened: resources }),
          ),
      );
  const remotes = openRemoteSource({ git: openGit({ http }), http, clock: systemClock });
  const built = await buildWithRemotes(remotes.open(budget), attempt);
  return built.ok ? ok(built.value.value) : built;
}

async function readAllVariables(
  cluster: Cluster,
  namespace: string,
  { postBuild }: Kustomization["spec"],
): Promise<Result<ReadonlyMap<string, string> | undefined>> {
  if (postBuild === undefined) return ok(undefined);
  const referenced = await readVariables(cluster, namespace, variableRequests(postBuild));
  if (!referenced.ok) return referenced;
  return joinVariables([...referenced.value, { name: "", data: postBuild.substitute ?? {} }]);
}

/** Opens with what the Secret of `spec.decryption` holds; what a pod's own account may open stays with the pod. */
async function openerOf(
  cluster: Cluster,
  { namespace, spec: { decryption } }: {
    readonly namespace: string;
    readonly spec: Kustomization["spec"];
  },
  http: HttpClient,
): Promise<Result<ResourceOpener | undefined>> {
  if (decryption === undefined) return ok(undefined);
  const name = decryption.secretRef?.name;
  const data = name === undefined ? ok(new Map()) : await readSecret(cluster, namespace, name);
  if (!data.ok) return data;
  const services = await readKeyServices(data.value, `${namespace}/${name ?? ""}`, {
    http,
    clock: systemClock,
    env: () => undefined,
  });
  if (!services.ok) return services;
  const keys = new DataKeys(services.value);
  return ok({ keys, budget: defaultBudget(), onSecrets: () => {} });
}
