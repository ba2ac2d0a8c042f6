/**
 * The benchmarks run: what nobody runs rots.
 *
 * @module
 */
import assert from "node:assert/strict";
import { capture } from "../../tools/process.ts";

Deno.test("deno task bench kustomize measures the smallest size", async () => {
  const run = await capture([
    Deno.execPath(),
    "task",
    "bench",
    "kustomize",
    "--sizes=10",
    "--runs=1",
  ]);

  assert.ok(run.ok && run.value.code === 0, run.ok ? run.value.stderr : run.message);
  assert.match(run.value.stdout, /^\| 10 \| .* × \|$/m);
});
