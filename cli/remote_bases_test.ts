import assert from "node:assert/strict";
import { ok, treeOf } from "../lib/base/mod.ts";
import type { RemoteSession } from "../lib/delivery/mod.ts";
import { FakeClock } from "../lib/testing/fake_clock.ts";
import { announced } from "./remote_bases.ts";

/** A session that answers when it is told to. */
function openSession() {
  let answer = () => {};
  const session: RemoteSession = {
    find: () => Promise.resolve(new Map()),
    fetch: (addresses) =>
      new Promise((resolve) => {
        const remote = ok({ tree: treeOf({}), path: "" });
        answer = () => resolve(new Map([...addresses].map((address) => [address, remote])));
      }),
  };
  return { session, answer: () => answer() };
}

async function say(addresses: string[], waitMs: number): Promise<string> {
  const clock = new FakeClock();
  const { session, answer } = openSession();
  let said = "";
  const terminal = { out: () => {}, err: (text: string) => said += text };

  const fetching = announced(session, terminal, clock).fetch(addresses);
  await clock.advance(waitMs);
  answer();
  await fetching;
  await clock.advance(10_000);
  return said;
}

Deno.test("announced() says what takes longer than a second, without passwords", async () => {
  assert.equal(await say(["github.com/o/r"], 999), "");
  assert.equal(await say(["github.com/o/r"], 1_000), "Fetching github.com/o/r …\n");
  assert.equal(
    await say(["https://me:secret@h/o/a", "b", "c", "d", "e"], 1_500),
    "Fetching https://*****@h/o/a, b, c and 2 more …\n",
  );
});
