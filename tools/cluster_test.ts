/**
 * How `deno task cluster` reads its arguments.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parseClusterArguments } from "./cluster.ts";

Deno.test("parseClusterArguments() leaves the command its own options", async (t) => {
  const start = { kind: "start", audit: false, command: [] };
  const cases = [
    { name: "nothing", args: [], want: start },
    {
      name: "a command",
      args: ["kubectl", "get"],
      want: { ...start, command: ["kubectl", "get"] },
    },
    {
      name: "after --",
      args: ["--", "sh", "-c", "x"],
      want: { ...start, command: ["sh", "-c", "x"] },
    },
    {
      name: "with an option",
      args: ["ls", "--help"],
      want: { ...start, command: ["ls", "--help"] },
    },
    { name: "audit", args: ["--audit", "ls"], want: { ...start, audit: true, command: ["ls"] } },
    {
      name: "audit, then --",
      args: ["--", "--audit", "--", "--odd"],
      want: { ...start, audit: true, command: ["--odd"] },
    },
    { name: "help", args: ["--help"], want: { kind: "help" } },
    {
      name: "unknown",
      args: ["--nope", "ls"],
      want: { kind: "mistake", message: "unknown option --nope; see deno task cluster --help" },
    },
  ];
  for (const { name, args, want } of cases) {
    await t.step(name, () => assert.deepEqual(parseClusterArguments(args), want));
  }
});
