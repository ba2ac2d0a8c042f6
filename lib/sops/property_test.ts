/**
 * What strangers make of sealed files: whatever it is, it is refused or opened, never a crash, and a refusal shows
 * nothing of what was sealed. A failure prints the seed that brings it back.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Budget, defaultBudget } from "../base/mod.ts";
import { DataKeys, formatOfName, openSealed, openWithAge, parseIdentities } from "./mod.ts";

const SAMPLES = new URL("testdata/", import.meta.url);
const BUDGET: Budget = { ...defaultBudget(), bytes: 1 << 20, entries: 20_000, depth: 60 };
const RUNS = 150;
const identities = await parseIdentities(await Deno.readTextFile(new URL("one.agekey", SAMPLES)));
assert.ok(identities.ok);
/** Opened once: only the text is played with. */
const services = { age: openWithAge(identities.value) };

/** Pieces of the formats, to put in anywhere. */
const piece = fc.oneof(
  fc.constantFrom(
    ..."ENC[ ] , : { } [ ] \" ' # = \n - | > & * sops sops: mac age enc __list_0 __map_ [sops] null"
      .split(" "),
    "\n",
    "\\n",
    "\u0000",
    "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]",
  ),
  fc.string({ maxLength: 6 }),
);
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(40),
  instead: piece,
});

for (const name of ["values.yaml", "config.json", "prod.env", "app.ini", "token"]) {
  Deno.test(`a sealed ${name} that was played with is opened or refused`, async () => {
    const sample = await Deno.readTextFile(new URL(`age-${name}`, SAMPLES));
    const format = formatOfName(name);

    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        let text = sample;
        for (const { at, length, instead } of changes) {
          const from = Math.floor(at * text.length);
          text = text.slice(0, from) + instead + text.slice(from + length);
        }

        const content = new TextEncoder().encode(text);
        const got = await openSealed(content, {
          format,
          opener: new DataKeys(services),
          budget: BUDGET,
        });

        if (!got.ok) assert.doesNotMatch(got.message, /hunter2|line one|quoted # x|A whole file/);
      }),
      { numRuns: RUNS },
    );
  });
}

Deno.test("openSealed() lets others work between many values, and ends in time", async () => {
  const text = await Deno.readTextFile(new URL("age-config.json", SAMPLES));
  const many = Array.from({ length: 1_000 }, (_, index) => `"x${index}_unencrypted": 1,`).join("");
  const content = new TextEncoder().encode(text.replace("{", `{${many}`));
  let turns = 0;
  const options = { format: "json", opener: new DataKeys(services) } as const;
  const pause = () => Promise.resolve(void turns++);

  const got = await openSealed(content, { ...options, budget: BUDGET, pause });
  const over = { ...BUDGET, time: { endMs: 0, nowMs: () => turns > 4 ? 1 : -1 } };
  const late = await openSealed(content, { ...options, budget: over, pause });

  assert.equal(got.ok, true);
  assert.ok(turns >= 3);
  assert.equal(!late.ok && late.code, "BudgetExceeded");
});
