import assert from "node:assert/strict";
import { LAYOUT } from "../../../lib/sha1/layout.ts";
import { listVectors, STEPS, type Vector } from "../../../lib/sha1/vectors.ts";
import { expandFrom, meetsConditions } from "../../../lib/testing/sha1_definition.ts";
import { buildKernel } from "./kernel.ts";

const BLOCK_BYTES = 64;
const vectors = listVectors();

/** A vector whose other message is the message itself: it is "at work" in every block that it is looked for in. */
function trivial(vector: Vector): Vector {
  return { ...vector, difference: new Uint32Array(STEPS) };
}

/** The kernel for these vectors: whether it sees an attack in some of the blocks. */
function openKernel(of: readonly Vector[]): (blocks: readonly Uint8Array[]) => boolean {
  const { memory, digest } =
    new WebAssembly.Instance(new WebAssembly.Module(buildKernel(of))).exports;
  assert.ok(memory instanceof WebAssembly.Memory && typeof digest === "function");
  const words = new Uint32Array(memory.buffer);
  for (const [index, { difference }] of of.entries()) {
    words.set(difference, LAYOUT.differences / 4 + index * STEPS);
  }
  const bytes = new Uint8Array(memory.buffer);
  return (blocks) => {
    words[LAYOUT.attack / 4] = 0;
    for (const [index, block] of blocks.entries()) {
      bytes.set(block, LAYOUT.input + index * BLOCK_BYTES);
    }
    digest(LAYOUT.input, blocks.length);
    return words[LAYOUT.attack / 4] !== 0;
  };
}

/** A block of noise that meets those of a vector's conditions that lie within sixteen steps from `first` on. */
function nearBlock(
  { conditions }: Vector,
  first: number,
): { block: Uint8Array; words: Uint32Array } {
  const words = new Uint32Array(STEPS);
  crypto.getRandomValues(words.subarray(first, first + 16));
  const isInside = (step: number) => step >= first && step < first + 16;
  // What one sets another may undo; after a few turns nothing is undone.
  for (let turn = 0; turn < 4; turn++) {
    for (const { one, other, differ } of conditions) {
      if (!isInside(one[0]) || !isInside(other[0])) continue;
      const want = ((words[one[0]] ?? 0) >>> one[1] & 1) ^ Number(differ);
      words[other[0]] = (words[other[0]] ?? 0) & ~(1 << other[1]) | want << other[1];
    }
  }
  expandFrom(words, first);
  const block = new DataView(new ArrayBuffer(BLOCK_BYTES));
  for (let step = 0; step < 16; step++) block.setUint32(4 * step, words[step] ?? 0);
  return { block: new Uint8Array(block.buffer), words };
}

Deno.test("the kernel looks into a block exactly when it meets all conditions of a vector", () => {
  let met = 0;
  const kernels = vectors.map((vector) => openKernel([trivial(vector)]));
  for (const [index, vector] of vectors.entries()) {
    for (let turn = 0; turn < 400; turn++) {
      const { block, words } = nearBlock(vector, 36 + turn % 8);
      const isMet = meetsConditions(words, vector);
      assert.equal(kernels[index]?.([block]), isMet, vector.name);
      met += Number(isMet);
    }
  }
  assert.ok(met > 500, `only ${met} blocks met the conditions of a vector`);
});

Deno.test("the kernel looks for all vectors at once, in every lane", () => {
  const sees = openKernel(vectors.map(trivial));
  const seen = [0, 0];
  for (let turn = 0; turn < 2_000; turn++) {
    const near = Array.from({ length: 1 + turn % 5 }, (_, lane) => {
      const vector = vectors[(turn + 7 * lane) % vectors.length] ?? assert.fail();
      return nearBlock(vector, 30 + turn % 20);
    });
    const isMet = near.some(({ words }) => vectors.some((one) => meetsConditions(words, one)));
    assert.equal(sees(near.map(({ block }) => block)), isMet);
    seen[Number(isMet)] = (seen[Number(isMet)] ?? 0) + 1;
  }
  assert.ok(seen.every((times) => times > 100), `${seen}`);
});

Deno.test("the kernel takes no other message for the same one", () => {
  const [vector = assert.fail()] = vectors;
  const difference = new Uint32Array(STEPS);
  for (const meeting of [58, 65]) {
    const always = { ...vector, conditions: [], meeting, difference };
    assert.equal(openKernel([always])([new Uint8Array(BLOCK_BYTES)]), true);
    for (const step of [0, 19, 20, 39, 40, 57, 59, 60, 64, 79]) {
      const other = difference.with(step, 0x80);
      assert.equal(
        openKernel([{ ...always, difference: other }])([new Uint8Array(BLOCK_BYTES)]),
        false,
        `${step}`,
      );
    }
  }
});
