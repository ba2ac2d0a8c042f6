/**
 * The image benchmark at its smallest size: that it runs, and what does not depend on how busy the machine is.
 *
 * @module
 */
import assert from "node:assert/strict";
import { silent } from "../../tools/terminal.ts";
import { runImageBench } from "../bench/image.ts";

Deno.test("a scan of many tags is measured", async () => {
  const sizes = new Map([["tags", 40]]);

  const reports = await runImageBench({ runs: 1, sizes }, silent);

  const { table = "", goals = [], figures } = reports.get("tags") ?? {};
  assert.match(table, /^\| 40 \| ours \| \d+\.\d{3} s /m);
  assert.equal(goals.length, 2);
  assert.ok(Array.isArray(figures) && figures.length === 1);
  assert.equal(figures[0].requests, 1, "the way is known, and all is on one page");
});

Deno.test("updates of one repository are measured, each of them a commit", async () => {
  const sizes = new Map([["updates", 3]]);

  const reports = await runImageBench({ runs: 1, sizes }, silent);

  const { table = "", goals = [] } = reports.get("updates") ?? {};
  for (const by of ["ours", "git"]) {
    assert.match(table, new RegExp(`^\\| 3 \\| ${by} \\| \\d`, "m"));
  }
  assert.equal(goals.length, 1);
});

Deno.test("choices of many policies are measured, for each way to choose", async () => {
  const sizes = new Map([["policies", 8]]);

  const reports = await runImageBench({ runs: 1, sizes }, silent);

  const { table = "", goals = [] } = reports.get("policies") ?? {};
  for (const order of ["semver", "numerical", "alphabetical", "build date"]) {
    assert.match(table, new RegExp(`^\\| 2 \\| 1000 \\| ${order}[^|]* \\| \\d`, "m"));
  }
  assert.equal(goals.length, 2);
});
