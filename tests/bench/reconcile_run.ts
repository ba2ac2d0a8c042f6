/**
 * One run of the reconcile benchmark: a fleet is installed, upgraded, reconciled without news, and deleted.
 *
 * @module
 */
import { mapParallel, systemClock } from "../../lib/base/mod.ts";
import { type Cluster, gvkOf, type Informer, openCluster, refOf } from "../../lib/kube/mod.ts";
import type { ControlPlane } from "../../tools/controlplane/start.ts";
import { startControllers } from "../../tools/demo/start_controllers.ts";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import type { Background } from "../../tools/process.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { addCounts, AuditLog, type RequestCounts } from "./audit_log.ts";
import { readProcessCost } from "./process_cost.ts";
import { type Rollout, runRequest, SOURCE } from "./reconcile_fleet.ts";

/** The phases, in order. */
export const PHASES = ["install", "upgrade", "no-op", "delete"] as const;

/** What one phase cost. */
export interface PhaseCost {
  /** From the first request until the last Kustomization was there. */
  readonly seconds: number;
  /** Of the controllers, until they had nothing to do. */
  readonly cpuSeconds: number;
  /** Of the controllers. */
  readonly requests: RequestCounts;
}

/** What one run cost. */
export interface RunCost {
  readonly phases: Readonly<Record<typeof PHASES[number], PhaseCost>>;
  /** Most memory of the controllers. */
  readonly peakBytes: number;
}

/** How a run is made. */
export interface RunOptions {
  readonly controlPlane: ControlPlane;
  /** What is rolled out. */
  readonly rollout: Rollout;
  /** Gives the run objects of its own. */
  readonly name: string;
  /** Further flags of the controllers. */
  readonly flags: readonly string[];
  /** File with the controllers' way to the API server; the usual one when absent. */
  readonly kubeconfigPath?: string;
}

/** As whom we ask, so that the audit log tells our requests from the controllers'. */
const DRIVER = { namespace: "default", name: "bench-driver" };
const DRIVER_USER = `system:serviceaccount:${DRIVER.namespace}:${DRIVER.name}`;
const CONTROLLERS_AGENT = /^sluice/;
/** Requests of ours at once. */
const WIDTH = 16;
/** Events and the like follow the last status: until nothing came for so long. */
const QUIET_MS = 750;

/** Makes a run; everything it made in the cluster is gone afterwards, but its namespace. */
export async function runFleet(options: RunOptions): Promise<RunCost> {
  const { controlPlane } = options;
  const opened = await openCluster({
    kubeconfig: controlPlane.adminKubeconfig,
    clock: systemClock,
  });
  if (!opened.ok) throw new Error(opened.message);
  await using admin = opened.value;
  await allowDriver(controlPlane);
  const folder = await Deno.makeTempDir({ prefix: "sluice-bench-" });
  const git = await startGitServer();
  const controllers = await startControllers({
    folder,
    kubeconfigPath: options.kubeconfigPath ?? controlPlane.kubeconfigPath,
    logPath: `${folder}/controllers.log`,
    flags: ["--only=source,kustomize", ...options.flags],
  });
  try {
    return await new Fleet(options, admin.as(DRIVER), controllers).run(git);
  } finally {
    await controllers.stop();
    await git[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

async function allowDriver({ kubectl }: ControlPlane): Promise<void> {
  const binding = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: DRIVER.name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", ...DRIVER }],
  };
  const applied = await kubectl(["apply", "-f", "-"], JSON.stringify(binding));
  if (!applied.ok) throw new Error(applied.message);
}

/** Owns the watch of the fleet's Kustomizations. */
class Fleet {
  readonly #options: RunOptions;
  readonly #driver: Cluster;
  readonly #controllers: Background;
  readonly #audit: AuditLog;
  /** How many Kustomizations there are. */
  #awaited = 0;

  constructor(options: RunOptions, driver: Cluster, controllers: Background) {
    this.#options = options;
    this.#driver = driver;
    this.#controllers = controllers;
    this.#audit = new AuditLog(
      options.controlPlane.auditLogPath ?? "",
      ({ userAgent, user }) => CONTROLLERS_AGENT.test(userAgent) && user !== DRIVER_USER,
    );
  }

  async run(git: GitServer): Promise<RunCost> {
    const { rollout, name } = this.#options;
    const repository = await git.createRepository(name);
    const first = await repository.commit({ files: rollout.files(1) });
    const objects = rollout.objects(name, repository.url);
    for (const object of rollout.ground(name)) await this.#apply(object);
    const [source, app] = objects;
    if (source === undefined || app === undefined) throw new RangeError("n must be at least 1");
    await using apps = this.#driver.informer(gvkOf(app), { namespace: name });
    await apps.synced;
    await this.#settle();
    this.#awaited = objects.length - 1;
    if (!this.#controllers.running) throw new Error(endOf(this.#controllers));

    const phases = {
      install: await this.#measure(apps, (object) => isAt(object, first), async () => {
        await mapParallel(objects, WIDTH, (object) => this.#apply(object));
      }),
      upgrade: await this.#upgrade(apps, repository),
      "no-op": await this.#reconcileAll(apps),
      delete: await this.#measure(apps, () => false, async () => {
        await mapParallel(apps.list(), WIDTH, (object) => this.#driver.remove(refOf(object)));
      }),
    };
    await this.#driver.remove(refOf(source));
    const { peakBytes } = await readProcessCost(this.#controllers.pid);
    return { phases, peakBytes };
  }

  async #upgrade(apps: Informer, repository: TestRepository): Promise<PhaseCost> {
    const commit = await repository.commit({ files: this.#options.rollout.files(2) });
    return await this.#measure(apps, (object) => isAt(object, commit), async () => {
      await this.#patch("source.toolkit.fluxcd.io/v1", "GitRepository", SOURCE, runRequest().patch);
    });
  }

  async #reconcileAll(apps: Informer): Promise<PhaseCost> {
    const { token, patch } = runRequest();
    const hasRun = (object: unknown) =>
      fieldOf(object, "status", "lastHandledReconcileAt") === token;
    return await this.#measure(apps, (object) => hasRun(object) && isReady(object), async () => {
      await mapParallel(
        apps.list(),
        WIDTH,
        ({ apiVersion, kind, metadata }) => this.#patch(apiVersion, kind, metadata.name, patch),
      );
    });
  }

  /** Begins with `act` and ends when `isThere` holds for all, or none is left where it can never hold. */
  async #measure(
    apps: Informer,
    isThere: Parameters<typeof untilAll>[1]["isThere"],
    act: () => Promise<void>,
  ): Promise<PhaseCost> {
    const { pid } = this.#controllers;
    const before = await readProcessCost(pid);
    const began = performance.now();
    const { limitMs } = this.#options.rollout;
    const n = this.#awaited;
    const done = untilAll(apps, { isThere, n, limitMs, controllers: this.#controllers });
    await act();
    await done;
    const seconds = (performance.now() - began) / 1000;
    const requests = await this.#settle();
    const { cpuSeconds } = await readProcessCost(pid);
    return { seconds, cpuSeconds: cpuSeconds - before.cpuSeconds, requests };
  }

  /** What was asked since the last time, once nothing more is. */
  async #settle(): Promise<RequestCounts> {
    let counts: RequestCounts = {};
    for (let isQuiet = false; !isQuiet;) {
      await pause(QUIET_MS);
      const more = await this.#audit.take();
      isQuiet = Object.keys(more).length === 0;
      counts = addCounts(counts, more);
    }
    return counts;
  }

  async #apply(object: Parameters<Cluster["apply"]>[0]): Promise<void> {
    const applied = await this.#driver.apply(object, { fieldManager: "bench", force: true });
    if (!applied.ok) throw new Error(applied.message);
  }

  async #patch(apiVersion: string, kind: string, name: string, patch: unknown): Promise<void> {
    const ref = { apiVersion, kind, namespace: this.#options.name, name };
    const patched = await this.#driver.patch(ref, patch, { fieldManager: "bench", type: "merge" });
    if (!patched.ok) throw new Error(patched.message);
  }
}

type Watched = ReturnType<Informer["list"]>[number];

function isReady(object: Watched): boolean {
  return readinessOf(object)?.status === "True" &&
    fieldOf(object, "status", "observedGeneration") === object.metadata.generation;
}

function isAt(object: Watched, commit: string): boolean {
  return isReady(object) &&
    String(fieldOf(object, "status", "lastAppliedRevision")).endsWith(commit);
}

/** Looks at each change alone: a thousand objects must not be counted anew a thousand times. */
function untilAll(
  apps: Informer,
  { isThere, n, limitMs, controllers }: {
    isThere: (object: Watched) => boolean;
    n: number;
    limitMs: number;
    controllers: Background;
  },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const there = new Set<string>();
  let left = 0;
  const stop = apps.onChange(({ type, object }) => {
    const { name } = object.metadata;
    if (type === "deleted") left++;
    if (isThere(object)) there.add(name);
    else there.delete(name);
    if (there.size === n || left === n) resolve();
  });
  const timer = setTimeout(() => {
    const waiting = apps.list().filter((object) => !there.has(object.metadata.name)).slice(0, 3);
    const seen = waiting.map((object) =>
      `${object.metadata.name}: ${readinessOf(object)?.message}`
    );
    reject(new Error(`${there.size} of ${n} are there after ${limitMs} ms; ${seen.join("; ")}`));
  }, limitMs);
  controllers.ended.then(() => reject(new Error(endOf(controllers))));
  return promise.finally(() => {
    stop();
    clearTimeout(timer);
  });
}

function endOf({ lastLines }: Background): string {
  return `the controllers ended:\n${lastLines.join("\n")}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
