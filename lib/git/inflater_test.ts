import assert from "node:assert/strict";
import { constants, deflateSync } from "node:zlib";
import { joinBytes } from "../base/mod.ts";
import { noiseOf } from "../testing/git_objects.ts";
import { DAMAGED, TRUNCATED } from "./inflate_layout.ts";
import { Inflater } from "./inflater.ts";
import { spanOf } from "./span.ts";

const inflater = new Inflater();

const manifest = new TextEncoder().encode(
  Array.from({ length: 400 }, (_, line) => `  key-${line}: value-${line * 31}\n`).join(""),
);
const noise = noiseOf(20_000);
const contents = [manifest, noise, new Uint8Array(20_000).fill(7)];
const sizes = [0, 1, 2, 3, 9, 64, 257, 258, 259, 300, 1_000, 4_096, 10_000];
const ways = [
  { name: "stored", level: 0 },
  { name: "with fixed codes", strategy: constants.Z_FIXED },
  { name: "with its own codes", level: 9 },
  { name: "quickly", level: 1 },
  { name: "without repetition", strategy: constants.Z_HUFFMAN_ONLY },
  { name: "as runs", strategy: constants.Z_RLE },
];

for (const { name, ...options } of ways) {
  Deno.test(`Inflater reads what zlib deflates ${name}, whatever lies around it`, () => {
    for (const content of contents) {
      for (const size of sizes) {
        const want = content.subarray(0, size);
        const stream = deflateSync(want, options);
        for (const behind of [0, 1, 4, 9, 40]) {
          const bytes = joinBytes("xyz", stream, new Uint8Array(behind).fill(0xaa));
          const target = new Uint8Array(want.length + 4);

          const length = inflater.inflate(
            { bytes, at: 3, end: bytes.length },
            { bytes: target, at: 2, end: 2 + want.length },
          );

          assert.equal(length, stream.length);
          assert.deepEqual(target, joinBytes("\0\0", want, "\0\0"));
        }
      }
    }
  });

  Deno.test(`Inflater says at every byte that a stream deflated ${name} goes on`, () => {
    for (const content of contents) {
      const want = content.subarray(0, 500);
      const stream = deflateSync(want, options);
      for (let end = 0; end < stream.length; end++) {
        assert.equal(inflate(stream.subarray(0, end), want.length), TRUNCATED, `${end} bytes`);
      }
    }
  });
}

Deno.test("Inflater refuses a stream of more or fewer bytes than asked for", () => {
  for (const content of contents) {
    for (const options of ways) {
      const stream = deflateSync(content.subarray(0, 700), options);
      for (const size of [0, 1, 699, 701, 5_000]) assert.equal(inflate(stream, size), DAMAGED);
    }
  }
});

Deno.test("Inflater refuses a checksum that differs in any byte", () => {
  const stream = deflateSync(manifest);
  for (let back = 1; back <= 4; back++) {
    const damaged = new Uint8Array(stream);
    damaged[stream.length - back] = (stream[stream.length - back] ?? 0) ^ 1;

    assert.equal(inflate(damaged, manifest.length), DAMAGED);
  }
});

Deno.test("Inflater keeps nothing of a damaged stream for the next one", () => {
  const stream = deflateSync(manifest);
  assert.equal(inflate(stream.subarray(0, 90), manifest.length), TRUNCATED);
  assert.equal(inflate(new Uint8Array(90).fill(0xff), 90), DAMAGED);

  assert.equal(inflate(stream, manifest.length), stream.length);
});

/** RFC 1951 §3.1.1: numbers lowest bit first; codes, which are written as text, first bit first. */
function bitsOf(
  ...parts: readonly (readonly [value: number, bits: number] | string)[]
): Uint8Array {
  const bits = parts.flatMap((part) =>
    typeof part === "string"
      ? [...part].map(Number)
      : Array.from({ length: part[1] }, (_, bit) => part[0] >> bit & 1)
  );
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries()) {
    bytes[index >> 3] = (bytes[index >> 3] ?? 0) | bit << (index & 7);
  }
  return bytes;
}

const HEAD = new Uint8Array([0x78, 0x9c]);
const FIXED = [3, 3] as const;
const OWN_CODES = [5, 3] as const;
/** 257 literals, one distance, all 19 lengths of the code for lengths. */
const COUNTS = [[0, 5], [0, 5], [15, 4]] as const;

/** Lengths of the code for lengths, in their order, of those that have one. */
function lengthCode(lengths: Readonly<Record<number, number>>): (readonly [number, number])[] {
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  return order.map((symbol) => [lengths[symbol] ?? 0, 3] as const);
}

const damaged: { name: string; stream: Uint8Array }[] = [
  { name: "another method than deflate", stream: new Uint8Array([0x79, 0x9a]) },
  { name: "a window of 64 KiB", stream: new Uint8Array([0x88, 0x1c]) },
  { name: "a header that does not add up", stream: new Uint8Array([0x78, 0x9d]) },
  { name: "a dictionary", stream: new Uint8Array([0x78, 0xbb]) },
  { name: "a block of the reserved type", stream: joinBytes(HEAD, bitsOf([7, 3])) },
  {
    name: "a stored block whose length is not confirmed",
    stream: joinBytes(HEAD, bitsOf([1, 8]), new Uint8Array([1, 0, 0xff, 0xff, 7])),
  },
  // Fixed codes: 11000110 is 286, 0000001 is 257, which is length 3.
  {
    name: "a length symbol that means nothing",
    stream: joinBytes(HEAD, bitsOf(FIXED, "11000110")),
  },
  {
    name: "a distance symbol that means nothing",
    stream: joinBytes(HEAD, bitsOf(FIXED, "00110000", "0000001", "11110")),
  },
  {
    name: "a distance to before the content",
    stream: joinBytes(HEAD, bitsOf(FIXED, "00110000", "0000001", "00001")),
  },
  {
    name: "more literals than there are",
    stream: joinBytes(HEAD, bitsOf(OWN_CODES, [30, 5], [0, 9])),
  },
  {
    name: "more distances than there are",
    stream: joinBytes(HEAD, bitsOf(OWN_CODES, [0, 5], [30, 5], [0, 4])),
  },
  {
    name: "a code for lengths with too many symbols",
    stream: joinBytes(HEAD, bitsOf(OWN_CODES, ...COUNTS, ...lengthCode({ 0: 1, 1: 1, 2: 1 }))),
  },
  {
    name: "a code for lengths with too few symbols",
    stream: joinBytes(HEAD, bitsOf(OWN_CODES, ...COUNTS, ...lengthCode({ 0: 1 }))),
  },
  {
    name: "a code for lengths without symbols",
    stream: joinBytes(HEAD, bitsOf(OWN_CODES, ...COUNTS, ...lengthCode({}))),
  },
  {
    name: "a repetition of nothing",
    stream: joinBytes(
      HEAD,
      bitsOf(OWN_CODES, ...COUNTS, ...lengthCode({ 0: 1, 16: 1 }), "1", [0, 2]),
    ),
  },
  {
    name: "a repetition beyond the last length",
    stream: joinBytes(
      HEAD,
      bitsOf(OWN_CODES, ...COUNTS, ...lengthCode({ 0: 1, 18: 1 }), "1", [127, 7], "1", [127, 7]),
    ),
  },
  {
    name: "a block without an end",
    stream: joinBytes(
      HEAD,
      // 258 zeros.
      bitsOf(OWN_CODES, ...COUNTS, ...lengthCode({ 0: 1, 18: 1 }), "1", [127, 7], "1", [109, 7]),
    ),
  },
  {
    name: "literals with too few symbols",
    stream: joinBytes(
      HEAD,
      // 256 zeros, then 2 for the end, 0 for the distance.
      bitsOf(
        OWN_CODES,
        ...COUNTS,
        ...lengthCode({ 0: 2, 2: 2, 18: 1 }),
        "0",
        [127, 7],
        "0",
        [107, 7],
        "11",
        "10",
      ),
    ),
  },
];

for (const { name, stream } of damaged) {
  Deno.test(`Inflater refuses ${name}`, () => {
    const bytes = joinBytes(stream, new Uint8Array(40));

    assert.equal(inflate(bytes, 10), DAMAGED);
  });
}

Deno.test("Inflater takes a distance code of one symbol, and refuses its other bit", () => {
  // 97 and 256 have one bit each but 257 has two; 0 to 96, 98 to 255 have none.
  const literals = ["0", [86, 7], "10", "0", [127, 7], "0", [9, 7], "11", "11"] as const;
  const code = lengthCode({ 1: 2, 2: 2, 18: 1 });
  const start = [OWN_CODES, [1, 5], [0, 5], [15, 4], ...code, ...literals, "10"] as const;
  // "0" is the letter, "10" the end, "11" length 3; the distance "0" is 1.
  const good = joinBytes(
    HEAD,
    bitsOf(...start, "0", "11", "0", "10"),
    new Uint8Array([0x03, 0xce, 0x01, 0x85]),
  );
  const bad = joinBytes(HEAD, bitsOf(...start, "0", "11", "1", "10"), new Uint8Array(40));

  assert.equal(inflate(good, 4), good.length);
  assert.equal(inflate(bad, 4), DAMAGED);
});

function inflate(stream: Uint8Array, size: number): number {
  return inflater.inflate(spanOf(stream), spanOf(new Uint8Array(size)));
}
