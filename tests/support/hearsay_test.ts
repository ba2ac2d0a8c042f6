/**
 * When controllers know what their source serves.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Passed } from "./fault_proxy.ts";
import { Hearsay } from "./hearsay.ts";

const LIST = "/apis/source.toolkit.fluxcd.io/v1/gitrepositories?limit=500";
const WATCH = "/apis/source.toolkit.fluxcd.io/v1/gitrepositories?watch=true";

Deno.test("toldMs() is when an event came, or a list that was asked for afterwards", async (t) => {
  const event = eventOf("R2");
  const cases: readonly {
    readonly name: string;
    readonly passed: readonly (readonly [Partial<Passed>, number])[];
    readonly want: number;
  }[] = [
    { name: "nothing came", passed: [], want: Infinity },
    { name: "an event", passed: [[{ path: WATCH, event }, 300]], want: 300 },
    {
      name: "an event that comes again",
      passed: [[{ path: WATCH, event }, 300], [{ path: WATCH, event }, 400]],
      want: 300,
    },
    {
      name: "an event of another revision",
      passed: [[{ path: WATCH, event: eventOf("R1") }, 300]],
      want: Infinity,
    },
    { name: "a list", passed: [[{ askedMs: 200 }, 250]], want: 250 },
    { name: "a list of before", passed: [[{ askedMs: 50 }, 250]], want: Infinity },
    { name: "a list that failed", passed: [[{ askedMs: 200, status: 502 }, 250]], want: Infinity },
    {
      name: "a list of other things",
      passed: [[{ askedMs: 200, path: LIST.replace("git", "oci") }, 250]],
      want: Infinity,
    },
  ];
  for (const { name, passed, want } of cases) {
    await t.step(name, () => {
      const hearsay = new Hearsay();
      for (const [part, nowMs] of passed) {
        hearsay.take({ path: LIST, status: 200, askedMs: 0, ...part }, nowMs);
      }

      assert.equal(hearsay.toldMs("R2", 100), want);
      assert.equal(hearsay.has("R2"), passed.some(([part]) => part.event === event));
    });
  }
});

function eventOf(revision: string): NonNullable<Passed["event"]> {
  return { type: "MODIFIED", object: { status: { artifact: { revision } } } };
}
