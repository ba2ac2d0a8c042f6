import assert from "node:assert/strict";
import { SHA1, SHA256 } from "./object_format.ts";
import { PackIndex } from "./pack_index.ts";

const COUNT = 1_000;

/** Ids that differ little. */
function idOf(number: number, idBytes: number): string {
  return number.toString(16).padStart(8, "0").padEnd(2 * idBytes, "0");
}

for (const format of [SHA1, SHA256]) {
  Deno.test(`PackIndex finds objects by id and place in ${format.name}, though it has to grow`, () => {
    const index = new PackIndex(format, 10);
    for (let number = 0; number < COUNT; number++) {
      assert.equal(index.add(12 + 7 * number), number);
      assert.equal(index.name(number, idOf(number, format.idBytes)), -1);
    }

    for (let number = 0; number < COUNT; number++) {
      const id = idOf(number, format.idBytes);
      assert.deepEqual([index.find(id), index.id(number)], [number, id]);
      assert.equal(index.findBytes(Uint8Array.fromHex(`ff${id}`), 1), number);
      assert.deepEqual([index.findStart(12 + 7 * number), index.start(number)], [
        number,
        12 + 7 * number,
      ]);
    }
    assert.equal(index.find(idOf(COUNT, format.idBytes)), -1);
    assert.equal(index.findBytes(Uint8Array.fromHex(idOf(COUNT, format.idBytes)), 0), -1);
    assert.deepEqual([0, 13, 12 + 7 * COUNT].map((start) => index.findStart(start)), [-1, -1, -1]);
  });
}

Deno.test("PackIndex finds nobody by what is no id", () => {
  const index = new PackIndex(SHA1, 1);
  index.add(12);
  index.name(0, "0".repeat(40));

  for (const id of ["", "0", "0".repeat(39), "0".repeat(64), "g".repeat(40), "é".repeat(40)]) {
    assert.equal(index.find(id), -1, id);
  }
  assert.equal(index.find("0".repeat(40)), 0);
});

Deno.test("PackIndex says who had an id before", () => {
  const index = new PackIndex(SHA1, 2);
  const id = "ab".repeat(20);

  const before = [0, 1].map((start) => index.name(index.add(start), id));

  assert.deepEqual(before, [-1, 0]);
  assert.equal(index.find(id), 1);
});

Deno.test("PackIndex keeps what is known of an object", () => {
  const index = new PackIndex(SHA1, 2);
  const [base, delta] = [index.add(12), index.add(40)];
  index.settle(base, { type: "tree", sizeBytes: 5, cost: 5 });
  index.setBase(delta, base);

  assert.equal(index.type(delta), undefined);
  index.settle(delta, { type: "tree", sizeBytes: 2 ** 33, cost: 2 ** 40 });

  assert.deepEqual([index.type(base), index.base(base), index.depth(base)], ["tree", -1, 0]);
  assert.deepEqual([index.type(delta), index.base(delta), index.depth(delta)], ["tree", base, 1]);
  assert.deepEqual([index.sizeBytes(delta), index.cost(delta)], [2 ** 33, 2 ** 40]);
});
