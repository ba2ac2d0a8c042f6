/**
 * The source controller: the only file that builds its context.
 *
 * @module
 */
import { GitRepository, type GitRepositoryStatus } from "../../crds/mod.ts";
import {
  DIGEST_ALGORITHMS,
  fetchArtifact,
  openArtifactStore,
  openDisk,
  serveArtifacts,
} from "../../lib/artifact/mod.ts";
import { defaultBudget, ok, resolveCallerPath, type Result } from "../../lib/base/mod.ts";
import { openGitRemotes, readSecret } from "../../lib/delivery/mod.ts";
import { type Informer, isNewerVersion } from "../../lib/kube/mod.ts";
import {
  type Component,
  type ComponentDeps,
  type KindController,
  type RunningController,
  startController,
} from "../../lib/runtime/mod.ts";
import type { SourceParts } from "./context.ts";
import { finalizeGitRepository, reconcileGitRepository } from "./git_repository.ts";
import { SOURCE_RULES } from "./rules.ts";

const CONTROLLER = "source-controller";

/** Starts the controller and its file server. */
export function startSource(deps: ComponentDeps): Result<Component> {
  const { flags, clock, log } = deps;
  const remotes = openGitRemotes(deps);
  if (!remotes.ok) return remotes;
  const disk = openDisk(resolveCallerPath(flags["storage-path"]));
  const server = serveArtifacts(disk, flags["storage-addr"]);
  if (!server.ok) return server;

  const store = openArtifactStore(disk, {
    clock,
    algorithm: DIGEST_ALGORITHMS.find((each) => each === flags["artifact-digest-algo"]) ?? "sha256",
    host: flags["storage-adv-addr"] || `127.0.0.1:${server.value.port}`,
    retentionTtlMs: flags["artifact-retention-ttl"],
    retentionRecords: flags["artifact-retention-records"],
  });
  const { git, http, readLogin } = remotes.value;
  const parts: SourceParts = {
    git,
    async readRepository(namespace, name) {
      const { apiVersion, kind } = GitRepository;
      const read = await deps.cluster.get({ apiVersion, kind, namespace, name });
      return read.ok ? GitRepository.decode(read.value) : read;
    },
    readSecret: (namespace, name) => readSecret(deps.cluster, namespace, name),
    fetchFiles: (artifact, budget) => fetchArtifact(http, artifact, budget),
    artifacts: store,
    readCredentials: readLogin,
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
      await remotes.value[Symbol.asyncDispose]();
      await server.value[Symbol.asyncDispose]();
    },
  });
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
