import assert from "node:assert/strict";
import { expandText } from "./vars.ts";

const VALUES = new Map([["A", { text: "1", tag: "int" as const }], ["B", undefined]]);

const cases = [
  { text: "$(A)", want: "1" },
  { text: "x$(A)y$(A)", want: "x1y1" },
  { text: "$$(A)", want: "$(A)" },
  { text: "$(B)$(C)", want: "$(B)$(C)" },
  { text: "$(A", want: "$(A" },
  { text: "$x $", want: "$x $" },
  { text: "$(A $$ $(A)", want: "$(A $$ $(A)" },
];

for (const { text, want } of cases) {
  Deno.test(`expandText() expands ${text}`, () => {
    assert.equal(expandText(text, VALUES), want);
  });
}

Deno.test("expandText() is linear in brackets that never close", () => {
  const text = "$(".repeat(200_000);

  assert.equal(expandText(text, VALUES), text);
});
