/**
 * SIGKILL at every write of a Kustomization's life, and what the next process makes of it (faults 13 to 16, 46
 * and 47 of the reliability reference); and whether the checks would notice if it made something else of it.
 *
 * The writes are not listed here: a life that nobody disturbs tells them. A point is the instant after a
 * write; the instant before it leaves the same behind as the one after the write before, so that only the
 * very first write has both, and the applies: of those that are made at once, any may be missing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Act, BROKEN, lifeUntil, UNHEALTHY } from "../support/crash/acts.ts";
import { Arena } from "../support/crash/arena.ts";
import { PLANTED_BUGS, type PlantedBug } from "../support/crash/bugs.ts";
import { nameOf } from "../support/crash/plan.ts";
import {
  formatViolation,
  groupTries,
  pointsOf,
  recordLife,
  runTries,
} from "../support/crash/trial.ts";
import { claimsReady } from "../support/history/ledger.ts";
import type { Violation } from "../support/history/subject.ts";
import { lookUntil } from "../support/look_until.ts";
import { fieldOf } from "../../tools/demo/observe.ts";

/** That die by one signal: each holds one of 32 requests, a few hold those that are made at once with it. */
const MOST_AT_ONCE = 24;
/** How long it is waited for what does not come. */
const NOT_HELD_MS = 3_000;

let arena: Arena;
Deno.test.beforeAll(async () => {
  arena = await Arena.open();
});
Deno.test.afterAll(() => arena?.[Symbol.asyncDispose]());

Deno.test("whichever write is the last before a SIGKILL, nothing is lost", async (t) => {
  const reference = await recordLife(arena, "reference-life");
  const groups = groupTries("g", pointsOf(reference.writes, ["after"]), MOST_AT_ONCE);

  await runTries(arena, reference, groups);

  for (const { point, troubles } of groups.flat()) {
    await t.step(`killed ${nameOf(point)}`, () => assert.deepEqual(troubles, []));
  }
});

/** What is seen of each bug, in a life up to an act. */
const SYMPTOMS: Readonly<
  Record<PlantedBug, readonly [Violation["invariant"], string, readonly Act[]]>
> = {
  "no checkpoint": ["I3", "was applied before it was on record", lifeUntil("installed")],
  "a checkpoint without the old entries": ["I3", "before it was gone", lifeUntil("upgraded")],
  "a delete by name alone": ["I2", "without the precondition of a uid", lifeUntil("upgraded")],
  "a delete after a failed build": ["I2", "does not build", [...lifeUntil("installed"), BROKEN]],
  "a delete after half an apply": ["I2", "was applied: ", [...lifeUntil("installed"), UNHEALTHY]],
  "a delete of a bystander": ["I2", "bystander__ConfigMap was deleted", lifeUntil("upgraded")],
  "a delete of what could be changed": ["I2", "though it is part of two", lifeUntil("upgraded")],
  "a delete that is only believed": ["I3", "before it was gone", lifeUntil("upgraded")],
  "a finalizer that goes too early": ["I3", "was left behind", lifeUntil("deleted")],
  "Ready before health": ["I7", "is not healthy", lifeUntil("installed")],
  "Ready after a failed build": ["I7", "Ready is True, but", [...lifeUntil("installed"), BROKEN]],
  "a generation observed too early": ["I7", "before it is Ready", lifeUntil("installed")],
  "an old apply that comes late": ["I4", "after something of a newer", lifeUntil("upgraded")],
  "a revision that nobody served": ["I4", "which was never served", lifeUntil("installed")],
  "an artifact that is half written": ["I6", "the status says", lifeUntil("fetched")],
  "a digest that is wrong": ["I6", "the status says", lifeUntil("fetched")],
  // Seen below, where the store is emptied.
  "Ready on an empty store": ["I1", "nobody serves", []],
};

Deno.test("a bug of any kind makes the suite fail", async (t) => {
  const cases = PLANTED_BUGS.map((bug, index) => ({
    bug,
    namespace: `bugs-${index}`,
    symptom: SYMPTOMS[bug],
  })).filter(({ symptom: [, , acts] }) => acts.length > 0);
  const unreached = { write: "apply of configmaps/nobody #1", side: "after" } as const;
  const names = [...cases.map(({ namespace }) => namespace), "bugs-unreached"];
  await Promise.all(names.map((namespace) => arena.openNamespace(namespace)));

  await arena.start(["bugs"], {
    bugs: Object.fromEntries(cases.map(({ namespace, bug }) => [namespace, bug])),
    holds: { "bugs-unreached": unreached },
  });
  const [reached] = await Promise.all([
    arena.play("bugs-unreached", lifeUntil("fetched"), NOT_HELD_MS),
    ...cases.map(({ namespace, symptom: [, , acts] }) => arena.play(namespace, acts)),
  ]);

  assert.equal(reached, undefined, "a point that is never reached");
  const judged = await lookUntil(
    async () => {
      const steps = await arena.readSteps();
      return await Promise.all(cases.map(async ({ bug, namespace, symptom }) => {
        const [invariant, words, acts] = symptom;
        const last = acts.at(-1) ?? assert.fail();
        const found = await arena.judge(namespace, last, steps);
        const isSeen = found.some((violation) =>
          violation.invariant === invariant && violation.message.includes(words)
        );
        return { bug, found, isSeen };
      }));
    },
    (all) => all.every(({ isSeen }) => isSeen),
  );
  for (const { bug, found, isSeen } of judged) {
    await t.step(bug, () => {
      assert.ok(isSeen, `found: ${found.map(formatViolation).join("\n")}`);
    });
  }
  await arena.kill();
});

Deno.test("with its store gone and its remote away, a source is not ready", async () => {
  const [good, buggy] = ["empty-0", "empty-1"] as const;
  const both = [good, buggy];
  await Promise.all(both.map((namespace) => arena.openNamespace(namespace)));
  await arena.start(["empty"]);
  await Promise.all(both.map((namespace) => arena.play(namespace, lifeUntil("installed"))));
  await arena.kill();
  await Promise.all(both.map((namespace) => arena.emptyStore(namespace)));
  arena.git.mode = "broken";

  await arena.start(["empty"], { bugs: { [buggy]: "Ready on an empty store" } });
  const isTrue = await arena.untilSource(
    good,
    (source) => !claimsReady(source) && fieldOf(source, "status", "artifact") === undefined,
  );
  await arena.untilWritten(buggy, "Ready=False of gitrepositories");
  // Nothing is asked of the Kustomization, which may have noticed by now that nobody serves its artifact.
  const fetched = lifeUntil("fetched").at(-1) ?? assert.fail();
  const found = await arena.judge(buggy, fetched, await arena.readSteps());

  assert.ok(isTrue, "Ready says that there is nothing to serve");
  assert.match(found.map(formatViolation).join("\n"), /^I1: in the end nobody serves \S+$/);
  arena.git.mode = "serve";
  assert.ok(await arena.untilSource(good, claimsReady), "it is fetched anew");
  await arena.kill();
});
