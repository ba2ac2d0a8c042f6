import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { listenForStop, untilEnded } from "./stop.ts";

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

const ends: readonly {
  readonly name: string;
  readonly end: (parts: ReturnType<typeof openEnd>) => unknown;
}[] = [
  { name: "what runs has ended", end: ({ running }) => running.resolve() },
  { name: "the time is up", end: ({ clock }) => clock.advance(60_000) },
  { name: "it is told to leave now", end: ({ now }) => now.abort() },
];

for (const { name, end } of ends) {
  Deno.test(`untilEnded() is over when ${name}, and leaves no timer behind`, async () => {
    const parts = openEnd();
    const { clock, running, now } = parts;
    let isOver = false;
    const waiting = untilEnded(running.promise, { clock, limitMs: 60_000, now: now.signal })
      .then(() => isOver = true);
    await clock.advance(59_999);
    const wasOver = isOver;

    await end(parts);
    await waiting;

    assert.equal(wasOver, false);
    assert.equal(clock.pending, 0);
  });
}

function openEnd() {
  const running = Promise.withResolvers<void>();
  return { clock: new FakeClock(), running, now: new AbortController() };
}

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
