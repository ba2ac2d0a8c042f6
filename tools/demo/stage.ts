/**
 * Raises the demo's stage: a cluster, a git server, a registry, the controllers; and clears it away.
 *
 * @module
 */
import {
  fail,
  messageOf,
  ok,
  resolveCallerPath,
  type Result,
  systemClock,
} from "../../lib/base/mod.ts";
import { type Cluster, openCluster } from "../../lib/kube/mod.ts";
import { startGitServer } from "../../tests/support/git_server.ts";
import { startRegistry } from "../../tests/support/registry.ts";
import { startControlPlane } from "../controlplane/start.ts";
import { captureText } from "../process.ts";
import type { Progress } from "../terminal.ts";
import type { DemoOptions } from "./arguments.ts";
import {
  askToInstall,
  clearDefinitions,
  clearObjects,
  installDefinitions,
  namespaceRef,
  removeAndWait,
} from "./definitions.ts";
import { NAMESPACE } from "./objects.ts";
import { checkSignature } from "./signing_key.ts";
import { startControllers } from "./start_controllers.ts";
import type { Scene } from "./steps.ts";

/** Everything that runs. */
export interface Stage {
  readonly scene: Scene;
  /** For the person who wants to look around. */
  readonly kubeconfigPath: string;
  /** Folder with a `kubectl`; none with a cluster that was there before. */
  readonly binFolder: string | undefined;
  /** Where the controllers log to. */
  readonly logPath: string;
}

/** A stage that is not there yet, and may never be. */
export interface Raising {
  /** Starts all of it; a failure names the part that could not be. Once. */
  raise(): Promise<Result<Stage>>;
  /** Ends and removes what there is by now, be it in the middle of `raise`. */
  clear(): Promise<void>;
}

const SAMPLE = new URL("./sample", import.meta.url).pathname;
const TAGS = ["1.2.0", "1.10.0", "2.0.0", "latest"] as const;

/**
 * Ends all it was given at once, in no order: a Ctrl-C on a busy machine has to be over soon, and none of
 * them is asked for anything again.
 */
class Throwaway implements AsyncDisposable {
  readonly #ends: (() => PromiseLike<void>)[] = [];
  #isOver = false;

  use<T extends AsyncDisposable>(part: T): T {
    this.defer(() => part[Symbol.asyncDispose]());
    return part;
  }

  /** What comes too late is ended as it comes. */
  defer(end: () => PromiseLike<void>): void {
    if (this.#isOver) void end();
    else this.#ends.push(end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#ends.splice(0).map((end) => end()));
  }
}

/** What each part of the stage is raised with. */
interface Crew {
  readonly options: DemoOptions;
  readonly progress: Progress;
  /** Whatever is started or made is put here before anything can come in between. */
  readonly stack: AsyncDisposableStack;
  /** Ends what nobody else's end depends on. */
  readonly throwaway: Throwaway;
  /** Nothing more is to be made. */
  readonly stop: AbortSignal;
}

/** Prepares to start; nothing is done before {@linkcode Raising.raise}. */
export function raiseStage(options: DemoOptions, progress: Progress): Raising {
  const stack = new AsyncDisposableStack();
  const stop = new AbortController();
  let clearing: Promise<void> | undefined;
  function clear(): Promise<void> {
    stop.abort();
    return clearing ??= stack.disposeAsync();
  }
  async function raise(): Promise<Result<Stage>> {
    const throwaway = new Throwaway();
    try {
      const stage = await start({ options, progress, stack, throwaway, stop: stop.signal });
      if (!stage.ok) await clear();
      return stage;
    } catch (error) {
      await clear();
      return fail("CannotStart", messageOf(error), error);
    }
  }
  return { raise, clear };
}

async function start(crew: Crew): Promise<Result<Stage>> {
  const { options, stack, throwaway, progress } = crew;
  const folder = await Deno.makeTempDir({ prefix: "sluice-demo-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  stack.use(throwaway);
  const place = await openPlace(crew);
  if (!place.ok) return place;
  const { cluster, kubeconfigPath } = place.value;

  const prepared = await prepareCluster(cluster, crew);
  if (!prepared.ok) return prepared;

  const parts = options.repo === undefined
    ? await openSample(throwaway)
    : await openOwn(options.repo, throwaway);
  if (!parts.ok) return parts;

  const logPath = `${folder}/controllers.log`;
  const controllers = await startControllers({ folder, kubeconfigPath, logPath });
  if (options.existing) {
    stack.use(controllers);
    // What is deferred last runs first: finalizers need the controllers.
    stack.defer(() => clearObjects(cluster, progress));
  } else {
    throwaway.defer(() => controllers.kill());
  }
  const { gitUrl, branch = "main", ...acts } = parts.value;
  const own = options.repo === undefined
    ? {}
    : { path: options.path, namespace: options.namespace };
  return ok({
    scene: {
      cluster,
      sources: { gitUrl, branch: options.branch ?? branch, ...own },
      progress,
      ...acts,
    },
    kubeconfigPath,
    binFolder: place.value.binFolder,
    logPath,
  });
}

/** Our definitions; a cluster that stays is asked about first, and cleared of what it did not have. */
async function prepareCluster(cluster: Cluster, crew: Crew): Promise<Result<void>> {
  const { options, progress, stack, stop } = crew;
  if (!options.existing) return await installDefinitions(cluster, progress, stop);
  const allowed = await askToInstall(cluster, options);
  if (!allowed.ok) return allowed;
  const namespaces = [NAMESPACE, options.namespace].filter((name) => name !== undefined);
  for (const ref of namespaces.map(namespaceRef)) {
    if ((await cluster.get(ref)).ok) continue;
    stack.defer(() => removeAndWait(cluster, ref, progress));
  }
  let installing: Promise<Result<void>> = Promise.resolve(ok(undefined));
  stack.defer(async () => {
    // None may come after they were removed.
    await installing;
    await clearDefinitions(cluster, progress);
  });
  installing = installDefinitions(cluster, progress, stop);
  return await installing;
}

interface Place {
  readonly cluster: Cluster;
  readonly kubeconfigPath: string;
  readonly binFolder: string | undefined;
}

async function openPlace(
  { options, progress, stack, throwaway }: Crew,
): Promise<Result<Place>> {
  let kubeconfigPath = existingKubeconfig();
  let binFolder: string | undefined;
  if (!options.existing) {
    const controlPlane = await startControlPlane({ progress });
    if (!controlPlane.ok) return controlPlane;
    throwaway.use(controlPlane.value);
    ({ kubeconfigPath, binFolder } = controlPlane.value);
  }
  const kubeconfig = await readText(kubeconfigPath);
  if (!kubeconfig.ok) return kubeconfig;
  const cluster = await openCluster({ kubeconfig: kubeconfig.value, clock: systemClock });
  if (!cluster.ok) return cluster;
  stack.use(cluster.value);
  return ok({ cluster: cluster.value, kubeconfigPath, binFolder });
}

function existingKubeconfig(): string {
  return Deno.env.get("KUBECONFIG") ?? `${Deno.env.get("HOME") ?? ""}/.kube/config`;
}

async function readText(path: string): Promise<Result<string>> {
  try {
    return ok(await Deno.readTextFile(path));
  } catch (error) {
    return fail("NoKubeconfig", `Cannot read the kubeconfig ${path}: ${messageOf(error)}`, error);
  }
}

type Parts = Pick<Scene, "firstCommit" | "image" | "push" | "pushTag" | "checkSignature"> & {
  readonly gitUrl: string;
  /** The one that is checked out; known of a repository on this machine only. */
  readonly branch?: string;
};

/** The caller's repository: by its URL, or a checkout on this machine, served as it changes. */
async function openOwn(repo: string, throwaway: Throwaway): Promise<Result<Parts>> {
  const remote = {
    ...{ firstCommit: "", image: "" },
    ...{ push: refuse, pushTag: refuse, checkSignature: refuse },
  };
  if (/^(https?|ssh):/.test(repo)) return ok({ ...remote, gitUrl: repo });
  const folder = resolveCallerPath(repo.replace(/^file:(\/\/)?/, ""));
  const gitFolder = await gitText(folder, "rev-parse", "--absolute-git-dir");
  if (!gitFolder.ok) return gitFolder;
  const branch = await gitText(folder, "symbolic-ref", "--short", "HEAD");
  if (!branch.ok) return branch;
  const git = throwaway.use(await startGitServer());
  const gitUrl = await git.serveRepository("own", gitFolder.value);
  return ok({ ...remote, gitUrl, branch: branch.value });
}

async function gitText(folder: string, ...args: string[]): Promise<Result<string>> {
  const said = await captureText(["git", "-C", folder, ...args]);
  return said.ok ? ok(said.value.trim()) : fail("NoRepository", `--repo: ${said.message}`);
}

/** A real git server with the sample, and a real registry with a few tags. */
async function openSample(throwaway: Throwaway): Promise<Result<Parts>> {
  const git = throwaway.use(await startGitServer());
  const repository = await git.createRepository("demo");
  const firstCommit = await repository.pushFolder(SAMPLE, { message: "two apps and an overlay" });
  const registry = await startRegistry();
  if (!registry.ok) return registry;
  const pushed = throwaway.use(registry.value);
  for (const tag of TAGS) await pushed.pushImage("web", tag);
  return ok({
    gitUrl: repository.url,
    firstCommit,
    image: `${pushed.host}/web`,
    async push(files, message) {
      try {
        return ok(await repository.commit({ files, message }));
      } catch (error) {
        return fail("CannotPush", messageOf(error), error);
      }
    },
    async pushTag(tag) {
      try {
        await pushed.pushImage("web", tag);
        return ok(undefined);
      } catch (error) {
        return fail("CannotPush", messageOf(error), error);
      }
    },
    checkSignature: (commit, publicKey) => checkSignature(repository.bareFolder, commit, publicKey),
  });
}

function refuse(): Promise<Result<never>> {
  return Promise.resolve(fail("ReadOnly", "your repository is only read"));
}
