/**
 * An API server that fails, repeats the past, loses answers, conflicts, freezes and restarts: what was promised
 * holds at every instant, by the history that it wrote itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { stringifyJson } from "../../lib/base/mod.ts";
import { configMapRef, pause } from "../support/app.ts";
import { isLongRun, openChance } from "../support/chance.ts";
import { crowdOf, RESUMED_MS, rollOutCrowd } from "../support/crowd.ts";
import { type DisturbedApp, openDisturbedApp, TESTED_GROUP } from "../support/disturbed_app.ts";
import {
  disturbAtRandom,
  leaveOneSeat,
  showOnly,
  startStorm,
  startStormOn,
} from "../support/disturbances.ts";
import { answerWith, HTML_PAGE } from "../support/fault_proxy.ts";
import { valueOf } from "../support/kube_client.ts";
import { lacks } from "../support/requirements.ts";

const ignore = lacks("openssl", "install openssl");
const KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations";
const REPOSITORIES = "/apis/source.toolkit.fluxcd.io/v1/gitrepositories";
/** A thousand, and ten thousand objects, are files of their own in `--long`. */
const ROUNDS = 3;
const CROWD = 120;
/** One at a time. */
const IN_TURN_MS = 120_000;
const FROZEN_MS = isLongRun() ? 90_000 : 1_000;
const AWAY_MS = 10 * 60_000;
const STORM_MS = isLongRun() ? 60_000 : 2_000;

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
    await app.until("a is at 2", async () => await app.valueAt("a") === "2");
    heal();
    await app.untilApplied(commit);
    assert.equal(await app.valueAt("c"), undefined);
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
        await app.until("a is applied", async () => await app.valueAt("a") === name);
        await app.untilCalled("GET", /configmaps\/goes/, 4);
        heal();
        await app.untilApplied(commit);
        assert.equal(await app.valueAt("goes"), undefined);
      },
    );
  }

  await t.step(
    "somebody who writes a hundred times a second holds nothing up (row 10)",
    async () => {
      const { generation } = valueOf(await app.cluster.get(app.applied)).metadata;
      const storm = startStorm(app);
      const before = app.proxy.calls.length;
      const began = performance.now();
      await app.untilApplied(await app.commit({ a: "6", b: "6" }));
      const seconds = (performance.now() - began) / 1_000;
      const writes = app.proxy.calls.slice(before).filter((call) =>
        /^PATCH.*(kustomizations|gitrepositories)/.test(call)
      );
      await storm.stop();
      assert.equal(valueOf(await app.cluster.get(app.applied)).metadata.generation, generation);
      // Five tries for each of the few writes of a rollout, and of the source's run in each second.
      const told = `${writes.length} writes beside ${storm.count} of others in ${seconds} s`;
      assert.ok(writes.length <= 40 + 5 * seconds, told);
    },
  );

  const { chance, seed } = openChance();
  await t.step(`${ROUNDS} disturbances of all kinds (${seed})`, async () => {
    for (let round = 0; round < ROUNDS; round++) await disturbAtRandom(app, chance, round);
  });

  await t.step(
    "a server that freezes in the middle is worked with again at once (row 2)",
    async () => {
      Deno.kill(app.plane.apiServer.pid, "SIGSTOP");
      const commit = await app.commit({ a: "7", b: "7" });
      await pause(FROZEN_MS);
      Deno.kill(app.plane.apiServer.pid, "SIGCONT");
      await app.untilApplied(commit, { limitMs: RESUMED_MS });
    },
  );

  await t.step(
    "who changes an object without a pause is not answered each time (row 53)",
    async () => {
      const before = app.proxy.calls.length;
      const calls = () =>
        app.proxy.calls.slice(before).filter((call) => /^PATCH.*configmaps\/a\?/.test(call));
      const repairs = () => calls().filter((call) => !call.includes("dryRun"));
      const began = performance.now();
      const storm = startStormOn(app, configMapRef("default", "a"));
      await pause(STORM_MS);
      await app.until(
        "it was repaired, and changed more often than that was looked at",
        () => Promise.resolve(repairs().length > 0 && calls().length < storm.count),
      );
      await storm.stop();
      const told = `${repairs().length} repairs, ${calls().length} calls, ${storm.count} changes`;
      // Ten are made at once, and then one in a while.
      const most = 10 + (performance.now() - began) / 1_000;
      assert.ok(repairs().length <= most && calls().length <= 10 * most, told);
      await app.untilApplied(await app.commit({ a: "8", b: "8" }));
    },
  );

  await t.step("a server that has one seat for us is asked in turn (row 49)", async () => {
    let refused = 0;
    const restore = app.proxy.disturb({ path: /^(?!.*watch=true)/ }, async (call) => {
      const answer = await call.ask();
      if (answer.status === 429) refused++;
      await call.send(answer);
    });
    const giveBack = await leaveOneSeat(app, TESTED_GROUP);
    const began = performance.now();
    await app.untilApplied(await app.commit(crowdOf(40, "1")), { limitMs: IN_TURN_MS });
    const tookMs = performance.now() - began;
    restore();
    await giveBack();
    // Four ask at a time, each of whom waits for a second when it is refused.
    assert.ok(refused > 0 && refused < 20 + tookMs / 50, `${refused} refusals in ${tookMs} ms`);
  });

  await rollOutCrowd(t, app, CROWD);

  const isAway = "a server that is away for ten minutes is worked with again at once, too (row 1)";
  if (isLongRun()) {
    await t.step(isAway, async () => {
      let commit = "";
      valueOf(
        await app.plane.apiServer.restart(async () => {
          commit = await app.commit({ ...crowdOf(CROWD / 2, "2"), n9: "4" });
          await pause(AWAY_MS);
        }),
      );
      await app.untilApplied(commit, { limitMs: RESUMED_MS });
    });
  }

  await app.check();
});

async function readList({ cluster }: DisturbedApp, path: string): Promise<string> {
  return stringifyJson(valueOf(await cluster.getPath(path)));
}
