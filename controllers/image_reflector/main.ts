/**
 * The image reflector: the only file that builds its context.
 *
 * @module
 */
import {
  ImagePolicy,
  type ImagePolicyStatus,
  ImageRepository,
  type ImageRepositoryStatus,
} from "../../crds/mod.ts";
import { openDisk } from "../../lib/artifact/mod.ts";
import { defaultBudget, fail, ok, resolveCallerPath, type Result } from "../../lib/base/mod.ts";
import { openClouds } from "../../lib/cloud/mod.ts";
import { openBuildDates, openRegistryAccess, readMountedConfig } from "../../lib/delivery/mod.ts";
import { type HttpClient, openHttp } from "../../lib/http/mod.ts";
import { chooseTag } from "../../lib/image/mod.ts";
import { type Cluster, namespacedName, type ObjectRef } from "../../lib/kube/mod.ts";
import { canonicalName, openOci } from "../../lib/oci/mod.ts";
import {
  type Component,
  type ComponentDeps,
  imageRules,
  isGateOn,
  type KindController,
  type RunningController,
  startController,
} from "../../lib/runtime/mod.ts";
import type { ReflectorEngines, ReflectorParts, RepositoryName } from "./context.ts";
import {
  BY_REPOSITORY,
  followRepositories,
  repositoryKeysOf,
  watchRepositories,
} from "./follow.ts";
import { openUnfinishedOrders } from "./build_date.ts";
import { finalizeImagePolicy, reconcileImagePolicy } from "./image_policy.ts";
import { finalizeImageRepository, reconcileImageRepository } from "./image_repository.ts";
import { openTagStore } from "./tag_store.ts";

const CONTROLLER = "image-reflector-controller";
/** In `--storage-path`, where the source controller has its artifacts; the file server gives away no hidden file. */
const BUILD_DATES = ".image-reflector/build-dates";

/** Starts the controllers of both kinds on real registries. */
export function startImageReflector(deps: ComponentDeps): Result<Component> {
  const http = openHttp({ clock: deps.clock });
  const { listTags, openReader } = openOci(http, deps.clock);
  const readAccess = accessBy(deps, http);
  const engines = { canonicalName, chooseTag, listTags, openReader, readAccess };
  const started = startReflector(deps, engines);
  return ok({
    ...started,
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
    },
  });
}

/** How images are reached, by the pod that this runs in and the flags it was given. */
function accessBy({ clock, cluster, flags }: ComponentDeps, http: HttpClient) {
  const pod = {
    env: (name: string) => Deno.env.get(name),
    readFile: (path: string) => Deno.readTextFile(path),
  };
  const readAccess = openRegistryAccess({
    cluster,
    readDockerConfig: () => readMountedConfig(pod),
    registryLogin: openClouds({ ...pod, http, clock }).registryLogin,
    allowsAccounts: isGateOn("ObjectLevelWorkloadIdentity", flags["feature-gates"]),
  });
  return ({ metadata, spec }: ImageRepository) => readAccess(metadata.namespace, spec);
}

/** Starts the controllers of both kinds. */
function startReflector(deps: ComponentDeps, engines: ReflectorEngines): Component {
  const running: { repositories?: RunningController } = {};
  const missed = new Set<string>();
  const parts: ReflectorParts = {
    ...engines,
    tags: openTagStore(),
    dates: openBuildDates({
      disk: openDisk(resolveCallerPath(deps.flags["storage-path"])),
      path: BUILD_DATES,
      log: deps.log,
    }),
    unfinished: openUnfinishedOrders(),
    readRepository: (ref) => readRepository(ref, deps.cluster, running.repositories),
    scanAgain({ namespace, name }) {
      missed.add(namespacedName({ namespace, name }));
      running.repositories?.enqueue(namespace, name, "a policy wants its tags");
    },
    readNamespaceLabels: (name) => readNamespaceLabels(name, deps.cluster),
    budget: defaultBudget,
    noCrossNamespaceRefs: deps.flags["no-cross-namespace-refs"],
  };
  const repositories = startController(repositoryController(parts, deps), deps);
  running.repositories = repositories;
  const policies = startController(policyController(parts, deps, repositories), {
    ...deps,
    indexes: { [BY_REPOSITORY]: repositoryKeysOf },
  });
  const stopFollowing = followRepositories(repositories.informer, policies, missed);
  return {
    name: "image-reflector",
    ready: () => repositories.informer.trouble?.message ?? policies.informer.trouble?.message,
    async [Symbol.asyncDispose]() {
      stopFollowing();
      await Promise.all([policies.stop(), repositories.stop()]);
    },
  };
}

function repositoryController(
  parts: ReflectorParts,
  { flags }: ComponentDeps,
): KindController<ImageRepository, ImageRepositoryStatus> {
  return {
    gvk: ImageRepository.gvk,
    controller: CONTROLLER,
    rules: imageRules(CONTROLLER),
    concurrency: flags.concurrent,
    // The image kinds keep their interval to the second (contract/common.md §6).
    jitterPercent: 0,
    decode: ImageRepository.decode,
    reconcile: (repository, run) => reconcileImageRepository(repository, { ...parts, ...run }),
    finalize: (repository, run) => finalizeImageRepository(repository, { ...parts, ...run }),
  };
}

function policyController(
  parts: ReflectorParts,
  { flags }: ComponentDeps,
  repositories: RunningController,
): KindController<ImagePolicy, ImagePolicyStatus> {
  return {
    gvk: ImagePolicy.gvk,
    controller: CONTROLLER,
    rules: imageRules(CONTROLLER),
    concurrency: flags.concurrent,
    jitterPercent: 0,
    decode: ImagePolicy.decode,
    reconcile: (policy, run) => reconcileImagePolicy(policy, { ...parts, ...run }),
    finalize: (policy) => finalizeImagePolicy(policy, parts),
    watch: (_policy, objects, wake) => watchRepositories(repositories.informer, objects, wake),
    // Scans start it; time alone changes nothing.
    intervalMs: () => Infinity,
  };
}

/** The local copy first; what it does not have is asked for, so that a fresh object is no failure. */
async function readRepository(
  ref: ObjectRef & RepositoryName,
  cluster: Cluster,
  repositories: RunningController | undefined,
): Promise<Result<ImageRepository>> {
  const known = repositories?.informer.get(ref.name, ref.namespace);
  const object = known === undefined ? await cluster.get(ref) : ok(known);
  if (object.ok) return ImageRepository.decode(object.value);
  // Flux's words for an object that its cache does not have.
  return object.code === "NotFound"
    ? fail("NotFound", `${ref.kind}.${ImageRepository.group} "${ref.name}" not found`)
    : object;
}

async function readNamespaceLabels(
  name: string,
  cluster: Cluster,
): Promise<Result<Readonly<Record<string, string>>>> {
  const namespace = await cluster.get(
    { apiVersion: "v1", kind: "Namespace", name },
    { metadataOnly: true },
  );
  return namespace.ok ? ok(namespace.value.metadata.labels ?? {}) : namespace;
}
