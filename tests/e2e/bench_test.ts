/**
 * The benchmarks run: what nobody runs rots.
 *
 * @module
 */
import assert from "node:assert/strict";
import { capture } from "../../tools/process.ts";

const benches: { args: readonly string[]; row: RegExp }[] = [
  { args: ["kustomize", "--sizes=10", "--runs=1"], row: /^\| 10 \| .* × \|$/m },
  { args: ["sha1", "--sizes=100", "--mib=1", "--runs=1"], row: /^\| 100 bytes \| .* MB\/s\) \|$/m },
];

for (const { args, row } of benches) {
  Deno.test(`deno task bench ${args[0]} measures the smallest size`, async () => {
    const run = await capture([Deno.execPath(), "task", "bench", ...args]);

    assert.ok(run.ok && run.value.code === 0, run.ok ? run.value.stderr : run.message);
    assert.match(run.value.stdout, row);
  });
}
