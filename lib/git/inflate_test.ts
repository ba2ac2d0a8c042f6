import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { joinBytes } from "../base/mod.ts";
import { noiseOf } from "../testing/git_objects.ts";
import { inflateInto, inflateNew } from "./inflate.ts";
import { MOST_INFLATED_BYTES } from "./inflate_layout.ts";
import { mostStreamBytes } from "./inflater.ts";
import { spanOf, viewOf } from "./span.ts";

const cases: { name: string; size: number; options?: Parameters<typeof deflateSync>[1] }[] = [
  { name: "nothing", size: 0 },
  { name: "a small content", size: 300 },
  { name: "as much as the module takes", size: MOST_INFLATED_BYTES },
  { name: "more than the module takes", size: MOST_INFLATED_BYTES + 1 },
  // Stored in small blocks, with five bytes around each.
  { name: "what was deflated badly", size: 50_000, options: { memLevel: 1 } },
];

for (const { name, size, options } of cases) {
  const content = noiseOf(size);
  const stream = new Uint8Array(deflateSync(content, options ?? {}));
  const behind = new Uint8Array(200_000).fill(0xaa);

  Deno.test(`${name} is inflated, into new memory and into a place`, () => {
    for (const bytes of [stream, joinBytes(stream, behind)]) {
      const inflated = inflateNew(spanOf(bytes), size);
      assert.ok(typeof inflated !== "string", `${inflated}`);
      assert.equal(inflated.consumed, stream.length);
      assert.deepEqual(viewOf(inflated.content), content);

      const room = { bytes: new Uint8Array(size + 8), at: 3, end: 3 + size };
      const placed = inflateInto(spanOf(bytes), room);
      assert.ok(typeof placed !== "string", `${placed}`);
      assert.equal(placed.consumed, stream.length);
      assert.deepEqual(room.bytes, joinBytes("\0\0\0", content, "\0\0\0\0\0"));
    }
  });

  Deno.test(`${name} that is cut off is told from what is damaged`, () => {
    const cut = stream.subarray(0, stream.length - 1);
    const damaged = joinBytes(stream, behind).with(0, 0x79);

    assert.equal(inflateNew(spanOf(cut), size), "truncated");
    assert.equal(inflateNew(spanOf(damaged), size), "damaged");
    assert.equal(inflateNew(spanOf(stream), size + 1), "damaged");
  });
}

Deno.test("what is deflated badly is longer than the module looks", () => {
  const { size, options = {} } = cases.at(-1) ?? assert.fail();
  assert.ok(deflateSync(noiseOf(size), options).length > mostStreamBytes(size));
});
