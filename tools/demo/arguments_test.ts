import assert from "node:assert/strict";
import { parseDemoArguments } from "./arguments.ts";

const cases = [
  { name: "takes nothing", args: [], want: { once: false, repo: undefined, path: "./" } },
  { name: "drops one leading --", args: ["--", "--once"], want: { once: true } },
  {
    name: "takes values after = and after a space",
    args: ["--repo=https://x/y", "--path", "deploy"],
    want: { repo: "https://x/y", path: "deploy", branch: undefined },
  },
  { name: "refuses an unknown option", args: ["--twice"], want: undefined },
  { name: "refuses a missing value", args: ["--repo"], want: undefined },
  { name: "refuses a path without a repository", args: ["--path", "x"], want: undefined },
];

for (const { name, args, want } of cases) {
  Deno.test(`parseDemoArguments() ${name}`, () => {
    const got = parseDemoArguments(args);

    if (want === undefined) assert.equal(got.ok, false);
    else assert.partialDeepStrictEqual(got, { ok: true, value: want });
  });
}
