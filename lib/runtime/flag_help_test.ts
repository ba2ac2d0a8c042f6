import assert from "node:assert/strict";
import { flagHelp, groupFlags } from "./flag_help.ts";
import { FLAGS } from "./flag_table.ts";

Deno.test("groupFlags() puts every flag into one group, the common ones first", () => {
  const groups = groupFlags(FLAGS);

  const names = groups.flatMap(({ flags }) => flags.map(([name]) => name));
  assert.deepEqual(names.toSorted(), Object.keys(FLAGS).toSorted());
  assert.deepEqual(groups.slice(0, 2).map(({ title }) => title), [
    "The process",
    "Every component",
  ]);
});

Deno.test("flagHelp() has a line for each flag below its readers", () => {
  const lines = flagHelp(FLAGS).trimEnd().split("\n");

  for (const line of lines) {
    assert.match(
      line,
      /^$|^[A-Za-z, -]+:$|^ {2}--[a-z][A-Za-z0-9-]*( (text|integer|duration|list))? +\S.*[.)]$/,
    );
  }
  assert.ok(lines.some((line) => line.endsWith("up to twice as many. (default 4; source 2)")));
});
