import assert from "node:assert/strict";
import { listOf, readOptions, readSizes } from "./options.ts";

Deno.test("readOptions() takes values behind a space or the first equals sign, more than once", () => {
  const given = readOptions(["--n", "1,2", "--flag=--a=b,c", "--flag", "--d"], ["--n", "--flag"]);

  assert.ok(given.ok);
  assert.deepEqual(given.value.get("--flag"), ["--a=b,c", "--d"]);
  assert.deepEqual(listOf(given.value, "--n"), ["1", "2"]);
  assert.equal(listOf(given.value, "--runs"), undefined);
});

const mistakes: readonly { readonly args: readonly string[]; readonly want: string }[] = [
  { args: ["--no"], want: "unknown option --no" },
  { args: ["--no=1"], want: "unknown option --no" },
  { args: ["10"], want: "unknown option 10" },
  { args: ["--n"], want: "--n needs a value" },
  { args: ["--n="], want: "--n needs a value" },
  { args: ["--n=0"], want: "--n needs a whole number above 0" },
  { args: ["--n", "1,1.5"], want: "--n needs a whole number above 0" },
];

for (const { args, want } of mistakes) {
  Deno.test(`readSizes() refuses ${args.join(" ")}: ${want}`, () => {
    const got = readSizes(args, { "--n": [1] });

    assert.equal(got.ok ? "" : got.message, want);
  });
}
