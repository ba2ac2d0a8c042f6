import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { type Budget, BudgetSpent, defaultBudget, joinBytes } from "../base/mod.ts";
import {
  appendingDelta,
  gitObjectId,
  noiseOf,
  type PackObject,
  packOf,
} from "../testing/git_objects.ts";
import { SHA1 } from "./object_format.ts";
import { PackReader } from "./pack.ts";
import { PackBytes, SEGMENT_BYTES } from "./pack_bytes.ts";
import { viewOf } from "./span.ts";

const BLOB = 3;
const REF = 7;
const sample = noiseOf(2 * SEGMENT_BYTES + 70_000);

Deno.test("PackBytes gives back what was pushed, wherever it is cut", () => {
  const place = fc.oneof(
    fc.integer({ min: 0, max: sample.length + 100 }),
    fc.integer({ min: SEGMENT_BYTES - 40, max: SEGMENT_BYTES + 40 }),
    fc.integer({ min: sample.length - 40, max: sample.length + 40 }),
  );
  const chunk = fc.integer({ min: 1, max: SEGMENT_BYTES + 10 });
  fc.assert(
    fc.property(chunk, fc.array(fc.tuple(place, place), { maxLength: 6 }), (size, cuts) => {
      const bytes = pushed(sample, size);
      for (const isSealed of [false, true]) {
        if (isSealed) bytes.seal();
        for (const [start, end] of cuts) {
          const want = sample.slice(start, end);
          assert.equal(bytes.at(start), sample[start] ?? 0);
          assert.ok(isSame(viewOf(bytes.span(start, end)), want));
          assert.ok(isSame(joinBytes(...bytes.pieces(start, end)), want));
        }
      }
      assert.equal(bytes.length, sample.length);
    }),
    { numRuns: 20 },
  );
});

Deno.test("PackBytes refuses what is more than it may take", () => {
  const bytes = new PackBytes(10);
  bytes.push(new Uint8Array(10));

  assert.throws(() => bytes.push(new Uint8Array(1)), BudgetSpent);
  assert.equal(bytes.length, 10);
});

Deno.test("PackReader reads what lies across segments: contents, deltas, ids of bases", () => {
  const base = noiseOf(100);
  const contents = Array.from({ length: 18 }, (_, seed) => noiseOf(57_000, seed + 2));
  const huge = noiseOf(SEGMENT_BYTES + 100_000, 99);
  const objects = [base, ...contents].map(blob);
  // Some 40 bytes each: one of them has its base's id, or its own beginning, in two segments.
  let grown: Uint8Array = base;
  for (let step = 0; step < 900; step++) {
    const tail = new Uint8Array([step, step >> 8]);
    const content = appendingDelta(grown, tail);
    objects.push({ type: REF, base: gitObjectId("blob", grown), content });
    grown = joinBytes(grown, tail);
  }
  const before = packOf(objects.slice(0, -800)).length;
  const behind = packOf(objects).length;
  assert.ok(before < SEGMENT_BYTES && SEGMENT_BYTES < behind, `${before} to ${behind}`);
  objects.push(blob(huge));

  const pack = readPack(objects);

  for (const content of [base, ...contents, huge, grown]) {
    assert.ok(isSame(pack.read(gitObjectId("blob", content)), content));
  }
});

Deno.test("PackReader takes long streams of empty blocks across segments", () => {
  const hello = new TextEncoder().encode("hello\n".repeat(20));
  const world = new TextEncoder().encode("world\n");

  const pack = readPack([longBlob(hello, SEGMENT_BYTES * 5 / 2), blob(world)]);

  for (const content of [hello, world]) {
    assert.ok(isSame(pack.read(gitObjectId("blob", content)), content));
  }
});

Deno.test("PackReader counts what a long stream costs whoever builds upon it", () => {
  const base = new TextEncoder().encode("hello\n");
  const tails = Array.from({ length: 400 }, (_, at) => new Uint8Array([at, at >> 8]));
  const deltas = tails.map((tail) => ({
    type: REF,
    base: gitObjectId("blob", base),
    content: appendingDelta(base, tail),
  }));
  const budget = { ...defaultBudget(), bytes: 1 << 20 };

  assert.equal(readPack([blob(base), ...deltas], budget).count, 401);
  assert.throws(() => readPack([longBlob(base, 200_000), ...deltas], budget), /too costly/);
});

function pushed(content: Uint8Array, size: number): PackBytes {
  const bytes = new PackBytes(content.length);
  for (let at = 0; at < content.length; at += size) bytes.push(content.subarray(at, at + size));
  return bytes;
}

function blob(content: Uint8Array): PackObject {
  return { type: BLOB, content };
}

/** Its stream has so many bytes that say nothing. RFC 1951 §3.2.4: stored blocks of no bytes. */
function longBlob(content: Uint8Array, emptyBytes: number): PackObject {
  const honest = deflateSync(content);
  const blocks = new Uint8Array(emptyBytes);
  for (let at = 0; at < blocks.length; at += 5) blocks.set([0, 0, 0, 0xff, 0xff], at);
  return {
    ...blob(content),
    deflated: joinBytes(honest.subarray(0, 2), blocks, honest.subarray(2)),
  };
}

function readPack(objects: readonly PackObject[], budget: Budget = defaultBudget()) {
  const reader = new PackReader(SHA1, budget);
  const bytes = packOf(objects);
  for (let at = 0; at < bytes.length; at += 65_516) reader.push(bytes.subarray(at, at + 65_516));
  return reader.finish();
}

/** Quicker than `deepEqual` is with a megabyte. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
