import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { type Budget, BudgetSpent, defaultBudget, joinBytes } from "../base/mod.ts";
import {
  appendingDelta,
  gitObjectId,
  noiseOf,
  type PackClaims,
  type PackObject,
  packOf,
  varint,
} from "../testing/git_objects.ts";
import { GitError } from "./failure.ts";
import { SHA1 } from "./object_format.ts";
import { type Pack, PackReader } from "./pack.ts";

const BLOB = 3;
const OFS = 6;
const REF = 7;
const hello = bytes("hello\n".repeat(20));
const world = bytes("world\n");

Deno.test("PackReader reads objects, offset deltas and deltas of deltas in any order", () => {
  const one = joinBytes(hello, world);
  const two = joinBytes(one, world);
  const pack = readPack([
    { type: REF, base: gitObjectId("blob", one), content: appendingDelta(one, world) },
    { type: BLOB, content: hello },
    { type: OFS, back: 1, content: appendingDelta(hello, world) },
    { type: BLOB, content: new Uint8Array() },
  ]);

  for (const content of [hello, one, two, new Uint8Array()]) {
    const id = gitObjectId("blob", content);
    const { type, sizeBytes } = pack.describe(id) ?? {};
    assert.deepEqual([type, sizeBytes], ["blob", content.length]);
    assert.deepEqual(new Uint8Array(pack.read(id)), new Uint8Array(content));
  }
  assert.equal(pack.describe("0".repeat(40)), undefined);
});

Deno.test("PackReader builds a thin pack on what lies outside, layer on layer", () => {
  let content: Uint8Array = hello;
  let pack = readPack([{ type: BLOB, content }]);
  for (let layer = 0; layer < 5; layer++) {
    const delta = appendingDelta(content, world);
    pack = readThin([{ type: REF, base: gitObjectId("blob", content), content: delta }], pack);
    content = joinBytes(content, world);
  }

  assert.equal(pack.count, 1);
  assert.deepEqual(new Uint8Array(pack.read(gitObjectId("blob", content))), content);
  assert.deepEqual(new Uint8Array(pack.read(gitObjectId("blob", hello))), new Uint8Array(hello));
});

Deno.test("PackReader takes a base from the pack itself, though it lies outside too", () => {
  const one = joinBytes(hello, world);
  const two = joinBytes(one, world);
  const outside = readPack([{ type: BLOB, content: hello }, { type: BLOB, content: one }]);

  const pack = readThin([
    { type: REF, base: gitObjectId("blob", hello), content: appendingDelta(hello, world) },
    { type: REF, base: gitObjectId("blob", one), content: appendingDelta(one, world) },
  ], outside);

  assert.deepEqual(new Uint8Array(pack.read(gitObjectId("blob", one))), one);
  assert.deepEqual(new Uint8Array(pack.read(gitObjectId("blob", two))), two);
});

Deno.test("PackReader refuses a thin pack whose base lies nowhere", () => {
  const outside = readPack([{ type: BLOB, content: world }]);
  const delta = appendingDelta(hello, world);

  assert.throws(
    () => readThin([{ type: REF, base: gitObjectId("blob", hello), content: delta }], outside),
    GitError,
  );
});

Deno.test("PackReader follows long chains of deltas without holding their contents", () => {
  const objects: PackObject[] = [{ type: BLOB, content: hello }];
  let content: Uint8Array = hello;
  for (let step = 0; step < 300; step++) {
    objects.push({ type: OFS, back: 1, content: appendingDelta(content, world) });
    content = joinBytes(content, world);
  }

  const pack = readPack(objects);

  assert.equal(pack.read(gitObjectId("blob", content)).length, content.length);
});

Deno.test("PackReader builds deltas whose bases are long out of sight, small ones and large ones", () => {
  const bases = [noiseOf(3_000), noiseOf(9_000), noiseOf(60_000)];
  const others = Array.from({ length: 300 }, (_, seed) => noiseOf(4_096, seed + 2));
  const pack = readPack([
    ...bases.map(blob),
    ...others.map(blob),
    ...bases.map((base): PackObject => (
      { type: OFS, back: 303, content: appendingDelta(base, world) }
    )),
  ]);

  for (const content of [...bases, ...others, ...bases.map((base) => joinBytes(base, world))]) {
    assert.equal(bytesOf(pack, content), text(content));
  }
});

Deno.test("PackReader reads many objects, of which the small ones are inflated by our own", () => {
  const contents = Array.from(
    { length: 4_100 },
    (_, number) => bytes(`key: ${number}\n`.repeat(9)),
  );
  const large = noiseOf(5_000);
  const grown = joinBytes(contents[0] ?? large, world);
  const objects = contents.map(blob);
  objects.splice(1, 0, {
    type: OFS,
    back: 1,
    content: appendingDelta(contents[0] ?? large, world),
  });

  const pack = readPack([...objects, blob(large)]);

  for (const content of [...contents, grown, large]) {
    assert.deepEqual(pack.read(gitObjectId("blob", content)), content);
  }
  assert.throws(() => readPack([...objects, { ...blob(hello), size: 119 }]), GitError);
  assert.throws(() => readPack([...objects, { ...blob(hello), deflated: noiseOf(90) }]), GitError);
});

Deno.test("PackReader gives a content that nobody overwrites", () => {
  const contents = Array.from({ length: 200 }, (_, seed) => noiseOf(1_000, seed + 1));
  const pack = readPack(contents.map(blob));

  const got = contents.map((content) => pack.read(gitObjectId("blob", content)));

  assert.deepEqual(got, contents);
});

Deno.test("PackReader refuses a chain of more than 4,095 deltas", () => {
  const one = bytes("x");
  const chain = (length: number): readonly PackObject[] => {
    const objects = [blob(one)];
    let content: Uint8Array = one;
    for (let step = 0; step < length; step++) {
      objects.push({ type: OFS, back: 1, content: appendingDelta(content, one) });
      content = joinBytes(content, one);
    }
    return objects;
  };

  assert.equal(readPack(chain(4_095)).count, 4_096);
  assert.throws(() => readPack(chain(4_096)), GitError);
});

Deno.test("PackReader takes streams with empty blocks, longer than honest ones", () => {
  // RFC 1951 §3.2.4: stored blocks of no bytes, then the honest stream.
  const honest = deflateSync(hello);
  const empty = new Uint8Array([0, 0, 0, 0xff, 0xff]);
  const blocks = Array.from({ length: 100 }, () => empty);
  const deflated = joinBytes(honest.subarray(0, 2), ...blocks, honest.subarray(2));

  const pack = readPack([{ type: BLOB, content: hello, deflated }, { type: BLOB, content: world }]);

  assert.deepEqual(bytesOf(pack, hello), text(hello));
  assert.deepEqual(bytesOf(pack, world), text(world));
});

const broken: { name: string; objects: readonly PackObject[]; claims?: PackClaims }[] = [
  { name: "a wrong checksum", objects: [blob(hello)], claims: { trailer: new Uint8Array(20) } },
  { name: "bytes behind the checksum", objects: [blob(hello)], claims: { extra: bytes("x") } },
  { name: "fewer objects than it claims", objects: [blob(hello)], claims: { count: 2 } },
  {
    name: "more objects than it claims",
    objects: [blob(hello), blob(world)],
    claims: { count: 1 },
  },
  { name: "an object that is longer than it claims", objects: [{ ...blob(hello), size: 5 }] },
  { name: "an object that is shorter than it claims", objects: [{ ...blob(hello), size: 500 }] },
  { name: "bytes that do not inflate", objects: [{ ...blob(hello), deflated: bytes("nonsense") }] },
  { name: "an object of an unknown type", objects: [{ type: 5, content: hello }] },
  { name: "an object without a type", objects: [{ type: 0, content: hello }] },
  { name: "the same object twice", objects: [blob(hello), blob(hello)] },
  {
    name: "an offset before its start",
    objects: [{ type: OFS, back: 0, content: appendingDelta(hello, world) }],
  },
  {
    name: "a delta whose base is missing",
    objects: [{ type: REF, base: "ab".repeat(20), content: appendingDelta(hello, world) }],
  },
  {
    name: "deltas that build on each other in a circle",
    objects: [
      { type: REF, base: gitObjectId("blob", hello), content: appendingDelta(world, hello) },
      { type: REF, base: gitObjectId("blob", world), content: appendingDelta(hello, world) },
    ],
  },
  {
    name: "a delta for another base",
    objects: [blob(hello), { type: OFS, back: 1, content: appendingDelta(world, hello) }],
  },
  {
    name: "a delta that copies beyond its base",
    objects: [blob(world), delta(varint(6), varint(9), [0x80 | 0x10, 9])],
  },
  {
    name: "a delta that inserts beyond its target",
    objects: [blob(world), delta(varint(6), varint(2), [3, 1, 2, 3])],
  },
  {
    name: "a delta that stops early",
    objects: [blob(world), delta(varint(6), varint(9), [1, 65])],
  },
  {
    name: "a delta with the reserved instruction",
    objects: [blob(world), delta(varint(6), varint(1), [0])],
  },
  { name: "a delta without sizes", objects: [blob(world), delta([])] },
];

for (const { name, objects, claims } of broken) {
  Deno.test(`PackReader refuses ${name}`, () => {
    assert.throws(() => readPack(objects, claims), GitError);
  });
}

const costly: {
  name: string;
  budget?: Partial<Budget>;
  objects: readonly PackObject[];
  claims?: PackClaims;
}[] = [
  { name: "a size of 2^63", objects: [{ ...blob(hello), size: 1n << 63n }] },
  { name: "ten million objects", objects: [], claims: { count: 10_000_000 } },
  { name: "a zlib bomb", objects: [blob(new Uint8Array(20 << 20))], budget: { bytes: 1 << 20 } },
  {
    name: "a delta that makes a million times its size",
    objects: [blob(world), delta(varint(6), varint(2 ** 40), [1, 65])],
  },
  { name: "more bytes than allowed", objects: [blob(hello)], budget: { bytes: 50 } },
];

for (const { name, budget, objects, claims } of costly) {
  Deno.test(`PackReader stops at ${name} within its budget`, () => {
    assert.throws(
      () => readPack(objects, claims, { ...defaultBudget(), ...budget }),
      (thrown) => thrown instanceof BudgetSpent || thrown instanceof GitError,
    );
  });
}

Deno.test("PackReader gives the same objects however the bytes are cut", () => {
  const contents = [hello, world, new Uint8Array(70_000).fill(7), bytes("third")];
  const pack = packOf(contents.map(blob));

  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (cuts) => {
      const reader = new PackReader(SHA1, defaultBudget());
      let at = 0;
      for (let turn = 0; at < pack.length; turn++) {
        const length = cuts[turn % cuts.length] ?? 1;
        reader.push(pack.subarray(at, at + length));
        at += length;
      }
      const read = reader.finish();
      assert.deepEqual(contents.map((content) => bytesOf(read, content)), contents.map(text));
    }),
    { numRuns: 50 },
  );
});

Deno.test("PackReader fails only on purpose when a sound pack is damaged", () => {
  const pack = packOf([blob(hello), delta2(), blob(world)]);

  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: pack.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, change) => {
        const damaged = pack.slice();
        damaged[at] = (damaged[at] ?? 0) ^ change;
        assert.throws(() => readBytes(damaged), isExpected);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("PackReader fails only on purpose when it is given noise", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      assert.throws(() => readBytes(joinBytes(packOf([]).subarray(0, 12), noise)), isExpected);
      assert.throws(() => readBytes(noise), isExpected);
    }),
    { numRuns: 300 },
  );
});

function isExpected(thrown: unknown): boolean {
  return thrown instanceof GitError || thrown instanceof BudgetSpent;
}

function readPack(
  objects: readonly PackObject[],
  claims?: PackClaims,
  budget?: Budget,
): Pack {
  return readBytes(packOf(objects, claims), budget);
}

function readThin(objects: readonly PackObject[], outside: Pack): Pack {
  const reader = new PackReader(SHA1, defaultBudget(), outside);
  reader.push(packOf(objects));
  return reader.finish();
}

function readBytes(pack: Uint8Array, budget: Budget = defaultBudget()): Pack {
  const reader = new PackReader(SHA1, budget);
  reader.push(pack.subarray(0, 40));
  reader.push(pack.subarray(40));
  return reader.finish();
}

function blob(content: Uint8Array): PackObject {
  return { type: BLOB, content };
}

function delta(...parts: readonly (Uint8Array | readonly number[])[]): PackObject {
  const content = joinBytes(...parts.map((part) => new Uint8Array(part)));
  return { type: OFS, back: 1, content };
}

function delta2(): PackObject {
  return { type: OFS, back: 1, content: appendingDelta(hello, world) };
}

function bytesOf(pack: Pack, content: Uint8Array): string {
  return text(pack.read(gitObjectId("blob", content)));
}

function bytes(content: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(content);
}

function text(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}
