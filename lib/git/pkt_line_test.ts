import assert from "node:assert/strict";
import fc from "fast-check";
import { GitError } from "./failure.ts";
import { type Pkt, pktLine, pktLines, PktReader } from "./pkt_line.ts";

Deno.test("PktReader gives back what pktLines() framed, however it is cut", async () => {
  const line = fc.option(fc.string({ minLength: 1, maxLength: 50 }), { nil: null });
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 9 }), async (lines, length) => {
      const read = await readAll(cut(pktLines(lines), length));

      const texts = read.map((pkt) => pkt.kind === "data" ? text(pkt.bytes) : pkt.kind);
      assert.deepEqual(texts, [...lines.map((line) => line ?? "delim"), "flush"]);
    }),
    { numRuns: 100 },
  );
});

const broken = [
  { name: "a length of three", bytes: "0003" },
  { name: "a length that is no number", bytes: "zzzz" },
  { name: "a length with a sign", bytes: "-001" },
  { name: "a length beyond the protocol's", bytes: "ffff" + "x".repeat(70_000) },
  { name: "a line that is cut off", bytes: "0009ab" },
  { name: "a length that is cut off", bytes: "00" },
];

for (const { name, bytes } of broken) {
  Deno.test(`PktReader refuses ${name}`, async () => {
    await assert.rejects(readAll(cut(new TextEncoder().encode(bytes), 1000)), GitError);
  });
}

Deno.test("PktReader fails only on purpose when it is given noise", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (noise) => {
      try {
        await readAll(cut(noise, 7));
      } catch (thrown) {
        assert.ok(thrown instanceof GitError);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("pktLine() counts bytes, not characters", () => {
  assert.equal(pktLine("ä"), "0006ä");
});

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<readonly Pkt[]> {
  const reader = new PktReader(chunks);
  const read: Pkt[] = [];
  for (let pkt = await reader.next(); pkt !== undefined; pkt = await reader.next()) {
    read.push(pkt.kind === "data" ? { kind: "data", bytes: pkt.bytes.slice() } : pkt);
  }
  return read;
}

async function* cut(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) {
    yield await Promise.resolve(bytes.subarray(at, at + length));
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
