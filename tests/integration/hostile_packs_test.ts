/**
 * Hostile servers: packs that are bombs or lies, and words that never end.
 *
 * @module
 */
import { joinBytes } from "../../lib/base/mod.ts";
import { pktLine, pktLines } from "../../lib/git/pkt_line.ts";
import {
  appendingDelta,
  gitObjectId,
  type PackObject,
  packOf,
  varint,
} from "../../lib/testing/git_objects.ts";
import { pause } from "../support/app.ts";
import { goodCommit, useHostileSource } from "../support/hostile.ts";
import { advertisement, bandLine, commitReply, type Reply } from "../support/scripted_git.ts";

const source = useHostileSource();
const text = (value: string) => new TextEncoder().encode(value);
const bytes = (...values: number[]) => new Uint8Array(values);
const blob = (content: Uint8Array): PackObject => ({ type: 3, content });
const BLOB = text("hello\n".repeat(20));
const BLOB_ID = gitObjectId("blob", BLOB);
const LARGE = new Uint8Array(0xffff);

/** A pack of these objects, in place of a commit's. */
function withObjects(objects: readonly PackObject[], claims: Parameters<typeof packOf>[1] = {}) {
  return { id: goodCommit().id, pack: packOf(objects, claims) };
}

/** 10,000 times all of `LARGE`. */
function bombDelta(): Uint8Array {
  const copies = 10_000;
  // git pack-format: copy, with two bytes of size.
  const copy = [0xb0, 0xff, 0xff];
  const sizes = joinBytes(varint(LARGE.length), varint(LARGE.length * copies));
  return joinBytes(sizes, new Uint8Array(Array.from({ length: copies }, () => copy).flat()));
}

const packs: { name: string; reply: () => Reply; message: string }[] = [
  {
    name: "an object of 2^63 bytes",
    reply: () => withObjects([{ ...blob(BLOB), size: 1n << 63n }]),
    message: "An object of the pack has no size",
  },
  {
    name: "ten million objects",
    reply: () => withObjects([], { count: 10_000_000 }),
    message: "More than 2000000 entries at a pack",
  },
  {
    name: "a zlib bomb that claims little",
    reply: () => withObjects([{ ...blob(new Uint8Array(30 << 20)), size: 10 }]),
    message: "An object of the pack does not inflate",
  },
  {
    name: "a zlib bomb that claims 600 MiB",
    reply: () => withObjects([{ ...blob(new Uint8Array(1 << 20)), size: 600 << 20 }]),
    message: "More than 536870912 bytes at an object of the pack",
  },
  {
    name: "a delta that makes a million times its size",
    reply: () => withObjects([blob(LARGE), { type: 6, back: 1, content: bombDelta() }]),
    message: "More than 536870912 bytes at a delta of the pack",
  },
  {
    name: "deltas in a circle",
    reply: () =>
      withObjects([
        { type: 7, base: "11".repeat(20), content: appendingDelta(BLOB, text("x")) },
        { type: 7, base: "22".repeat(20), content: appendingDelta(BLOB, text("y")) },
      ]),
    message: "The pack lacks the base of a delta",
  },
  {
    name: "a delta whose base lies before the pack",
    reply: () => withObjects([{ type: 6, back: -1, content: appendingDelta(BLOB, text("x")) }]),
    message: "A delta's base lies outside the pack",
  },
  {
    name: "a delta whose base is nowhere",
    reply: () =>
      withObjects([{ type: 7, base: BLOB_ID, content: appendingDelta(BLOB, text("x")) }]),
    message: "The pack lacks the base of a delta",
  },
  {
    name: "a delta that copies beyond its base",
    reply: () =>
      withObjects([
        blob(BLOB),
        {
          type: 6,
          back: 1,
          content: joinBytes(varint(BLOB.length), varint(9), bytes(0x91, 250, 9)),
        },
      ]),
    message: "A delta in the pack reaches past its end",
  },
  {
    name: "a wrong checksum",
    reply: () => withObjects([blob(BLOB)], { trailer: new Uint8Array(20) }),
    message: "The pack's checksum is wrong",
  },
  {
    name: "an object twice",
    reply: () => withObjects([blob(BLOB), blob(BLOB)]),
    message: `The pack has the object ${BLOB_ID} twice`,
  },
  {
    name: "another commit than asked for",
    reply: () => ({ id: "12".repeat(20), pack: goodCommit().pack ?? new Uint8Array() }),
    message: `unable to resolve commit object for '${"12".repeat(20)}'`,
  },
  {
    name: "a commit without its files",
    reply() {
      const { id, pack = new Uint8Array() } = commitReply([["100644", "b", `${Math.random()}`]]);
      return { id, pack: pack.subarray(0, pack.length - 25) };
    },
    message: "An object of the pack does not inflate",
  },
];

for (const { name, reply, message } of packs) {
  Deno.test(`a pack with ${name} is refused`, async () => {
    await source.checkRefusal(reply(), { message });
  });
}

async function* endless(line: Uint8Array | string): AsyncGenerator<Uint8Array> {
  yield joinBytes(pktLine("packfile\n"));
  while (true) {
    yield joinBytes(line);
    await pause(5);
  }
}

const slow = { timeout: "2s" };
const answers: {
  name: string;
  reply: Omit<Reply, "id">;
  message: string;
  spec?: Record<string, unknown>;
}[] = [
  {
    name: "a line of length three",
    reply: { refs: text("0003") },
    message: "The server's answer is not framed as git's protocol",
  },
  {
    name: "a line that is too long",
    reply: { refs: joinBytes("ffff", "x".repeat(70_000)) },
    message: "The server's answer is not framed as git's protocol",
  },
  {
    name: "half a line",
    reply: { refs: text("0040abc") },
    message: "The server's answer is cut off",
  },
  {
    name: "an unknown side band",
    reply: { fetch: joinBytes(pktLine("packfile\n"), bandLine(4, text("x")), "0000") },
    message: "The server uses an unknown side band",
  },
  {
    name: "an error that is long and has line ends",
    reply: {
      fetch: joinBytes(pktLine("packfile\n"), bandLine(3, text("no\n".repeat(9_000))), "0000"),
    },
    message: "The server says: no",
  },
  {
    name: "acknowledgements by the thousand",
    reply: { fetch: pktLines(Array<string>(20_000).fill("ACK x\n")) },
    message: "The server sent no pack",
  },
  {
    name: "signs of life and nothing else",
    reply: { fetch: () => endless(bandLine(1, bytes())) },
    message: "context deadline exceeded",
    spec: slow,
  },
  {
    name: "progress without end",
    reply: { fetch: () => endless(bandLine(2, text("counting\n"))) },
    message: "context deadline exceeded",
    spec: slow,
  },
  {
    name: "an id that is a path",
    reply: { refs: ["../../etc refs/heads/main\n"] },
    message: "The server names a damaged id",
  },
  {
    name: "a ref with a name of 60 KiB",
    reply: { refs: [`${"1".repeat(40)} refs/heads/${"x".repeat(60_000)}\n`] },
    message: "The server has a ref with too long a name",
  },
  {
    name: "features without end",
    reply: {
      refs: text("0003"),
      info: () => advertisement(["version 2\n", ...Array<string>(1_000).fill("x\n")]),
    },
    message: "The server names too many features",
  },
];

for (const { name, reply, ...refusal } of answers) {
  Deno.test(`a server that sends ${name} is refused`, async () => {
    await source.checkRefusal({ id: goodCommit().id, ...reply }, refusal);
  });
}

Deno.test("refs with the names of an object's insides are refs like any other", async () => {
  const reply = commitReply([["100644", "a.yaml", `a: ${Math.random()}\n`]]);
  const names = ["__proto__/corsProxy", "constructor/prototype/y", "toString", "main"];
  const refs = names.map((name) => `${reply.id} refs/heads/${name}\n`);

  for (const branch of names) {
    await source.checkTaken({ ...reply, refs }, [".", "a.yaml"], { ref: { branch } });
  }
  await source.checkRefusal({ ...reply, refs }, {
    message: 'couldn\'t find remote ref "refs/heads/valueOf"',
    spec: { ref: { branch: "valueOf" } },
  });
});
