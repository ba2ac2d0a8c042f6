/**
 * What `--long` adds to an API server in trouble: a thousand disturbances of all kinds, one after the other. The
 * name of each part tells the seed with which a run begins there.
 *
 * @module
 */
import { isLongRun, openChance } from "../support/chance.ts";
import { disturbAtRandom } from "../support/disturbances.ts";
import { openDisturbedApp } from "../support/disturbed_app.ts";
import { lacks } from "../support/requirements.ts";

const ignore = lacks("openssl", "install openssl");
const PARTS = 40;
const ROUNDS = 25;

if (isLongRun()) {
  Deno.test({ name: `nothing is lost to ${PARTS * ROUNDS} disturbances`, ignore }, async (t) => {
    await using app = await openDisturbedApp();
    await app.untilApplied(await app.commit({ always: "x" }));

    for (let part = 0; part < PARTS; part++) {
      const { chance, seed } = openChance(part);
      await t.step(`part ${part + 1} of ${PARTS}, ${seed}`, async () => {
        const first = part * ROUNDS;
        for (let round = 0; round < ROUNDS; round++) {
          await disturbAtRandom(app, chance, first + round);
        }
      });
    }

    await t.step("every promise was kept on the way", () => app.check());
  });
}
