/**
 * Runs while the API server is away.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fail } from "../base/mod.ts";
import { held, openThings } from "../testing/thing_kind.ts";
import { ready } from "./mod.ts";

/** A thing whose runs always have something to say, and an API server that does not take these requests. */
function openAway(verbs: readonly ("patch" | "get")[], code: string) {
  const stage = openThings({
    things: [held()],
    reconcile: () => ready("Succeeded", "done", { status: { value: String(stage.runs.length) } }),
  });
  const fault = { times: Infinity, failure: fail(code, "no answer") };
  const stops = verbs.map((verb) => stage.cluster.inject({ verb }, fault));
  async function pass(seconds: number): Promise<number> {
    const before = stage.runs.length;
    await stage.clock.advance(seconds * 1_000);
    return stage.runs.length - before;
  }
  return { stage, pass, heal: () => stops.forEach((stop) => stop()) };
}

for (const code of ["Unreachable", "Timeout", "ServiceUnavailable", "InternalError"]) {
  Deno.test(`an API server that was away for a minute (${code}) is worked with seconds after`, async () => {
    const { stage, pass, heal } = openAway(["get", "patch"], code);
    const began = await pass(1);
    const meanwhile = await pass(60);
    heal();
    const after = await pass(5);

    assert.deepEqual([began, meanwhile, after], [1, 0, 1]);
    assert.equal(stage.stored()?.status?.value, "2");
  });
}

Deno.test("an API server that takes no writes is tried ever more rarely", async () => {
  const { pass } = openAway(["patch"], "InternalError");

  const runs = await pass(60);

  // 0.75 s, and twice as long each time.
  assert.equal(runs, 7);
});

Deno.test("an object that is gone when the API server is back is not written to", async () => {
  const { stage, pass, heal } = openAway(["get", "patch"], "Unreachable");
  await pass(10);
  stage.cluster.drop({ ...held(), namespace: "apps", name: "a" });
  heal();

  assert.equal(await pass(60), 0);
});
