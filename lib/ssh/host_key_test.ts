import assert from "node:assert/strict";
import { checkStrength, keyType } from "./host_key.ts";

const cases: { name: string; blob: number[]; want: string | undefined }[] = [
  { name: "ed25519", blob: [...field("ssh-ed25519"), ...field("x".repeat(32))], want: undefined },
  { name: "2048 bits", blob: rsa(2048), want: undefined },
  { name: "4096 bits", blob: rsa(4096), want: undefined },
  { name: "2047 bits", blob: rsa(2047), want: "WeakKey" },
  { name: "1024 bits", blob: rsa(1024), want: "WeakKey" },
  { name: "200,000 bits", blob: rsa(200_000), want: "WeakKey" },
  { name: "no modulus", blob: field("ssh-rsa"), want: "InvalidKey" },
  { name: "a length that lies", blob: [255, 255, 255, 255, 1], want: "InvalidKey" },
  { name: "nothing", blob: [], want: "InvalidKey" },
];

for (const { name, blob, want } of cases) {
  Deno.test(`checkStrength() of a key with ${name} is ${want ?? "fine"}`, () => {
    const got = checkStrength(new Uint8Array(blob));

    assert.equal(got.ok ? undefined : got.code, want);
  });
}

Deno.test("keyType() takes no name of any length", () => {
  assert.equal(keyType(new Uint8Array(field("x".repeat(65)))), undefined);
});

function field(content: string | number[]): number[] {
  const bytes = typeof content === "string" ? [...new TextEncoder().encode(content)] : content;
  const { length } = bytes;
  return [length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255, ...bytes];
}

/** A zero stands in front of a number whose first bit is set. */
function rsa(bits: number): number[] {
  const rest = bits % 8;
  const first = rest === 0 ? [0, 0x80] : [1 << (rest - 1)];
  const modulus = [...first, ...Array<number>(Math.ceil(bits / 8) - 1).fill(1)];
  return [...field("ssh-rsa"), ...field([1, 0, 1]), ...field(modulus)];
}
