/**
 * Many objects in one Kustomization, for tests that {@linkcode openDisturbedApp} opens an app for.
 *
 * @module
 */
import assert from "node:assert/strict";
import { configMapRef, inventoryOf } from "./app.ts";
import type { Content, DisturbedApp } from "./disturbed_app.ts";
import { compactEtcd } from "./etcd.ts";
import type { Answer, Call } from "./fault_proxy.ts";
import { valueOf } from "./kube_client.ts";
import { lookUntil } from "./look_until.ts";

const OBJECTS = /\/configmaps\//;
/** How soon an API server that is back is worked with again: before a request without an answer is given up. */
export const RESUMED_MS = 28_000;
/** A look at, a dry-run of, an apply or a delete of each, and what is asked once more. */
const MOST_ASKED = 6;
/** How long one of many takes where no calls tell of it: to build, to list, to write down. */
const EACH_MS = 10;
/** How long a server that has just come up may have no answer. */
const SERVED_MS = 180_000;

/** So many ConfigMaps, all with the same value. */
export function crowdOf(count: number, value: string): Content {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, value]));
}

/** Rolls so many out, half of them again, and lists those anew from a server that forgot what was. */
export async function rollOutCrowd(
  t: Deno.TestContext,
  app: DisturbedApp,
  count: number,
): Promise<void> {
  const half = count / 2;
  await t.step(`${count} objects are rolled out, and half of them go (row 34)`, async () => {
    for (const wanted of [count, half]) {
      const countSteps = app.countCalls(OBJECTS);
      const commit = await app.commit(crowdOf(wanted, "2"));
      const limitMs = 30_000 + count * EACH_MS;
      const ready = await app.untilApplied(commit, { limitMs, countSteps });
      assert.equal(inventoryOf(ready).length, wanted);
      assert.ok(countSteps() <= MOST_ASKED * count, `${countSteps()} calls for ${wanted} objects`);
    }
  });
  await t.step(
    "a server that is killed between two pages and forgets what was is listed anew (rows 1 and 5)",
    () => forgetBetweenPages(app, half),
  );
}

async function forgetBetweenPages(app: DisturbedApp, count: number): Promise<void> {
  const countSteps = app.countCalls(OBJECTS);
  let commit = "";
  let cutOff: Promise<number> | undefined;
  const isPage = { path: /\/configmaps\?.*limit=500$/ };
  const restore = app.proxy.disturb(
    isPage,
    async (call) => await call.send(await call.ask(call.path.replace("=500", `=${count / 2}`))),
  );
  async function forget(call: Call): Promise<number> {
    valueOf(await app.cluster.remove(configMapRef("default", "n8")));
    valueOf(
      await app.plane.apiServer.restart(async () => {
        commit = await app.commit({ ...crowdOf(count, "2"), n9: "3" });
        await compactEtcd(app.plane.etcd);
      }),
    );
    const answer = await askUntilServed(call);
    await call.send(answer);
    return answer.status;
  }
  app.proxy.disturb({ path: /\/configmaps\?.*continue=/ }, (call) => cutOff = forget(call), 1);
  const watches = () => app.proxy.watchesOf(/configmaps/);
  await app.until("ConfigMaps are watched", () => Promise.resolve(watches().length > 0));
  for (const watch of watches()) {
    watch.onEvent = () => [{ type: "ERROR", object: { kind: "Status", code: 410 } }];
  }
  valueOf(await app.cluster.remove(configMapRef("default", "n7")));
  await app.until("the next page is asked for", () => Promise.resolve(cutOff !== undefined));
  // How long a server takes to come back is its own matter.
  const status = await cutOff;
  restore();
  assert.equal(status, 410);
  await app.untilApplied(commit, { limitMs: RESUMED_MS + count * EACH_MS, countSteps });
  for (const name of ["n7", "n8"]) {
    await app.until(`${name} is back`, async () => await app.valueAt(name) === "2");
  }
}

/** It may have to fill its caches before it has an answer. */
async function askUntilServed(call: Call): Promise<Answer> {
  return await lookUntil(
    () => call.ask(),
    ({ status }) => status !== 429 && status < 500,
    { limitMs: SERVED_MS },
  );
}
