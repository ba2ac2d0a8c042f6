/**
 * The kustomize controller: the only file that builds its context.
 *
 * @module
 */
import { Kustomization, type KustomizationStatus } from "../../crds/mod.ts";
import { fetchArtifact } from "../../lib/artifact/mod.ts";
import {
  type Clock,
  defaultBudget,
  fail,
  ok,
  type Result,
  WeightedCache,
} from "../../lib/base/mod.ts";
import {
  type BuiltWithRemotes,
  type Manifests,
  openBuildPool,
  openRemoteSource,
  readVariables,
  type SharedTree,
  shareTree,
} from "../../lib/delivery/mod.ts";
import { openClouds } from "../../lib/cloud/mod.ts";
import { openGit } from "../../lib/git/mod.ts";
import { type HttpClient, openHttp } from "../../lib/http/mod.ts";
import {
  type Cluster,
  type Informer,
  isNewerVersion,
  type ObjectRef,
  parseLabelSelector,
  refOf,
} from "../../lib/kube/mod.ts";
import {
  type Component,
  type ComponentDeps,
  isGateOn,
  type KindController,
  type RunningController,
  scopeOf,
  startController,
} from "../../lib/runtime/mod.ts";
import { openVaultLogins } from "../../lib/sops/mod.ts";
import { claimKeys, CLAIMS_INDEX, openClaims } from "./claims.ts";
import { configKeys, watchConfigs } from "./config_watch.ts";
import type { BuildCache, KustomizeParts } from "./context.ts";
import { type DecryptionOptions, readDecryptionKeys } from "./decryption_secret.ts";
import { finalizeKustomization } from "./finalize.ts";
import { reconcileKustomization } from "./kustomization.ts";
import { Memory, memoryKey } from "./memory.ts";
import { watchMissingKinds } from "./missing_kinds.ts";
import { KUSTOMIZATION_RULES } from "./rules.ts";
import {
  followSources,
  nameOf,
  readSource,
  reasonOf,
  sourceKeyOf,
  SourceWatch,
  watchArtifact,
} from "./sources.ts";
import { accountOf, openTargets, type Targets } from "./targets.ts";

const CONTROLLER = "kustomize-controller";
const GROUP_KIND = /^[a-z0-9.-]*\/[A-Z][A-Za-z0-9]*$/;
/** Builds and trees that are kept; what was not asked for the longest goes. */
const MOST_BUILD_BYTES = 128 << 20;
const MOST_TREE_BYTES = 128 << 20;
/** What an entry of a tree takes besides its content. */
const ENTRY_BYTES = 300;

/** Starts the controller, its watch of sources and its watch for drift. */
export function startKustomize(deps: ComponentDeps): Result<Component> {
  const { cluster, clock, flags } = deps;
  const selector = parseLabelSelector(flags["watch-configs-label-selector"]);
  if (!selector.ok) {
    return fail("InvalidFlag", `--watch-configs-label-selector: ${selector.message}`, selector);
  }
  const badKind = flags["custom-apply-stage-kinds"].find((kind) => !GROUP_KIND.test(kind));
  if (badKind !== undefined) {
    const why = `"${badKind}" is not group/Kind; of the core group it is /Kind`;
    return fail("InvalidFlag", `--custom-apply-stage-kinds: ${why}`);
  }
  const sources = new SourceWatch((gvk) => cluster.informer(gvk, scopeOf(deps)));
  const memory = new Memory();
  const pool = openBuildPool({ clock });
  const http = openHttp({ clock });
  const active = new Set<string>();
  const env = (name: string) => Deno.env.get(name);
  const readFile = (path: string) => Deno.readTextFile(path);
  const clouds = openClouds({ http, clock, env, readFile });
  const decryption: DecryptionOptions = {
    cluster,
    http,
    clock,
    env,
    clouds,
    logInToVault: openVaultLogins(clock),
    readFile,
    vaultConfigMap: flags["sops-vault-configmap"],
    runtimeNamespace: deps.runtimeNamespace,
    ageSecret: flags["sops-age-secret"],
    defaultAccount: flags["default-decryption-service-account"],
  };
  const parts: KustomizeParts = {
    async readSource(kustomization) {
      const source = await readSource(kustomization, sources, cluster);
      const revision = source.ok ? source.value.artifact?.revision : undefined;
      if (revision === undefined) return source;
      const { name, namespace = "" } = kustomization.metadata;
      memory.of(memoryKey(kustomization)).taken = revision;
      // The watch may have told of it between the start of this run and here.
      running.withdraw(namespace, name, reasonOf(revision));
      return source;
    },
    watchArtifact: (kustomization, artifact) => watchArtifact(sources, kustomization, artifact),
    readDependency: (ref) => readDependency(ref, cluster),
    knownKustomization({ name, namespace }) {
      const known = running.informer.get(name, namespace);
      const decoded = known === undefined ? undefined : Kustomization.decode(known);
      return decoded?.ok ? decoded.value : undefined;
    },
    fetchArtifact: cacheTrees(http, clock, flags["http-retry"]),
    readVariables: (namespace, requests) => readVariables(cluster, namespace, requests),
    readKeyServices: (kustomization, { signal }) =>
      readDecryptionKeys(kustomization, signal, decryption),
    actsForAccount: (kustomization) => accountOf(kustomization, deps) !== "",
    claims: openClaims({
      kustomizations: {
        get: (name, namespace) => running.informer.get(name, namespace),
        byIndex: (index, key) => running.informer.byIndex(index, key),
      },
      memory,
      isRunning: (key) => active.has(key),
      clusterOf: (kustomization) => targets.clusterOf(memoryKey(kustomization)),
    }),
    tellOther: (kustomization, event) => deps.events.send(CONTROLLER, kustomization, event),
    wake: ({ namespace, name }, why) => running.enqueue(namespace, name, why),
    memory,
    pool,
    builds: openBuildCache(),
    ...(!flags["no-remote-bases"] && {
      remotes: openRemoteSource({ git: openGit({ http, clock }), http, clock }),
    }),
    budget: defaultBudget,
    settings: {
      requeueDependencyMs: flags["requeue-dependency"],
      concurrentSsa: flags["concurrent-ssa"],
      overrideManagers: flags["override-manager"],
      customStageKinds: flags["custom-apply-stage-kinds"],
      additiveReadyExpr: isGateOn("AdditiveCELDependencyCheck", flags["feature-gates"]),
      takesExternalArtifacts: isGateOn("ExternalArtifact", flags["feature-gates"]),
      allowsAccounts: isGateOn("ObjectLevelWorkloadIdentity", flags["feature-gates"]),
      isGuarded: flags.safety === "guarded",
      noCrossNamespaceRefs: flags["no-cross-namespace-refs"],
      defaultServiceAccount: flags["default-service-account"],
      runtimeNamespace: deps.runtimeNamespace,
    },
  };

  const targets = openTargets(deps, {
    memory,
    clouds,
    find({ namespace, name }) {
      const object = running.informer.get(name, namespace);
      const kustomization = object === undefined ? undefined : Kustomization.decode(object);
      if (!kustomization?.ok || kustomization.value.spec.suspend) return undefined;
      const isGoing = kustomization.value.metadata.deletionTimestamp !== undefined;
      return isGoing ? undefined : kustomization.value;
    },
    isRunning: (owner) => active.has(`${owner.namespace}/${owner.name}`),
    enqueue: (owner, why) => running.enqueue(owner.namespace, owner.name, why),
  });
  const running: RunningController = startController(
    controllerOf(parts, deps, { sources, targets, active, running: () => running }),
    {
      ...deps,
      indexes: {
        source: (object) => [sourceKeyOf(object)],
        config: configKeys,
        [CLAIMS_INDEX]: claimKeys,
      },
    },
  );
  const configs = watchConfigs({
    cluster,
    labelSelector: flags["watch-configs-label-selector"],
    ...scopeOf(deps),
    usersOf: (key) => running.informer.byIndex("config", key),
    enqueue: (namespace, name, why) => running.enqueue(namespace, name, why),
  });
  const stopSources = followSources(sources, running, memory);
  forgetTheGone(running.informer, (key) => {
    memory.forget(key);
    targets.release(key);
  });
  const stopMissing = watchMissingKinds({
    memory,
    cluster,
    clock,
    clusterOf: (key) => targets.clusterOf(key),
    watchedFor: () => sources.missing(),
    enqueue: (namespace, name, why) => running.enqueue(namespace, name, why),
  });
  return ok({
    name: "kustomize",
    ready: () => running.informer.trouble?.message ?? sources.trouble?.message,
    async [Symbol.asyncDispose]() {
      stopMissing();
      stopSources();
      await running.stop();
      await pool[Symbol.asyncDispose]();
      await configs[Symbol.asyncDispose]();
      await sources[Symbol.asyncDispose]();
      await targets[Symbol.asyncDispose]();
    },
  });
}

interface Surroundings {
  readonly sources: SourceWatch;
  readonly targets: Targets;
  readonly active: Set<string>;
  running(): RunningController;
}

function controllerOf(
  parts: KustomizeParts,
  { flags }: ComponentDeps,
  { sources, targets, active, running }: Surroundings,
): KindController<Kustomization, KustomizationStatus> {
  async function during<T>(kustomization: Kustomization, run: () => Promise<T>): Promise<T> {
    const key = memoryKey(kustomization);
    const { name, namespace } = kustomization.metadata;
    active.add(key);
    try {
      return await run();
    } finally {
      active.delete(key);
      // It went away in the middle of the run, which has remembered it since.
      if (running().informer.get(name, namespace) === undefined) {
        parts.memory.forget(key);
        targets.release(key);
      }
    }
  }
  return {
    gvk: Kustomization.gvk,
    controller: CONTROLLER,
    rules: KUSTOMIZATION_RULES,
    concurrency: flags.concurrent,
    jitterPercent: flags["interval-jitter-percentage"],
    decode: Kustomization.decode,
    reconcile: (kustomization, run) =>
      during(kustomization, async () => {
        const target = await targets.open(kustomization);
        const ctx = { ...parts, ...target, ...run };
        const outcome = await reconcileKustomization(kustomization, ctx);
        if (outcome.kind === "retry") parts.memory.of(memoryKey(kustomization)).taken = undefined;
        return outcome;
      }),
    finalize: (kustomization, run) =>
      during(kustomization, async () => {
        const target = await targets.open(kustomization);
        return await finalizeKustomization(kustomization, { ...parts, ...target, ...run });
      }),
    watch(kustomization, objects, wake) {
      const live = targets.liveOf(kustomization);
      const seen = new Map(objects.map((object) => [nameOf(object), object.seen]));
      function look(ref: ObjectRef, version: string | undefined): void {
        const name = nameOf(ref);
        if (seen.has(name) && isNewerVersion(version, seen.get(name))) wake();
      }
      for (const ref of objects) look(ref, live.get(ref)?.metadata.resourceVersion);
      const stops = [
        live.onChange((ref, { object }) => look(ref, object.metadata.resourceVersion)),
        ...[sources, running().informer].map((local) =>
          local.onChange(({ object }) => look(refOf(object), object.metadata.resourceVersion))
        ),
      ];
      return () => stops.forEach((stop) => stop());
    },
  };
}

/** Whatever took a Kustomization away, nothing of it stays; one made anew by its name is another one. */
function forgetTheGone(kustomizations: Informer, forget: (key: string) => void): void {
  kustomizations.onChange(({ type, object, previous }) => {
    const isAnother = previous !== undefined && previous.metadata.uid !== object.metadata.uid;
    if (type === "deleted" || isAnother) forget(memoryKey(object));
  });
}

async function readDependency(ref: ObjectRef, cluster: Cluster): Promise<Result<Kustomization>> {
  const object = await cluster.get(ref);
  return object.ok ? Kustomization.decode(object.value) : object;
}

/** Trees by digest: the same artifact serves many Kustomizations and many runs. */
function cacheTrees(
  http: HttpClient,
  clock: Clock,
  retries: number,
): KustomizeParts["fetchArtifact"] {
  const trees = new WeightedCache<SharedTree>(MOST_TREE_BYTES);
  return async (artifact, budget) => {
    const kept = trees.get(artifact.digest);
    if (kept !== undefined) return ok(kept);
    const fetched = await fetchArtifact(http, artifact, budget, { retries });
    if (!fetched.ok) return fetched;
    // Once for all builds of it, in whatever thread; the archive is let go of.
    const tree = await shareTree(fetched.value, clock);
    trees.set(artifact.digest, tree, tree.memory.byteLength + tree.size * ENTRY_BYTES);
    return ok(tree);
  };
}

function openBuildCache(): BuildCache {
  const builds = new WeightedCache<BuiltWithRemotes<Manifests>>(MOST_BUILD_BYTES);
  return {
    get: (key) => builds.get(key),
    set: (key, built) => builds.set(key, built, built.value.sizeBytes),
  };
}
