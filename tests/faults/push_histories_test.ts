/**
 * Two automations and some people write into one repository, in any order and with anything going wrong on the
 * way: branches only go forward by us, nobody's work is lost, nothing is doubled, and what a person took back
 * stays so (I8 of the reliability reference). Few histories in the gate, ten thousand in `--long`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { isLongRun, openChance } from "../support/chance.ts";
import { World } from "../support/crash/push/world.ts";

const HISTORIES = isLongRun() ? 10_000 : 200;
const MOST_STEPS = 16;
const { chance, seed } = openChance();

Deno.test(`${HISTORIES} histories of two automations and some people, ${seed}`, async () => {
  for (let count = 0; count < HISTORIES; count++) {
    const world = new World(chance);
    for (let left = 2 + chance.below(MOST_STEPS); left > 0; left--) await world.step();

    const troubles = await world.settle();

    assert.deepEqual(troubles, [], `history ${count}:\n${world.story.join("\n")}`);
  }
});
