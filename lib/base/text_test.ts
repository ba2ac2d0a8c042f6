import assert from "node:assert/strict";
import { cutText } from "./mod.ts";

const cases = [
  { name: "leaves what fits", text: "abc", most: 3, want: "abc" },
  { name: "ends in dots", text: "abcdef", most: 5, want: "ab..." },
  { name: "counts bytes, not characters", text: "ääää", most: 7, want: "ää..." },
  { name: "drops a character that would be halved", text: "aääää", most: 7, want: "aä..." },
  { name: "keeps four-byte characters whole", text: "😀😀😀", most: 11, want: "😀😀..." },
];

for (const { name, text, most, want } of cases) {
  Deno.test(`cutText() ${name}`, () => {
    assert.equal(cutText(text, most), want);
  });
}
