/**
 * An API server that fails, repeats the past, loses answers, conflicts, freezes and restarts: what was promised
 * holds at every instant, by the history that it wrote itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { stringifyJson } from "../../lib/base/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { isLongRun, openChance } from "../support/chance.ts";
import { type DisturbedApp, openDisturbedApp } from "../support/disturbed_app.ts";
import {
  answerWith,
  type Fault,
  halveAnswer,
  HTML_PAGE,
  keepSilent,
  loseAnswer,
  loseRequest,
  refuse,
} from "../support/fault_proxy.ts";
import { valueOf } from "../support/kube_client.ts";
import { lacks } from "../support/requirements.ts";

const ignore = lacks("openssl", "install openssl");
const KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations";
const REPOSITORIES = "/apis/source.toolkit.fluxcd.io/v1/gitrepositories";
const EVERYTHING = { path: /^/ };
const ROUNDS = isLongRun() ? 1_000 : 3;
const FROZEN_MS = isLongRun() ? 90_000 : 1_000;
/** How soon an API server that is back is worked with again. */
const RESUMED_MS = 15_000;

Deno.test({ name: "nothing is lost to an API server in trouble", ignore }, async (t) => {
  await using app = await openDisturbedApp();
  await app.untilApplied(await app.commit({ a: "0", b: "0" }));

  await t.step("an old inventory at the start of a process orphans nothing (row 7)", async () => {
    const old = await readList(app, KUSTOMIZATIONS);
    await app.untilApplied(await app.commit({ a: "1", b: "1", c: "1" }));
    let commit = "";
    let heal = () => {};
    await app.crash(async () => {
      commit = await app.commit({ a: "2", b: "1" });
      heal = showOnly(app, KUSTOMIZATIONS, old);
    });
    await app.until("a is at 2", async () => await valueAt(app, "a") === "2");
    heal();
    await app.untilApplied(commit);
    assert.equal(await valueAt(app, "c"), undefined);
  });

  await t.step("an old list of sources brings no old revision back (row 7)", async () => {
    const old = await readList(app, REPOSITORIES);
    await app.untilApplied(await app.commit({ a: "3", b: "3" }));
    const heal = showOnly(app, REPOSITORIES, old);
    for (const watch of app.proxy.watchesOf(/gitrepositories/)) {
      watch.onEvent = () => [{ type: "ERROR", object: { kind: "Status", code: 410 } }];
    }
    await app.untilApplied(await app.commit({ a: "4", b: "4" }));
    heal();
  });

  for (
    const [name, page] of [
      ["a page of HTML", HTML_PAGE],
      ["a page that is not found", { ...HTML_PAGE, status: 404 }],
    ] as const
  ) {
    await t.step(
      `${name} in place of every object that is to go orphans none (row 62)`,
      async () => {
        await app.untilApplied(await app.commit({ a: "5", goes: "1", "goes-too": "1" }));
        const heal = app.proxy.disturb({ path: /configmaps\/goes/ }, answerWith(page));
        const commit = await app.commit({ a: name });
        await app.until("a is applied", async () => await valueAt(app, "a") === name);
        await app.untilCalled("GET", /configmaps\/goes/, 4);
        heal();
        await app.untilApplied(commit);
        assert.equal(await valueAt(app, "goes"), undefined);
      },
    );
  }

  await t.step(
    "somebody who writes a hundred times a second holds nothing up (row 10)",
    async () => {
      const { generation } = valueOf(await app.cluster.get(app.applied)).metadata;
      const stop = startStorm(app);
      const before = app.proxy.calls.length;
      await app.untilApplied(await app.commit({ a: "6", b: "6" }));
      const writes = app.proxy.calls.slice(before).filter((call) =>
        /^PATCH.*(kustomizations|gitrepositories)/.test(call)
      );
      const written = await stop();
      assert.equal(valueOf(await app.cluster.get(app.applied)).metadata.generation, generation);
      // Five tries for each of the few writes of a rollout.
      assert.ok(writes.length <= 40, `${writes.length} writes beside ${written} of others`);
    },
  );

  const { chance, seed } = openChance();
  await t.step(`${ROUNDS} disturbances of all kinds (${seed})`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { name, fault } = chance.pick(DISTURBANCES);
      const oneIn = 1 + chance.below(4);
      const heal = app.proxy.disturb(
        EVERYTHING,
        (call) => chance.below(oneIn) === 0 ? fault(call) : "pass",
      );
      for (const watch of app.proxy.watches) if (chance.below(2) === 0) watch.wire.reset();
      const content = { always: "x", [`n${chance.below(4)}`]: `${round}`, n9: `${round}` };
      const commit = await app.commit(content);
      await new Promise((resolve) => setTimeout(resolve, 200 + chance.below(1_500)));
      heal();
      await app.untilApplied(commit).catch((error: Error) => {
        throw new Error(`round ${round}, one in ${oneIn}: ${name}; ${error.message}`);
      });
    }
  });

  await t.step(
    "a server that freezes in the middle is worked with again at once (row 2)",
    async () => {
      Deno.kill(app.plane.apiServer.pid, "SIGSTOP");
      const commit = await app.commit({ a: "7", b: "7" });
      await new Promise((resolve) => setTimeout(resolve, FROZEN_MS));
      Deno.kill(app.plane.apiServer.pid, "SIGCONT");
      await app.untilApplied(commit, RESUMED_MS);
    },
  );

  await t.step("a server that is killed and comes back, too (row 1)", async () => {
    let commit = "";
    valueOf(
      await app.plane.apiServer.restart(async () => {
        commit = await app.commit({ a: "8", b: "8" });
        if (isLongRun()) await new Promise((resolve) => setTimeout(resolve, 10 * 60_000));
      }),
    );
    await app.untilApplied(commit, RESUMED_MS);
  });

  await app.check();
});

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
      await new Promise((resolve) => setTimeout(resolve, 300));
      return "pass";
    },
  },
];

async function readList({ cluster }: DisturbedApp, path: string): Promise<string> {
  return stringifyJson(valueOf(await cluster.getPath(path)));
}

/** Lists of these objects are as they were, and no watch says otherwise. */
function showOnly({ proxy }: DisturbedApp, path: string, body: string): () => void {
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

/** Writes to the source and the Kustomization, until it is told to stop; gives how often. */
function startStorm({ cluster, applied, source }: DisturbedApp): () => Promise<number> {
  let isOver = false;
  let count = 0;
  const storm = [applied, source].flatMap((ref) => [1, 2].map((writer) => ({ ref, writer })));
  const writing = storm.map(async ({ ref, writer }) => {
    while (!isOver) {
      const annotations = { [`test/writer-${writer}`]: String(count++) };
      const patch = { metadata: { annotations } };
      valueOf(await cluster.patch(ref, patch, { fieldManager: "storm", type: "merge" }));
      const status = { lastHandledReconcileAt: String(count++) };
      const options = { fieldManager: "storm", type: "merge", subresource: "status" } as const;
      valueOf(await cluster.patch(ref, { status }, options));
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(writing);
    return count;
  };
}

async function valueAt({ cluster }: DisturbedApp, name: string): Promise<unknown> {
  const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name };
  const read = await cluster.get(ref);
  return read.ok ? fieldOf(read.value, "data", "value") : undefined;
}
