import assert from "node:assert/strict";
import { parseNumber } from "./number.ts";

const numbers = [
  { text: "1_000.5e1", want: 10_005 },
  { text: ".5", want: 0.5 },
  { text: "5.", want: 5 },
  { text: "0x1.8p3", want: 12 },
  { text: "-0x_10P0", want: -16 },
  { text: "+Inf", want: Infinity },
  { text: "NaN", want: NaN },
  { text: "1e400", want: undefined },
  { text: "0x10", want: undefined },
  { text: "1__0", want: undefined },
  { text: "_1", want: undefined },
  { text: " 1", want: undefined },
  { text: "", want: undefined },
  { text: ".", want: undefined },
  { text: "1a", want: undefined },
];

for (const { text, want } of numbers) {
  Deno.test(`parseNumber() reads ${JSON.stringify(text)} as ${want}`, () => {
    assert.equal(parseNumber(text), want);
  });
}
