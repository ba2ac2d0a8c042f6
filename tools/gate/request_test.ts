/**
 * How the gate reads its arguments.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parseGateArguments, STAGES, TEST_STAGES } from "./request.ts";

Deno.test("parseGateArguments() reads stages, parts and options", async (t) => {
  const whole = {
    kind: "run",
    stages: STAGES,
    parts: [],
    filter: undefined,
    existingCluster: false,
    long: false,
  };
  const cases = [
    { name: "nothing is everything", args: [], want: whole },
    { name: "a leading -- is deno's", args: ["--", "unit"], want: { ...whole, stages: ["unit"] } },
    {
      name: "several stages",
      args: ["fmt", "lint"],
      want: { ...whole, stages: ["fmt", "lint"] },
    },
    {
      name: "parts belong to the stages before them",
      args: ["conformance", "kustomize", "ssa"],
      want: { ...whole, stages: ["conformance"], parts: ["kustomize", "ssa"] },
    },
    {
      name: "a filter alone goes to the stages with tests",
      args: ["--filter", "prunes"],
      want: { ...whole, stages: TEST_STAGES, filter: "prunes" },
    },
    {
      name: "a filter within a stage",
      args: ["unit", "lib/git", "--filter=a b"],
      want: { ...whole, stages: ["unit"], parts: ["lib/git"], filter: "a b" },
    },
    {
      name: "a cluster of one's own",
      args: ["integration", "--use-existing-cluster"],
      want: { ...whole, stages: ["integration"], existingCluster: true },
    },
    {
      name: "a long run",
      args: ["faults", "--long"],
      want: { ...whole, stages: ["faults"], long: true },
    },
    { name: "help wins", args: ["unit", "--help"], want: { kind: "help" } },
  ];
  for (const { name, args, want } of cases) {
    await t.step(name, () => assert.deepEqual(parseGateArguments(args), want));
  }
});

Deno.test("parseGateArguments() refuses what it does not know", async (t) => {
  for (const args of [["--nope"], ["kustomize"], ["--filter"]]) {
    await t.step(args.join(" "), () => assert.equal(parseGateArguments(args).kind, "mistake"));
  }
});
