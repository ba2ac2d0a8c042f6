import assert from "node:assert/strict";
import { parseLabelSelector } from "./label_selector.ts";

const LABELS = new Map([["app", "web"], ["tier", "a"], ["n", "5"]]);

const cases = [
  { selector: "", want: true },
  { selector: "app=web", want: true },
  { selector: "app==web,tier!=b", want: true },
  { selector: "app in (web, api)", want: true },
  { selector: "app notin (web)", want: false },
  { selector: "missing notin (x)", want: true },
  { selector: "!app", want: false },
  { selector: "!missing,tier", want: true },
  { selector: "n>4,n<6", want: true },
  { selector: "app=", want: false },
];

for (const { selector, want } of cases) {
  Deno.test(`parseLabelSelector() decides over "${selector}"`, () => {
    assert.equal(parseLabelSelector(selector)(LABELS), want);
  });
}

for (const selector of ["a=b=c", ",", "a,", "a in", "a in (", "(", "a=b c=d", "n>x", "ä=b"]) {
  Deno.test(`parseLabelSelector() refuses "${selector}"`, () => {
    assert.throws(() => parseLabelSelector(selector), /label selector/);
  });
}
