/**
 * Where controllers are killed: one control plane, one repository, a namespace for each try.
 *
 * A process is killed once for many tries: each namespace stands still at a point of its own, and then all
 * of them lose their controllers at the same time. For a namespace this is the same as a process of its own:
 * what one leaves behind is in the API server and in its folder of the store, where no other writes.
 *
 * @module
 */
import { sha256Digest } from "../../../lib/base/mod.ts";
import type { KubeObject } from "../../../lib/kube/mod.ts";
import { fieldOf } from "../../../tools/demo/observe.ts";
import { type AuditedPlane, openAuditedPlane } from "../audited_plane.ts";
import { type GitServer, startGitServer } from "../git_server.ts";
import { checkHistory } from "../history/check.ts";
import { portraitOf } from "../history/portrait.ts";
import type { Step } from "../history/steps.ts";
import type { Violation } from "../history/subject.ts";
import type { Act, Props } from "./acts.ts";
import { type DoomedControllers, startDoomed } from "./controllers.ts";
import type { Plan } from "./plan.ts";
import { awaitDone, playActs } from "./play.ts";
import {
  commitBranches,
  type Commits,
  EVERY_STEP,
  isHealthy,
  type Scenario,
  subjectOf,
} from "./scenario.ts";
import { Watched } from "./watched.ts";

/** Who the controllers are in the audit log. */
const USER = "sluice-under-test";
/** `2 × retryInterval + 30 s`, as I1 gives it, and as much again where the machine is busy with something else. */
export const RECOVERY_MS = 120_000;
/** How long a process that shares its machine may not have heard that the source moved on. */
const LAG_MS = 10_000;

/** See the module's description. */
export class Arena implements AsyncDisposable {
  readonly #audited: AuditedPlane;
  readonly #folder: string;
  readonly #props: Props;
  readonly #git: GitServer;
  readonly #commits: Commits;
  readonly #watched: Watched;
  readonly #stack: AsyncDisposableStack;
  #controllers: DoomedControllers | undefined;
  #plan: Plan = {};

  /** Use {@linkcode Arena.open}. */
  private constructor(parts: {
    readonly audited: AuditedPlane;
    readonly folder: string;
    readonly git: GitServer;
    readonly url: string;
    readonly scenario: Scenario;
    readonly commits: Commits;
    readonly stack: AsyncDisposableStack;
  }) {
    const { audited, folder, git, url, scenario, commits, stack } = parts;
    this.#audited = audited;
    this.#folder = folder;
    this.#commits = commits;
    this.#git = git;
    this.#props = { cluster: audited.cluster, url, scenario };
    this.#watched = new Watched(audited.cluster);
    this.#stack = stack;
  }

  /** Starts all but the controllers, for lives in which a scenario is rolled out. */
  static async open(scenario: Scenario = EVERY_STEP): Promise<Arena> {
    await using stack = new AsyncDisposableStack();
    const [audited, git, folder] = await Promise.all([
      openAuditedPlane(),
      startGitServer(),
      Deno.makeTempDir({ prefix: "sluice-crash-" }),
    ]);
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    stack.use(git);
    stack.use(audited);
    await Deno.writeTextFile(`${folder}/kubeconfig`, audited.kubeconfigOf(USER));
    const repository = await git.createRepository("app");
    const commits = await commitBranches(repository, scenario);
    const { url } = repository;
    return new Arena({ audited, folder, git, url, scenario, commits, stack: stack.move() });
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controllers?.kill();
    await this.#watched[Symbol.asyncDispose]();
    await this.#stack[Symbol.asyncDispose]();
  }

  /** Starts the controllers (again) for the namespaces of some groups: `odd` for all that are named `odd-…`. */
  async start(groups: readonly string[], plan: Plan = {}): Promise<void> {
    const kubeconfigPath = `${this.#folder}/kubeconfig`;
    const components = ["source", "kustomize"];
    const place = { folder: this.#folder, kubeconfigPath, components };
    this.#plan = plan;
    this.#controllers = await startDoomed(place, groups, plan);
  }

  /** Kills the controllers. */
  async kill(): Promise<void> {
    await this.#running().kill();
    this.#controllers = undefined;
  }

  /** Makes a namespace with somebody else's object in it. */
  async openNamespace(name: string): Promise<void> {
    const { cluster } = this.#props;
    const objects: KubeObject[] = [
      { apiVersion: "v1", kind: "Namespace", metadata: { name } },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: name, name: "bystander" } },
    ];
    for (const object of objects) {
      const created = await cluster.create(object, { fieldManager: "test" });
      if (!created.ok) throw new Error(created.message);
    }
  }

  /**
   * Plays acts one after the other until the run stands still; gives the act in which it does, or nothing when
   * all were played and it did not within `lastWordMs`. Throws when an act comes to no end.
   */
  async play(
    namespace: string,
    acts: readonly Act[],
    lastWordMs?: number,
  ): Promise<Act | undefined> {
    const held = this.#running().untilHeld(namespace);
    const isExpected = this.#plan.holds?.[namespace] !== undefined;
    return await playActs(acts, { held, isExpected, lastWordMs }, async (act, standing) => {
      await act.ask(namespace, this.#props);
      await this.#await(namespace, act, standing);
    });
  }

  /** Waits until an act that was asked for of earlier controllers is done. */
  async finish(namespace: string, act: Act): Promise<void> {
    await this.#await(namespace, act);
  }

  async #await(namespace: string, act: Act, held?: Promise<unknown>): Promise<void> {
    const isDone = () => act.isDone(this.#watched.see(namespace));
    await awaitDone({
      what: `${namespace}: not ${act.name}`,
      held,
      broken: this.#running().broken,
      until: (over) => this.#watched.until(isDone, RECOVERY_MS, over),
      see: () => {
        const { source, kustomization, slow } = this.#watched.see(namespace);
        return [source, kustomization, slow].map((object) => object?.status);
      },
    });
  }

  /** Resolves once something that is called so was written in a namespace. */
  untilWritten(namespace: string, start: string): Promise<void> {
    return this.#running().untilWritten(namespace, start);
  }

  /** Names of what was written in a namespace, in order. */
  writesOf(namespace: string): readonly string[] {
    return this.#running().writesOf(namespace);
  }

  /** All that was written so far. */
  readSteps(): Promise<Step[]> {
    return this.#audited.readSteps();
  }

  /** What a namespace is found guilty of, after an act. */
  async judge(namespace: string, act: Act, steps: readonly Step[]): Promise<Violation[]> {
    const { scenario } = this.#props;
    const known = subjectOf(namespace, { scenario, commits: this.#commits }, act.branches);
    const subject = { ...known, isDeleted: act.owner === "gone" };
    const violations = checkHistory(steps, subject, {
      isOurs: (user) => user === USER,
      isHealthy,
      isSettled: act.owner !== "not yet",
      lagMs: LAG_MS,
    });
    return [...violations, ...await this.#checkArtifact(namespace)];
  }

  /** I6, I7: who is Ready serves what the status says. */
  async #checkArtifact(namespace: string): Promise<Violation[]> {
    const { source } = this.#watched.see(namespace);
    const [url, digest] = ["url", "digest"].map((field) =>
      fieldOf(source, "status", "artifact", field)
    );
    if (typeof url !== "string") return [];
    const answer = await fetch(url).catch(() => undefined);
    // The process that was killed served it there; the next one has not put its own address on record yet.
    if (answer === undefined) {
      return [{ invariant: "I1", at: "", message: `in the end nobody serves ${url}` }];
    }
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const found = answer.ok ? sha256Digest(bytes) : `nothing (${answer.status})`;
    if (found === digest) return [];
    return [{ invariant: "I6", at: "", message: `${url} is ${found}, the status says ${digest}` }];
  }

  /** The artifacts of a namespace on disk: digests by name, and what is left of broken writes. */
  async readStore(namespace: string): Promise<Map<string, string>> {
    const folder = `${this.#folder}/artifacts/gitrepository/${namespace}/app`;
    const files = new Map<string, string>();
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
    for (const name of names) {
      // Of a process that runs, one may go or be renamed meanwhile.
      const bytes = await Deno.readFile(`${folder}/${name}`).catch(() => undefined);
      if (bytes !== undefined) files.set(name, sha256Digest(bytes));
    }
    return files;
  }

  /** The server of the repository. */
  get git(): GitServer {
    return this.#git;
  }

  /** Waits until the source of a namespace is as it should be; whether it is. */
  untilSource(namespace: string, isSo: (source: KubeObject) => boolean): Promise<boolean> {
    return this.#watched.until(() => {
      const { source } = this.#watched.see(namespace);
      return source !== undefined && isSo(source);
    }, RECOVERY_MS);
  }

  /** Empties a namespace's part of the store, as a lost volume does. */
  async emptyStore(namespace: string): Promise<void> {
    await Deno.remove(`${this.#folder}/artifacts/gitrepository/${namespace}`, { recursive: true });
  }

  /** Everything of ours in a namespace, without what differs from run to run. */
  async portray(namespace: string): Promise<unknown[]> {
    const { source, kustomization } = this.#watched.see(namespace);
    const listed = await Promise.all(
      [["v1", "ConfigMap"], ["image.toolkit.fluxcd.io/v1", "ImageRepository"]].map(
        ([apiVersion = "", kind = ""]) => {
          const [group = "", version = ""] = apiVersion === "v1"
            ? ["", "v1"]
            : apiVersion.split("/");
          return this.#props.cluster.list({ group, version, kind }, { namespace });
        },
      ),
    );
    const objects = listed.flatMap((list) => list.ok ? list.value.items : []);
    const ours = objects.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt");
    return [source, kustomization, ...ours]
      .flatMap((object) => object === undefined ? [] : [portraitOf(object)]);
  }

  #running(): DoomedControllers {
    if (this.#controllers === undefined) throw new TypeError("the controllers do not run");
    return this.#controllers;
  }
}
