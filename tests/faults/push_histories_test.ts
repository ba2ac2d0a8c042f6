/**
 * Two automations and some people write into one repository, in any order and with anything going wrong on the
 * way: branches only go forward by us, nobody's work is lost, nothing is doubled, and what a person took back
 * stays so (I8 of the reliability reference). Few histories in the gate, ten thousand in `--long`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { isLongRun, openChance } from "../support/chance.ts";
import type { Chance } from "../fuzz/mutate.ts";
import { World } from "../support/crash/push/world.ts";

const PARTS = isLongRun() ? 50 : 1;
const HISTORIES = 200;
const MOST_STEPS = 16;

Deno.test(`${PARTS * HISTORIES} histories of two automations and some people`, async (t) => {
  for (let part = 0; part < PARTS; part++) {
    const { chance, seed } = openChance(part);
    await t.step(`part ${part + 1} of ${PARTS}, ${seed}`, () => liveHistories(chance));
  }
});

async function liveHistories(chance: Chance): Promise<void> {
  for (let count = 0; count < HISTORIES; count++) {
    const world = new World(chance);
    for (let left = 2 + chance.below(MOST_STEPS); left > 0; left--) await world.step();

    const troubles = await world.settle();

    assert.deepEqual(troubles, [], `history ${count}:\n${world.story.join("\n")}`);
  }
}
