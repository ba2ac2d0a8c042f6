import assert from "node:assert/strict";
import fc from "fast-check";
import { ContentRing } from "./content_ring.ts";
import { viewOf } from "./span.ts";

const LARGEST = 4 << 10;

Deno.test("ContentRing finds what it kept last, whole, and nothing else", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: LARGEST }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 60_000 }), (kept, ringBytes) => {
      const contents = new ContentRing(ringBytes, { largest: LARGEST, count: kept.length });
      for (const [index, size] of kept.entries()) {
        const room = contents.reserve(size);
        assert.ok(room.end <= room.bytes.length);
        room.bytes.fill(index + 1, room.at, room.end);
        contents.keep(index, size);
        for (let old = index; old >= 0; old--) {
          const found = contents.find(old, kept[old] ?? 0);
          assert.ok(found !== undefined || old < index, "the last one is there");
          if (found === undefined) break;
          assert.ok(viewOf(found).every((byte) => byte === old + 1));
        }
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("ContentRing leaves alone what it found while the next one is written", () => {
  const contents = new ContentRing(0, { largest: LARGEST, count: 1_000 });
  let last = contents.reserve(LARGEST);
  for (let index = 0; index < 100; index++) {
    last.bytes.fill(index, last.at, last.end);
    contents.keep(index, LARGEST);
    const found = contents.find(index, LARGEST) ?? assert.fail();

    last = contents.reserve(LARGEST);
    last.bytes.fill(0xff, last.at, last.end);

    assert.ok(viewOf(found).every((byte) => byte === index));
  }
});

Deno.test("ContentRing knows nothing of what it never kept", () => {
  const contents = new ContentRing(1 << 20, { largest: LARGEST, count: 2 });

  assert.equal(contents.find(0, 10), undefined);
  contents.reserve(10);
  assert.equal(contents.find(0, 10), undefined);
  contents.keep(2, 10);
  assert.equal(contents.find(2, 10), undefined);
});
