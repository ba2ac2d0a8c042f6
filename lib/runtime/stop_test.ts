import assert from "node:assert/strict";
import { listenForStop } from "./stop.ts";

Deno.test("listenForStop() asks gently first, and to leave at once at the second signal", () => {
  const { handlers, signals } = harness();
  using stop = listenForStop(signals);
  const seen = () => [stop.gracefully.aborted, stop.now.aborted];

  const before = seen();
  handlers.get("SIGINT")?.();
  const once = seen();
  handlers.get("SIGTERM")?.();

  assert.deepEqual([before, once, seen()], [[false, false], [true, false], [true, true]]);
});

Deno.test("listenForStop() listens no more when it is disposed of", () => {
  const { handlers, signals } = harness();

  listenForStop(signals)[Symbol.dispose]();

  assert.equal(handlers.size, 0);
});

function harness() {
  const handlers = new Map<string, () => void>();
  return {
    handlers,
    signals: {
      add: (signal: string, handler: () => void) => handlers.set(signal, handler),
      remove: (signal: string) => handlers.delete(signal),
    },
  };
}
