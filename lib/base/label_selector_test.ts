import assert from "node:assert/strict";
import { isMet, parseLabelSelector } from "./label_selector.ts";

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
  { selector: "n > 5", want: false },
  { selector: "app>1", want: false },
  { selector: "missing<1", want: false },
  { selector: "app=", want: false },
];

for (const { selector, want } of cases) {
  Deno.test(`parseLabelSelector() decides over "${selector}"`, () => {
    const parsed = parseLabelSelector(selector);

    assert.ok(parsed.ok);
    assert.equal(parsed.value.every((it) => isMet(it, LABELS.get(it.key))), want);
  });
}

const refused = [
  ..."a=b=c|,|a,|a in|a in (|(|a=b c=d|n>x|n>-1|ä=b|=b|a=b c|a in b|a in (b|a/b/c|-a|a=-".split(
    "|",
  ),
  `${"k".repeat(64)}=b`,
  `a=${"v".repeat(64)}`,
];

for (const selector of refused) {
  Deno.test(`parseLabelSelector() refuses "${selector}"`, () => {
    const parsed = parseLabelSelector(selector);

    assert.equal(!parsed.ok && parsed.code, "InvalidSelector");
  });
}
