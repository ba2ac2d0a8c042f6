import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { joinBytes } from "../base/mod.ts";
import { noiseOf } from "../testing/git_objects.ts";
import { COLLISIONS, SHATTERED_BLOCKS_AT } from "../testing/sha1_collisions.ts";
import { examineSha1 } from "../testing/sha1_definition.ts";
import { digestSha1 } from "./digest.ts";

/** What the kernel takes at a time, in bytes. */
const INPUT_BYTES = 48 << 10;

function plainSha1(head: string, content: Uint8Array): string {
  return createHash("sha1").update(head).update(content).digest("hex");
}

Deno.test("digestSha1() gives the digest of contents of every length", () => {
  const around = [INPUT_BYTES, 2 * INPUT_BYTES].flatMap((bytes) =>
    Array.from({ length: 140 }, (_, index) => bytes - 80 + index)
  );
  for (const length of [...Array(300).keys(), ...around]) {
    const content = noiseOf(length, length);
    for (const head of ["", `blob ${length}\0`]) {
      const got = digestSha1(head, content);
      assert.deepEqual(got, { hex: plainSha1(head, content), isAttack: false }, `${length}`);
    }
  }
});

for (const { name, hex, messages } of COLLISIONS) {
  for (const [index, message] of messages.entries()) {
    const what = `message ${index + 1} of ${name}`;
    const start = String.fromCharCode(...message.subarray(0, 20));

    Deno.test(`digestSha1() sees the attack in ${what}, and gives its digest`, () => {
      assert.deepEqual(digestSha1("", message), { hex, isAttack: true });
      assert.deepEqual(digestSha1(start, message.subarray(20)), { hex, isAttack: true });
    });

    Deno.test(`digestSha1() sees ${what} at the beginning of something longer`, () => {
      for (const more of [1, 63, 64, 200, 5_000, INPUT_BYTES, 3 * INPUT_BYTES]) {
        const content = joinBytes(message, noiseOf(more));
        assert.deepEqual(digestSha1("", content), { hex: plainSha1("", content), isAttack: true });
      }
    });

    Deno.test(`digestSha1() sees no attack in ${what} once it collides with nothing`, () => {
      // An object of git begins with its type, so what these messages were computed for is not there.
      assert.equal(digestSha1(`blob ${message.length}\0`, message).isAttack, false);
      for (const at of [0, message.length - 64, message.length - 1]) {
        const changed = message.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.equal(digestSha1("", changed).isAttack, false);
      }
    });

    Deno.test(`digestSha1() says of ${what} what the definition says`, () => {
      assert.deepEqual(examineSha1(message), { hex, vectors: ["II(52,0)"] });
    });
  }
}

Deno.test("digestSha1() sees an attack only in the block that completes it", () => {
  const [{ messages: [message] } = assert.fail()] = COLLISIONS;
  const half = message.subarray(0, SHATTERED_BLOCKS_AT + 64);

  assert.equal(digestSha1("", half).isAttack, false);
  assert.deepEqual(examineSha1(half).vectors, []);
});

Deno.test("digestSha1() forgets an attack before the next digest", () => {
  const [{ messages: [message] } = assert.fail()] = COLLISIONS;

  assert.equal(digestSha1("", message).isAttack, true);
  assert.equal(digestSha1("", new Uint8Array()).isAttack, false);
});

Deno.test("digestSha1() takes no chance for an attack", () => {
  for (let seed = 1; seed <= 20; seed++) {
    assert.equal(digestSha1("", noiseOf(100_000, seed)).isAttack, false);
    const lines = new TextEncoder().encode(`key-${seed}: value ${seed}\n`.repeat(5_000));
    assert.equal(digestSha1("", lines).isAttack, false);
  }
});
