/**
 * What happens to an API server and around it, for tests that {@linkcode openDisturbedApp} opens an app for.
 *
 * @module
 */
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import type { Chance } from "../fuzz/mutate.ts";
import { pause } from "./app.ts";
import type { DisturbedApp } from "./disturbed_app.ts";
import {
  answerWith,
  type Fault,
  halveAnswer,
  HTML_PAGE,
  keepSilent,
  loseAnswer,
  loseRequest,
  refuse,
} from "./fault_proxy.ts";
import { conditionOf } from "./history/ledger.ts";
import { valueOf } from "./kube_client.ts";

/** What may become of any call. */
const DISTURBANCES: readonly [
  { readonly name: string; readonly fault: Fault },
  ...{ readonly name: string; readonly fault: Fault }[],
] = [
  { name: "500", fault: refuse(500, "InternalError", "etcdserver: leader changed") },
  { name: "503", fault: refuse(503, "ServiceUnavailable", "etcdserver: no leader") },
  { name: "504", fault: refuse(504, "Timeout", "the server was unable to return a response") },
  { name: "429", fault: refuse(429, "TooManyRequests", "too many", { "retry-after": "1" }) },
  { name: "401", fault: refuse(401, "Unauthorized", "Unauthorized") },
  { name: "403", fault: refuse(403, "Forbidden", "is forbidden") },
  { name: "409", fault: refuse(409, "Conflict", "the object has been modified") },
  { name: "an answer that is lost", fault: loseAnswer },
  { name: "a request that is lost", fault: loseRequest },
  { name: "HTML", fault: answerWith(HTML_PAGE) },
  { name: "HTML that is not found", fault: answerWith({ ...HTML_PAGE, status: 404 }) },
  { name: "half an answer", fault: halveAnswer },
  {
    name: "an answer that takes its time",
    async fault() {
      await pause(300);
      return "pass";
    },
  },
];

/** Any disturbance, for a while in which something is committed: it is applied once the disturbance is over. */
export async function disturbAtRandom(
  app: DisturbedApp,
  chance: Chance,
  round: number,
): Promise<void> {
  const { name, fault } = chance.pick(DISTURBANCES);
  const oneIn = 1 + chance.below(4);
  const heal = app.proxy.disturb(
    { path: /^/ },
    (call) => chance.below(oneIn) === 0 ? fault(call) : "pass",
  );
  for (const watch of app.proxy.watches) if (chance.below(2) === 0) watch.wire.reset();
  const content = { always: "x", [`n${chance.below(4)}`]: `${round}`, n9: `${round}` };
  const commit = await app.commit(content);
  await pause(200 + chance.below(1_500));
  heal();
  await app.untilApplied(commit).catch((error: Error) => {
    throw new Error(`round ${round}, one in ${oneIn}: ${name}; ${error.message}`);
  });
}

/** Lists of these objects are as they were, and no watch says otherwise. */
export function showOnly({ proxy }: DisturbedApp, path: string, body: string): () => void {
  const headers = { "content-type": "application/json" };
  const stops = [
    proxy.disturb({ path: new RegExp(`^${path}.*watch=true`) }, keepSilent),
    proxy.disturb(
      { path: new RegExp(`^${path}\\?limit=500`) },
      answerWith({ status: 200, headers, body }),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
    // Whoever waits for an answer in vain would wait for half a minute.
    for (const wire of proxy.disturbed) wire.reset();
  };
}

/** Others who write, all the time. */
export interface Storm {
  /** How often they wrote so far. */
  readonly count: number;
  /** Stops; resolves when the last one has written. */
  stop(): Promise<void>;
}

/** Writes to the source and the Kustomization. */
export function startStorm({ cluster, applied, source }: DisturbedApp): Storm {
  const storm = [applied, source].flatMap((ref) => [1, 2].map((writer) => ({ ref, writer })));
  return startWriters(storm.map(({ ref, writer }) => async (next) => {
    const annotations = { [`test/writer-${writer}`]: next() };
    const patch = { metadata: { annotations } };
    valueOf(await cluster.patch(ref, patch, STORM));
    const status = { lastHandledReconcileAt: next() };
    valueOf(await cluster.patch(ref, { status }, { ...STORM, subresource: "status" }));
    await pause(60);
  }));
}

/** Changes an object as often as the server lets. */
export function startStormOn({ cluster }: Pick<DisturbedApp, "cluster">, ref: ObjectRef): Storm {
  return startWriters([1, 2, 3, 4].map(() => async (next) => {
    const patch = { data: { value: `of others: ${next()}` } };
    valueOf(await cluster.patch(ref, patch, STORM));
  }));
}

const STORM = { fieldManager: "storm", type: "merge" } as const;

/** Has all of them write again and again, each time something new. */
function startWriters(writers: readonly ((next: () => string) => Promise<void>)[]): Storm {
  let isOver = false;
  let count = 0;
  const next = () => String(count++);
  const writing = writers.map(async (write) => {
    while (!isOver) await write(next);
  });
  return {
    get count() {
      return count;
    },
    async stop() {
      isOver = true;
      await Promise.all(writing);
    },
  };
}

/**
 * Leaves one seat of the API server to the users of a group: who asks while it is taken is refused, from the moment
 * that this is over. Gives what takes that back.
 */
export async function leaveOneSeat(
  { cluster, until }: Pick<DisturbedApp, "cluster" | "until">,
  group: string,
): Promise<() => Promise<void>> {
  const objects = [
    priorityLevel("one-seat", { nominalConcurrencyShares: 1 }),
    // So many that a share of one comes to one seat.
    priorityLevel("the-others", { nominalConcurrencyShares: 2_000 }),
    {
      ...FLOW_SCHEMA,
      metadata: { name: "one-seat" },
      spec: {
        matchingPrecedence: 2,
        priorityLevelConfiguration: { name: "one-seat" },
        rules: [{
          subjects: [{ kind: "Group", group: { name: group } }],
          resourceRules: [{
            verbs: ["*"],
            apiGroups: ["*"],
            resources: ["*"],
            clusterScope: true,
            namespaces: ["*"],
          }],
        }],
      },
    },
  ];
  for (const object of objects) valueOf(await cluster.apply(object, { fieldManager: "test" }));
  await until("the server leaves one seat", async () => {
    const schema = valueOf(await cluster.get({ ...FLOW_SCHEMA, name: "one-seat" }));
    // It says whether the level exists when it has begun to act by both.
    return conditionOf(schema, "Dangling")?.status === "False";
  });
  return async () => {
    for (const { apiVersion, kind, metadata: { name } } of objects.reverse()) {
      valueOf(await cluster.remove({ apiVersion, kind, name }));
    }
  };
}

const FLOW_CONTROL = "flowcontrol.apiserver.k8s.io/v1";
const FLOW_SCHEMA = { apiVersion: FLOW_CONTROL, kind: "FlowSchema" };

function priorityLevel(name: string, limited: Readonly<Record<string, unknown>>): KubeObject {
  return {
    apiVersion: FLOW_CONTROL,
    kind: "PriorityLevelConfiguration",
    metadata: { name },
    spec: {
      type: "Limited",
      limited: { ...limited, borrowingLimitPercent: 0, limitResponse: { type: "Reject" } },
    },
  };
}
