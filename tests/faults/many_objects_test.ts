/**
 * What `--long` adds to the objects of one Kustomization: ten thousand of them, half of which go (row 34), and an
 * API server that forgets what was while they are listed (rows 1 and 5). The gate does the same with few.
 *
 * @module
 */
import { isLongRun } from "../support/chance.ts";
import { rollOutCrowd } from "../support/crowd.ts";
import { openDisturbedApp } from "../support/disturbed_app.ts";
import { lacks } from "../support/requirements.ts";

const ignore = lacks("openssl", "install openssl");
const CROWD = 10_000;

if (isLongRun()) {
  Deno.test({ name: `nothing of ${CROWD} objects is lost`, ignore }, async (t) => {
    await using app = await openDisturbedApp();

    await rollOutCrowd(t, app, CROWD);

    await t.step("every promise was kept on the way", () => app.check());
  });
}
