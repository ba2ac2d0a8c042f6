/**
 * The kustomize controller: the only file that builds its context.
 *
 * @module
 */
import { Kustomization } from "../../crds/mod.ts";
import {
  defaultBudget,
  fail,
  type Failure,
  ok,
  parseLabelSelector,
  type Result,
} from "../../lib/base/mod.ts";
import { openClouds } from "../../lib/cloud/mod.ts";
import { openBuildPool, openRemoteSource, readVariables } from "../../lib/delivery/mod.ts";
import { openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { type Cluster, type Informer, namespacedName, type ObjectRef } from "../../lib/kube/mod.ts";
import {
  type Component,
  type ComponentDeps,
  isGateOn,
  type RunningController,
  scopeOf,
  startController,
} from "../../lib/runtime/mod.ts";
import { openVaultLogins } from "../../lib/sops/mod.ts";
import { cacheTrees, openBuildCache } from "./caches.ts";
import { claimKeys, CLAIMS_INDEX, openClaims } from "./claims.ts";
import { configKeys, watchConfigs } from "./config_watch.ts";
import type { KustomizeParts, KustomizeSettings } from "./context.ts";
import { type DecryptionOptions, readDecryptionKeys } from "./decryption_secret.ts";
import { Memory, memoryKey } from "./memory.ts";
import { watchMissingKinds } from "./missing_kinds.ts";
import { CONTROLLER, controllerOf } from "./runs.ts";
import {
  followSources,
  readSource,
  reasonOf,
  sourceKeyOf,
  SourceWatch,
  watchArtifact,
} from "./sources.ts";
import { Takers } from "./takers.ts";
import { accountOf, openTargets } from "./targets.ts";

const GROUP_KIND = /^[a-z0-9.-]*\/[A-Z][A-Za-z0-9]*$/;

/** Starts the controller, its watch of sources and its watch for drift. */
export function startKustomize(deps: ComponentDeps): Result<Component> {
  const { cluster, clock, flags } = deps;
  const wrong = checkFlags(deps);
  if (wrong !== undefined) return wrong;
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
  function known({ name, namespace }: Pick<ObjectRef, "name" | "namespace">) {
    const object = running.informer.get(name, namespace);
    const decoded = object === undefined ? undefined : Kustomization.decode(object);
    return decoded?.ok ? decoded.value : undefined;
  }
  const claims = openClaims({
    kustomizations: {
      get: (name, namespace) => running.informer.get(name, namespace),
      byIndex: (index, key) => running.informer.byIndex(index, key),
    },
    memory,
    isRunning: (key) => active.has(key),
    clusterOf: (kustomization) => targets.clusterOf(memoryKey(kustomization)),
  });
  const takers = new Takers({
    claims,
    known,
    enqueue(key, why) {
      const [namespace = "", name = ""] = key.split("/");
      running.enqueue(namespace, name, why);
    },
  });
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
    knownKustomization: known,
    fetchArtifact: cacheTrees(http, clock, flags["http-retry"]),
    readVariables: (namespace, requests) => readVariables(cluster, namespace, requests),
    readKeyServices: (kustomization, { signal }) =>
      readDecryptionKeys(kustomization, signal, decryption),
    actsForAccount: (kustomization) => accountOf(kustomization, deps) !== "",
    claims,
    tellOther: (kustomization, event) => deps.events.send(CONTROLLER, kustomization, event),
    wake: ({ namespace, name }, why) => running.enqueue(namespace, name, why),
    awaitTakers: (kustomization, revision, others) => takers.await(kustomization, revision, others),
    memory,
    pool,
    builds: openBuildCache(),
    ...(!flags["no-remote-bases"] && {
      remotes: openRemoteSource({ git: openGit({ http, clock }), http, clock }),
    }),
    budget: defaultBudget,
    settings: settingsOf(deps),
  };

  const targets = openTargets(deps, {
    memory,
    clouds,
    find(owner) {
      const kustomization = known(owner);
      const isGoing = kustomization?.metadata.deletionTimestamp !== undefined;
      return isGoing || kustomization?.spec.suspend ? undefined : kustomization;
    },
    isRunning: (owner) => active.has(namespacedName(owner)),
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
  running.informer.onChange((change) => takers.notice(change));
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
      await http[Symbol.asyncDispose]();
    },
  });
}

/** The first flag that cannot be meant as it is, as a failure. */
function checkFlags({ flags }: ComponentDeps): Failure | undefined {
  const selector = parseLabelSelector(flags["watch-configs-label-selector"]);
  if (!selector.ok) {
    return fail("InvalidFlag", `--watch-configs-label-selector: ${selector.message}`, selector);
  }
  const badKind = flags["custom-apply-stage-kinds"].find((kind) => !GROUP_KIND.test(kind));
  if (badKind === undefined) return undefined;
  const why = `"${badKind}" is not group/Kind; of the core group it is /Kind`;
  return fail("InvalidFlag", `--custom-apply-stage-kinds: ${why}`);
}

function settingsOf({ flags, runtimeNamespace }: ComponentDeps): KustomizeSettings {
  return {
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
    runtimeNamespace,
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
