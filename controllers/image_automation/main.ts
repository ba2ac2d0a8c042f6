/**
 * Image automation: the only file that builds its context.
 *
 * @module
 */
import {
  GitRepository,
  ImagePolicy,
  ImageUpdateAutomation,
  type ImageUpdateAutomationStatus,
} from "../../crds/mod.ts";
import { openDisk } from "../../lib/artifact/mod.ts";
import { defaultBudget, fail, ok, resolveCallerPath, type Result } from "../../lib/base/mod.ts";
import { readPgpSigner, readSshSigner } from "../../lib/crypt/mod.ts";
import {
  openBuildDates,
  openGitRemotes,
  readMountedConfig,
  readPodLogin,
  readSecret,
} from "../../lib/delivery/mod.ts";
import {
  findAutomated,
  formatCommitMessage,
  updateAutomated,
  updateWithSetters,
} from "../../lib/image/mod.ts";
import type { Cluster, Informer, ObjectRef } from "../../lib/kube/mod.ts";
import { openOci } from "../../lib/oci/mod.ts";
import {
  type Component,
  type ComponentDeps,
  type KindController,
  scopeOf,
  startController,
} from "../../lib/runtime/mod.ts";
import type { AutomationParts } from "./context.ts";
import {
  BY_NAMESPACE,
  BY_SOURCE,
  followPolicies,
  followRepositories,
  namespaceKeysOf,
  sourceKeysOf,
} from "./follow.ts";
import {
  finalizeImageUpdateAutomation,
  reconcileImageUpdateAutomation,
} from "./image_update_automation.ts";
import { HOLD_ANNOTATION } from "./reverts.ts";
import { AUTOMATION_RULES } from "./rules.ts";
import { openScanMemory } from "./scan_memory.ts";

const CONTROLLER = "image-automation-controller";
const POLICIES = "namespace";
/** In `--storage-path`; hidden, so that no file server gives it away. */
const BUILD_DATES = ".image-automation/build-dates";

/** Starts the controller and its watches of policies and repositories. */
export function startImageAutomation(deps: ComponentDeps): Result<Component> {
  const { cluster, flags } = deps;
  const remotes = openGitRemotes(deps);
  if (!remotes.ok) return remotes;
  const { git, readLogin, http } = remotes.value;
  const { listTags, openReader } = openOci(http, deps.clock);
  const policies = cluster.informer(ImagePolicy.gvk, {
    ...scopeOf(deps),
    indexes: { [POLICIES]: namespaceKeysOf },
  });
  const repositories = cluster.informer(GitRepository.gvk, scopeOf(deps));
  const parts: AutomationParts = {
    git,
    updateFiles: updateWithSetters,
    findAutomated,
    updateAutomated,
    listTags,
    openReader,
    scans: openScanMemory(),
    dates: openBuildDates({
      disk: openDisk(resolveCallerPath(flags["storage-path"])),
      path: BUILD_DATES,
      log: deps.log,
    }),
    readPullLogin: (namespace, names, image) =>
      readPodLogin({ cluster, readDockerConfig }, namespace, names, image),
    told: new Map(),
    renderMessage: formatCommitMessage,
    readPgpSigner,
    readSshSigner,
    readRepository: (ref) => readRepository(ref, cluster),
    listPolicies: (namespace) => listPolicies(policies, namespace),
    holdPolicy: (namespace, name, hold) => holdPolicy({ namespace, name, hold }, cluster),
    readCredentials: ({ metadata, spec }) => readLogin(metadata.namespace ?? "", spec),
    readSecret: (namespace, name) => readSecret(cluster, namespace, name),
    budget: defaultBudget,
    noCrossNamespaceRefs: flags["no-cross-namespace-refs"],
  };
  const running = startController(controllerOf(parts, deps), {
    ...deps,
    indexes: { [BY_NAMESPACE]: namespaceKeysOf, [BY_SOURCE]: sourceKeysOf },
  });
  const stopPolicies = followPolicies(policies, running);
  const stopRepositories = followRepositories(repositories, running);
  return ok({
    name: "image-automation",
    ready: () =>
      [running.informer, policies, repositories].find(({ trouble }) => trouble)?.trouble?.message,
    async [Symbol.asyncDispose]() {
      stopPolicies();
      stopRepositories();
      await running.stop();
      await policies[Symbol.asyncDispose]();
      await repositories[Symbol.asyncDispose]();
      await remotes.value[Symbol.asyncDispose]();
    },
  });
}

/** What the pod that this runs in was given for all registries. */
function readDockerConfig(): Promise<Result<string | undefined>> {
  return readMountedConfig({
    env: (name) => Deno.env.get(name),
    readFile: (path) => Deno.readTextFile(path),
  });
}

function controllerOf(
  parts: AutomationParts,
  { flags }: ComponentDeps,
): KindController<ImageUpdateAutomation, ImageUpdateAutomationStatus> {
  return {
    gvk: ImageUpdateAutomation.gvk,
    controller: CONTROLLER,
    rules: AUTOMATION_RULES,
    concurrency: flags.concurrent,
    // The image kinds keep their interval to the second (contract/common.md §6).
    jitterPercent: 0,
    decode: ImageUpdateAutomation.decode,
    reconcile: (automation, run) =>
      reconcileImageUpdateAutomation(automation, { ...parts, ...run }),
    finalize: (automation) => finalizeImageUpdateAutomation(automation, parts),
  };
}

/** One that cannot be read says so in its own condition; it has chosen nothing here. */
async function listPolicies(
  policies: Informer,
  namespace: string,
): Promise<readonly ImagePolicy[]> {
  await policies.synced;
  return policies.byIndex(POLICIES, namespace).flatMap((object) => {
    const policy = ImagePolicy.decode(object);
    return policy.ok ? [policy.value] : [];
  });
}

async function readRepository(ref: ObjectRef, cluster: Cluster): Promise<Result<GitRepository>> {
  const object = await cluster.get(ref);
  if (object.ok) return GitRepository.decode(object.value);
  // Flux's words for an object that its cache does not have.
  return object.code === "NotFound"
    ? fail("NotFound", `${ref.kind}.${GitRepository.group} "${ref.name}" not found`)
    : object;
}

async function holdPolicy(
  { namespace, name, hold }: Readonly<Record<"namespace" | "name" | "hold", string>>,
  cluster: Cluster,
): Promise<Result<void>> {
  const { apiVersion, kind } = ImagePolicy;
  const patch = { metadata: { annotations: { [HOLD_ANNOTATION]: hold } } };
  const options = { fieldManager: CONTROLLER, type: "merge" } as const;
  const patched = await cluster.patch({ apiVersion, kind, namespace, name }, patch, options);
  return patched.ok ? ok(undefined) : patched;
}
