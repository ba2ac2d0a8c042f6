/**
 * The source controller: the only file that builds its context.
 *
 * @module
 */
import { GitRepository, type GitRepositoryStatus } from "../../crds/mod.ts";
import {
  fetchArtifact,
  openArtifactStore,
  openDisk,
  serveArtifacts,
} from "../../lib/artifact/mod.ts";
import { defaultBudget, fail, ok, resolveCallerPath, type Result } from "../../lib/base/mod.ts";
import { gitCredentials, readProxy, readSecret, type SecretData } from "../../lib/delivery/mod.ts";
import { type Credentials, openGit } from "../../lib/git/mod.ts";
import { openHttp, type ProxyOptions } from "../../lib/http/mod.ts";
import { type Cluster, type Informer, isNewerVersion } from "../../lib/kube/mod.ts";
import {
  type Component,
  type ComponentDeps,
  type KindController,
  type RunningController,
  startController,
} from "../../lib/runtime/mod.ts";
import { checkAlgorithms, openSsh } from "../../lib/ssh/mod.ts";
import type { SourceParts } from "./context.ts";
import { pickTags } from "./pick_tag.ts";
import { finalizeGitRepository, reconcileGitRepository } from "./git_repository.ts";
import { SOURCE_RULES } from "./rules.ts";

const CONTROLLER = "source-controller";

/** Starts the controller and its file server. */
export function startSource(deps: ComponentDeps): Result<Component> {
  const { flags, clock, log } = deps;
  const algorithms = { kex: flags["ssh-kex-algos"], hostKey: flags["ssh-hostkey-algos"] };
  const offered = checkAlgorithms(algorithms);
  if (!offered.ok) {
    return fail("InvalidFlag", `--ssh-kex-algos, --ssh-hostkey-algos: ${offered.message}`);
  }
  const disk = openDisk(resolveCallerPath(flags["storage-path"]));
  const server = serveArtifacts(disk, flags["storage-addr"]);
  if (!server.ok) return server;

  const store = openArtifactStore(disk, {
    clock,
    host: flags["storage-adv-addr"] || `127.0.0.1:${server.value.port}`,
    retentionTtlMs: flags["artifact-retention-ttl"],
    retentionRecords: flags["artifact-retention-records"],
  });
  const http = openHttp({ clock });
  const ssh = openSsh({ clock, algorithms });
  const parts: SourceParts = {
    git: openGit({ http, ssh, clock, pickTags }),
    async readRepository(namespace, name) {
      const { apiVersion, kind } = GitRepository;
      const read = await deps.cluster.get({ apiVersion, kind, namespace, name });
      return read.ok ? GitRepository.decode(read.value) : read;
    },
    readSecret: (namespace, name) => readSecret(deps.cluster, namespace, name),
    fetchFiles: (artifact, budget) => fetchArtifact(http, artifact, budget),
    artifacts: store,
    readCredentials: (namespace, spec) => readCredentials(deps.cluster, namespace, spec),
    budget: defaultBudget,
  };
  const running: RunningController = startController(
    gitController(parts, deps, () => running.informer),
    deps,
  );
  log.info("source controller started", { artifacts: server.value.port });
  return ok({
    name: "source",
    ready: () => running.informer.trouble?.message,
    async [Symbol.asyncDispose]() {
      await running.stop();
      await ssh[Symbol.asyncDispose]();
      await server.value[Symbol.asyncDispose]();
    },
  });
}

type Access = Pick<GitRepository["spec"], "url" | "secretRef" | "proxySecretRef">;

async function readCredentials(
  cluster: Cluster,
  namespace: string,
  access: Access,
): Promise<Result<Credentials | undefined>> {
  const proxy = await readProxySecret(cluster, namespace, access);
  if (!proxy.ok) return proxy;
  const login = await readLogin(cluster, namespace, access);
  if (!login.ok || proxy.value === undefined) return login;
  return ok({ ...login.value, proxy: proxy.value });
}

async function readProxySecret(
  cluster: Cluster,
  namespace: string,
  { proxySecretRef }: Access,
): Promise<Result<ProxyOptions | undefined>> {
  if (proxySecretRef === undefined) return ok(undefined);
  const secretName = `${namespace}/${proxySecretRef.name}`;
  const secret = await readSecret(cluster, namespace, proxySecretRef.name);
  const proxy = secret.ok
    ? readProxy(secret.value, secretName)
    : fail(secret.code, `failed to get secret '${secretName}': ${secret.message}`);
  if (proxy.ok) return proxy;
  return fail(proxy.code, `failed to configure proxy options: ${proxy.message}`);
}

async function readLogin(
  cluster: Cluster,
  namespace: string,
  { url, secretRef }: Access,
): Promise<Result<Credentials | undefined>> {
  const isSsh = url.startsWith("ssh://");
  if (secretRef === undefined && !isSsh) return ok(undefined);
  const secretName = `${namespace}/${secretRef?.name ?? ""}`;
  const secret = secretRef === undefined
    ? ok<SecretData>(new Map())
    : await readSecret(cluster, namespace, secretRef.name);
  // The prefix is doubled in Flux's own message, and tools match on it (errata 12).
  const prefix = `failed to get secret '${secretName}': `;
  if (!secret.ok) return fail(secret.code, `${prefix}${prefix}${secret.message}`, secret);
  const login = gitCredentials(secret.value, { secretName, url });
  if (login.ok) return login;
  return fail(login.code, `failed to configure authentication options: ${login.message}`);
}

function gitController(
  parts: SourceParts,
  { flags }: ComponentDeps,
  repositories: () => Informer,
): KindController<GitRepository, GitRepositoryStatus> {
  return {
    gvk: GitRepository.gvk,
    controller: CONTROLLER,
    rules: SOURCE_RULES,
    concurrency: flags.concurrent,
    jitterPercent: flags["interval-jitter-percentage"],
    decode: GitRepository.decode,
    reconcile: (repo, run) => reconcileGitRepository(repo, { ...parts, ...run }),
    finalize: (repo, run) => finalizeGitRepository(repo, { ...parts, ...run }),
    watch(_repo, objects, wake) {
      return repositories().onChange(({ object: { metadata } }) => {
        const isNews = objects.some(({ name, namespace, seen }) =>
          name === metadata.name && namespace === metadata.namespace &&
          isNewerVersion(metadata.resourceVersion, seen)
        );
        if (isNews) wake();
      });
    },
  };
}
