/**
 * A kind of no meaning, and a controller of it: for tests of the runtime, on a fake cluster or a real one.
 *
 * @module
 */
import { imageRules } from "../runtime/image_rules.ts";
import { type Clock, fail, isRecord, ok, type Result } from "../base/mod.ts";
import type { Cluster, GroupVersionKind, KubeObject } from "../kube/mod.ts";
import {
  type ControllerDeps,
  createLogger,
  type EventRecord,
  type KindController,
  openMetrics,
  type Outcome,
  ready,
  type ReconciledObject,
  type Run,
  startController,
} from "../runtime/mod.ts";
import { FakeClock } from "./fake_clock.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { fakeResource } from "./fake_resources.ts";

/** An object of the kind. */
export interface Thing extends ReconciledObject {
  spec: { suspend?: boolean; interval?: string; value?: string };
  status?: NonNullable<ReconciledObject["status"]> & ThingStatus;
}

/** What the kind itself writes to its status. */
export interface ThingStatus {
  value?: string;
  steps?: string[];
}

/** What one run comes to. */
export type ThingOutcome = Outcome<ThingStatus>;

/** Names a thing. */
export const THING = { apiVersion: "test.dev/v1", kind: "Thing", namespace: "apps", name: "a" };
/** Its group, version and kind. */
export const THING_GVK = { group: "test.dev", version: "v1", kind: "Thing" };

/** A thing called `a` in `apps`, unless told otherwise. */
export function thing(
  spec: Thing["spec"] = {},
  metadata: Partial<KubeObject["metadata"]> = {},
): KubeObject {
  return {
    apiVersion: THING.apiVersion,
    kind: THING.kind,
    metadata: { name: THING.name, namespace: THING.namespace, ...metadata },
    spec: { interval: "1m", ...spec },
  };
}

/** A thing as it is once its controller knows it. */
export function held(spec: Thing["spec"] = {}): KubeObject {
  return thing(spec, { finalizers: ["finalizers.fluxcd.io"] });
}

/** A thing that {@linkcode readThing} refuses. */
export function unreadable(): KubeObject {
  return { ...held(), spec: { value: 1 } };
}

/** What a condition says. */
interface Shown {
  status: string;
  reason: string;
  message: string;
}

/** The conditions by their type, without times. */
export function conditions(
  object: { status?: { conditions?: (Shown & { type: string })[] } } | undefined,
): Record<string, Shown> {
  const all = object?.status?.conditions ?? [];
  return Object.fromEntries(
    all.map(({ type, status, reason, message }) => [type, { status, reason, message }]),
  );
}

/** A thing of which `value` is no text cannot be read. */
export function readThing(object: KubeObject): Result<Thing> {
  const spec = isRecord(object.spec) ? object.spec : {};
  if (spec.value !== undefined && typeof spec.value !== "string") {
    return fail("InvalidSpec", "spec.value is not text");
  }
  // The fake cluster holds what tests put there.
  return ok(object as Thing);
}

/** The controller of things served as `gvk`; what a test does not decide copies `spec.value` to the status. */
export function thingController(
  gvk: GroupVersionKind,
  parts: Partial<KindController<Thing, ThingStatus>> = {},
): KindController<Thing, ThingStatus> {
  const controller = `${gvk.kind.toLowerCase()}-controller`;
  return {
    gvk,
    controller,
    rules: imageRules(controller),
    concurrency: 2,
    jitterPercent: 0,
    decode: readThing,
    reconcile: ({ spec }) => {
      const status = { value: spec.value };
      return Promise.resolve(ready("Succeeded", `value '${spec.value ?? ""}'`, { status }));
    },
    ...parts,
  };
}

/** What such a controller needs, and what it has said by it. */
export function thingDeps(cluster: Cluster, clock: Clock) {
  const metrics = openMetrics();
  const lines: Record<string, unknown>[] = [];
  const events: (EventRecord & { about: string })[] = [];
  const deps: ControllerDeps = {
    cluster,
    clock,
    metrics,
    random: () => 0.5,
    log: createLogger({ write: (line) => lines.push(JSON.parse(line)), clock, level: "debug" }),
    events: {
      send: (_, object, event) => events.push({ about: object.metadata.name, ...event }),
      flush: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
  };
  return { deps, metrics, lines, events };
}

/** What a test decides about its controller. */
export interface ThingOptions {
  reconcile?: (thing: Thing, run: Run<ThingStatus>) => ThingOutcome | Promise<ThingOutcome>;
  kind?: Partial<KindController<Thing, ThingStatus>>;
  deps?: Partial<ControllerDeps>;
  /** Things that are there from the start; one when absent. */
  things?: readonly KubeObject[];
}

/** What every test of it uses. */
export type ThingStage = ReturnType<typeof openThings>;

/** Starts a controller of things on a fake cluster. */
export function openThings(options: ThingOptions = {}) {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  cluster.define(fakeResource(THING.apiVersion, THING.kind));
  for (const object of options.things ?? [thing()]) cluster.seed(object);
  const { deps, metrics, lines, events } = thingDeps(cluster, clock);
  const runs: { name: string; value: string | undefined; woken: boolean; atMs: number }[] = [];
  const kind = thingController(THING_GVK);
  const reconcile = options.reconcile ?? kind.reconcile;
  const running = startController({
    ...kind,
    async reconcile(object, run) {
      const { name } = object.metadata;
      const { value } = object.spec;
      runs.push({ name, value, woken: run.woken, atMs: clock.monotonicMs() });
      return await reconcile(object, run);
    },
    ...options.kind,
  }, { ...deps, ...options.deps });
  return {
    ...{ clock, cluster, metrics, lines, events, runs, running },
    /** The thing as it is stored. */
    stored: (name = THING.name): Thing | undefined =>
      // Only tests and the controller write there.
      cluster.peek({ ...THING, name }) as Thing | undefined,
    /** Status writes so far. */
    statusWrites: () => cluster.writes.filter(({ subresource }) => subresource === "status"),
  };
}
