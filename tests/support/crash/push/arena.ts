/**
 * Where image automation is killed: a git server, a repository and a namespace for each try, on a control
 * plane that others may use as well.
 *
 * @module
 */
import { ImagePolicy, ImageUpdateAutomation } from "../../../../crds/mod.ts";
import { systemClock } from "../../../../lib/base/mod.ts";
import { type Cluster, type Informer, openCluster } from "../../../../lib/kube/mod.ts";
import { fieldOf } from "../../../../tools/demo/observe.ts";
import { startGitServer } from "../../git_server.ts";
import { type DoomedControllers, startDoomed } from "../controllers.ts";
import { Lookout } from "../lookout.ts";
import type { Plan } from "../plan.ts";
import { awaitDone, playActs } from "../play.ts";
import { judgePushes } from "./judge.ts";
import { BOT, FOLDER, type PushAct, type PushScenario, type PushSeen } from "./life.ts";
import { openRepositories, type Repositories } from "./repositories.ts";
import { readStory } from "./story.ts";

const LIMIT_MS = 120_000;

/** See the module's description. */
export class PushArena implements AsyncDisposable {
  readonly #folder: string;
  readonly #kubeconfigPath: string;
  readonly #cluster: Cluster;
  readonly #scenario: PushScenario;
  readonly #repositories: Repositories;
  readonly #automations: Informer;
  readonly #policies: Informer;
  readonly #lookout = new Lookout();
  readonly #namespaces: string[] = [];
  readonly #stack: AsyncDisposableStack;
  #controllers: DoomedControllers | undefined;
  #plan: Plan = {};

  private constructor(parts: {
    readonly folder: string;
    readonly kubeconfigPath: string;
    readonly cluster: Cluster;
    readonly scenario: PushScenario;
    readonly repositories: Repositories;
    readonly stack: AsyncDisposableStack;
  }) {
    this.#folder = parts.folder;
    this.#kubeconfigPath = parts.kubeconfigPath;
    this.#cluster = parts.cluster;
    this.#scenario = parts.scenario;
    this.#repositories = parts.repositories;
    this.#stack = parts.stack;
    this.#automations = parts.cluster.informer(ImageUpdateAutomation.gvk);
    this.#policies = parts.cluster.informer(ImagePolicy.gvk);
    for (const informer of [this.#automations, this.#policies]) {
      informer.onChange(() => this.#lookout.notice());
    }
  }

  /** Starts all but the controllers. */
  static async open(kubeconfigPath: string, scenario: PushScenario): Promise<PushArena> {
    await using stack = new AsyncDisposableStack();
    const kubeconfig = await Deno.readTextFile(kubeconfigPath);
    const cluster = await openCluster({ kubeconfig, clock: systemClock });
    if (!cluster.ok) throw new Error(cluster.message);
    stack.use(cluster.value);
    const folder = await Deno.makeTempDir({ prefix: "sluice-push-" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const repositories = await openRepositories(stack.use(await startGitServer()));
    const owned = stack.move();
    const places = { folder, kubeconfigPath, scenario, repositories };
    return new PushArena({ ...places, cluster: cluster.value, stack: owned });
  }

  /** Ends everything; the namespaces go by themselves. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controllers?.kill();
    await Promise.all(this.#namespaces.map((name) => this.#clear(name)));
    await this.#automations[Symbol.asyncDispose]();
    await this.#policies[Symbol.asyncDispose]();
    await this.#stack[Symbol.asyncDispose]();
  }

  /** Makes namespaces and their repositories. */
  async openNamespaces(names: readonly string[]): Promise<void> {
    this.#namespaces.push(...names);
    await Promise.all([
      this.#repositories.make(names),
      ...names.map(async (name) => {
        const object = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
        const created = await this.#cluster.create(object, { fieldManager: "test" });
        if (!created.ok) throw new Error(created.message);
      }),
    ]);
  }

  /** Starts the controllers (again) for some groups of namespaces. */
  async start(groups: readonly string[], plan: Plan = {}): Promise<void> {
    this.#plan = plan;
    const places = { folder: this.#folder, kubeconfigPath: this.#kubeconfigPath };
    this.#controllers = await startDoomed(
      { ...places, components: ["image-automation"] },
      groups,
      plan,
    );
  }

  /** Kills the controllers. */
  async kill(): Promise<void> {
    await this.#running().kill();
    this.#controllers = undefined;
  }

  /** Plays acts until the run stands still; gives the act in which it does, or nothing. */
  async play(namespace: string, acts: readonly PushAct[]): Promise<PushAct | undefined> {
    const held = this.#running().untilHeld(namespace);
    const isExpected = this.#plan.holds?.[namespace] !== undefined;
    const { urlOf, commitTag } = this.#repositories;
    const props = { cluster: this.#cluster, scenario: this.#scenario, urlOf, commitTag };
    return await playActs(acts, { held, isExpected }, async (act, standing) => {
      await act.ask(namespace, props);
      await this.finish(namespace, act, standing);
    });
  }

  /** Waits until an act that was asked for is done, or the run stands still. */
  async finish(namespace: string, act: PushAct, held?: Promise<unknown>): Promise<void> {
    const isDone = () => act.isDone(this.#see(namespace));
    await awaitDone({
      what: `${namespace}: not ${act.name}`,
      held,
      broken: this.#running().broken,
      until: (over) => this.#lookout.until(isDone, LIMIT_MS, over),
      see: () => this.#see(namespace).automation?.status,
    });
  }

  /** Names of what was written in a namespace, in order. */
  writesOf(namespace: string): readonly string[] {
    return this.#running().writesOf(namespace);
  }

  /** What a namespace is found guilty of, after an act. */
  async judge(namespace: string, { tags }: PushAct): Promise<string[]> {
    const story = await readStory(this.#repositories.folderOf(namespace));
    const { automation } = this.#see(namespace);
    const last = fieldOf(automation, "status", "lastPushCommit");
    const { branch, copy } = this.#scenario;
    return judgePushes(story, {
      bot: BOT,
      path: `${FOLDER}/`,
      branch,
      ...(copy !== undefined && { copy }),
      tags,
      lastPush: typeof last === "string" ? last : undefined,
    });
  }

  #see(namespace: string): PushSeen {
    return {
      automation: this.#automations.get("app", namespace),
      policy: this.#policies.get("app", namespace),
    };
  }

  /** Nobody takes the finalizer off any more. */
  async #clear(namespace: string): Promise<void> {
    const { apiVersion, kind } = ImageUpdateAutomation;
    const ref = { apiVersion, kind, namespace, name: "app" };
    const how = { fieldManager: "test", type: "merge" } as const;
    await this.#cluster.patch(ref, { metadata: { finalizers: null } }, how);
    await this.#cluster.remove({ apiVersion: "v1", kind: "Namespace", name: namespace });
  }

  #running(): DoomedControllers {
    if (this.#controllers === undefined) throw new TypeError("the controllers do not run");
    return this.#controllers;
  }
}
