import assert from "node:assert/strict";
import { algorithmOf, openHash } from "./hash.ts";

/** The first of BLAKE3's own test vectors (bytes 0, 1, 2 … 250, 0 …), and `abc` of FIPS 180-4. */
const vectors = [
  {
    algorithm: "blake3",
    bytes: countedBytes(0),
    want: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
  },
  {
    algorithm: "blake3",
    bytes: countedBytes(1025),
    want: "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
  },
  {
    algorithm: "sha384",
    bytes: new TextEncoder().encode("abc"),
    want: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed" +
      "8086072ba1e7cc2358baeca134c825a7",
  },
] as const;

function countedBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at % 251);
}

for (const { algorithm, bytes, want } of vectors) {
  Deno.test(`openHash() gives ${algorithm} of ${bytes.length} bytes, in pieces too`, async () => {
    const [whole, pieces] = [await openHash(algorithm), await openHash(algorithm)];

    whole.update(bytes);
    for (let from = 0; from < bytes.length; from += 100) {
      pieces.update(bytes.subarray(from, from + 100));
    }

    assert.equal(whole.digest(), `${algorithm}:${want}`);
    assert.equal(pieces.digest(), `${algorithm}:${want}`);
  });
}

for (const digest of ["", "sha256", "md5:00", "sha256:XY", "blake3:", "SHA256:00", "sha1:0 "]) {
  Deno.test(`algorithmOf() knows nothing of '${digest}'`, () => {
    assert.equal(algorithmOf(digest), undefined);
  });
}
