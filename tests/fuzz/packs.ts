/**
 * Packs for the fuzzer: damaged where a pack is read, not only where its checksum is compared.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { joinBytes } from "../../lib/base/mod.ts";
import {
  appendingDelta,
  gitObjectId,
  type PackObject,
  packOf,
  varint,
} from "../../lib/testing/git_objects.ts";
import { type Chance, mutate } from "./mutate.ts";

const HELLO = new TextEncoder().encode("hello\n".repeat(20));
const TAIL = new TextEncoder().encode("world\n");
const ONE = joinBytes(HELLO, TAIL);
/** 50 copies of its base. */
const REPEATING = joinBytes(
  varint(HELLO.length),
  varint(HELLO.length * 50),
  new Uint8Array(Array.from({ length: 50 }, () => [0x90, HELLO.length]).flat()),
);

const OBJECTS: readonly [PackObject, ...PackObject[]] = [
  { type: 3, content: HELLO },
  { type: 6, back: 1, content: appendingDelta(HELLO, TAIL) },
  { type: 7, base: gitObjectId("blob", HELLO), content: appendingDelta(HELLO, TAIL) },
  { type: 7, base: gitObjectId("blob", ONE), content: appendingDelta(ONE, TAIL) },
  { type: 6, back: 1, content: REPEATING },
  { type: 3, content: new Uint8Array() },
  { type: 2, content: new Uint8Array() },
  { type: 1, content: new TextEncoder().encode(`tree ${"4b".repeat(20)}\n\n`) },
];
const SIZES = [0, 1, 15, 16, 127, 128, 100_000, 1 << 25, 1 << 30, 2 ** 40] as const;

/** A pack of a few objects, half of them spoiled, mostly with a checksum that fits. */
export function madePack(chance: Chance): Uint8Array<ArrayBuffer> {
  const objects = Array.from({ length: chance.below(7) }, () => madeObject(chance));
  const count = chance.below(12) === 0 ? { count: chance.pick(SIZES) % 2 ** 32 } : {};
  const pack = new Uint8Array(packOf([{ type: 3, content: HELLO }, ...objects], count));
  if (chance.below(4) > 0) return pack;
  const body = mutate(pack.subarray(0, -20), [], chance);
  return chance.below(8) === 0 ? body : withChecksum(body);
}

function madeObject(chance: Chance): PackObject {
  const made = chance.pick(OBJECTS);
  switch (chance.below(9)) {
    case 0:
    case 1:
      return { ...made, content: mutate(made.content, [HELLO, REPEATING], chance) };
    case 2:
      return { ...made, size: chance.pick(SIZES) };
    case 3:
      return made.type === 6 ? { ...made, back: chance.below(8) - 1 } : made;
    case 4:
      return made.type === 7 ? { ...made, base: gitObjectId("blob", TAIL) } : made;
    case 5:
      return { ...made, deflated: mutate(HELLO, [], chance) };
    default:
      return made;
  }
}

function withChecksum(body: Uint8Array): Uint8Array<ArrayBuffer> {
  return joinBytes(body, createHash("sha1").update(body).digest());
}
