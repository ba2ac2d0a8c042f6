import assert from "node:assert/strict";
import type { KubeObject } from "../../../lib/kube/mod.ts";
import { checkHistory } from "./check.ts";
import { CONTROLLERS, Story } from "./story.ts";
import type { Judgement, Subject } from "./subject.ts";

const [R1, R2] = ["main@sha1:01", "main@sha1:02"];
const OWNED = {
  "kustomize.toolkit.fluxcd.io/name": "app",
  "kustomize.toolkit.fluxcd.io/namespace": "ns",
};
const SOURCE = toolkitObject("source", "GitRepository", {});
const OWNER = toolkitObject("kustomize", "Kustomization", { prune: true, wait: true });
const [A1, A2, B, OLD] = [
  configMap("a", "1"),
  configMap("a", "2"),
  configMap("b", "1"),
  configMap("old", "1"),
];
const SUBJECT: Subject = {
  kustomization: { namespace: "ns", name: "app" },
  source: { namespace: "ns", name: "app" },
  revisions: [{ revision: R1, objects: [A1, OLD] }, { revision: R2, objects: [A2, B] }],
};
const JUDGEMENT: Judgement = {
  isOurs: (user) => user === CONTROLLERS,
  isHealthy: (object) => object.status !== "sick",
  lagMs: 0,
};

type Act = (story: Story) => unknown;

/** An install, and an upgrade that changes, adds and prunes. */
const GOOD: Readonly<Record<string, Act>> = {
  "source made": (story) => story.write(SOURCE, "test"),
  "R1 served": (story) => story.status(SOURCE, served(R1)),
  "made": (story) => story.write(OWNER, "test"),
  "R1 on record": (story) => story.status(OWNER, recorded(R1, "a", "old")),
  "a1 applied": (story) => story.write(owned(A1)),
  "old applied": (story) => story.write(owned(OLD)),
  "R1 ready": (story) => story.status(OWNER, ready(R1, "a", "old")),
  "R2 served": (story) => story.status(SOURCE, served(R2)),
  "R2 on record": (story) => story.status(OWNER, recorded(R2, "a", "b", "old")),
  "a2 applied": (story) => story.write(owned(A2)),
  "b applied": (story) => story.write(owned(B)),
  "old pruned": (story) => story.remove(OLD),
  "R2 ready": (story) => story.status(OWNER, ready(R2, "a", "b")),
};

interface Case {
  readonly name: string;
  /** Other acts in place of the good ones; null leaves one out. */
  readonly instead?: Readonly<Record<string, Act | null>>;
  /** Acts right after the named ones. */
  readonly then?: Readonly<Record<string, Act>>;
  readonly subject?: Partial<Subject>;
  readonly judgement?: Partial<Judgement>;
  readonly want: readonly string[];
}

const LEFT_A = "I3: ns_old__ConfigMap left the inventory before it was gone";

const cases: readonly Case[] = [
  { name: "nothing in a history that keeps every promise", want: [] },
  {
    name: "an apply without a checkpoint",
    instead: { "R2 on record": null },
    want: ["I3: ns_b__ConfigMap was applied before it was on record"],
  },
  {
    name: "a checkpoint without the old entries",
    instead: { "R2 on record": (story) => story.status(OWNER, recorded(R2, "a", "b")) },
    want: [LEFT_A, "I2: ns_old__ConfigMap was deleted though it is not in the inventory"],
  },
  {
    name: "an entry that leaves before its object",
    instead: { "old pruned": null },
    want: [
      LEFT_A,
      "I7: Ready is True, but ns_old__ConfigMap is left over",
      "I1: in the end ns_old__ConfigMap is left over",
    ],
  },
  {
    name: "a delete that is bound to no uid",
    instead: { "old pruned": (story) => story.remove(OLD, null) },
    want: ["I2: ns_old__ConfigMap was deleted without the precondition of a uid"],
  },
  {
    name: "a delete while the newest revision does not build",
    subject: { revisions: [{ revision: R1, objects: [A1, OLD] }, { revision: R2 }] },
    instead: {
      "R2 on record": null,
      "a2 applied": null,
      "b applied": null,
      "R2 ready": (story) => story.status(OWNER, failed(R2)),
    },
    want: [
      `I2: ns_old__ConfigMap was deleted though ${R2} does not build`,
      "I1: it is not ready in the end",
    ],
  },
  {
    name: "a delete in the middle of an apply",
    instead: { "b applied": null, "old pruned": null, "R2 ready": null },
    then: {
      "a2 applied": (story) => story.remove(OLD).write(owned(B)).status(OWNER, ready(R2, "a", "b")),
    },
    want: [
      `I2: ns_old__ConfigMap was deleted before all of ${R2} was applied: ns_b__ConfigMap is not there`,
    ],
  },
  {
    name: "a delete of what the newest revision has",
    then: { "R2 ready": (story) => story.remove(B).write(owned(B)) },
    want: [`I2: ns_b__ConfigMap was deleted though it is part of ${R2}`],
  },
  {
    name: "a delete of a bystander",
    then: {
      "made": (story) => story.write(configMap("bystander", "1"), "test"),
      "old pruned": (story) => story.remove(configMap("bystander", "1")),
    },
    want: ["I2: ns_bystander__ConfigMap was deleted though it is not in the inventory"],
  },
  {
    name: "a delete without prune",
    instead: { made: (story) => story.write({ ...OWNER, spec: { prune: false } }, "test") },
    want: ["I2: ns_old__ConfigMap was deleted without `prune`"],
  },
  {
    name: "an older revision applied after a newer one",
    then: { "b applied": (story) => story.write(owned(A1)).write(owned(A2)) },
    want: [`I4: ns_a__ConfigMap was applied as of ${R1} after something of a newer revision`],
  },
  {
    name: "a revision that goes back",
    then: {
      "R2 ready": (story) =>
        story.status(OWNER, { lastAppliedRevision: R1 }).status(OWNER, { lastAppliedRevision: R2 }),
    },
    want: [`I4: lastAppliedRevision went back from ${R2} to ${R1}`],
  },
  {
    name: "a revision that nobody served",
    then: { "a1 applied": (story) => story.status(OWNER, { lastAttemptedRevision: R2 }) },
    want: [
      `I4: lastAttemptedRevision is ${R2}, which was never served`,
      `I4: lastAttemptedRevision went back from ${R2} to ${R1}`,
    ],
  },
  {
    name: "Ready before health",
    then: { "b applied": (story) => story.write({ ...owned(B), status: "sick" }, "test") },
    want: [
      "I7: Ready is True, but ns_b__ConfigMap is not healthy",
      "I1: in the end ns_b__ConfigMap is not healthy",
    ],
  },
  {
    name: "Ready before the apply",
    instead: { "b applied": null },
    then: { "R2 ready": (story) => story.write(owned(B)) },
    want: [
      `I2: ns_old__ConfigMap was deleted before all of ${R2} was applied: ns_b__ConfigMap is not there`,
      "I7: Ready is True, but ns_b__ConfigMap is not there",
    ],
  },
  {
    name: "a generation that is observed too early",
    then: {
      "R1 ready": (story) => story.write({ ...OWNER, spec: { prune: true, path: "x" } }, "test"),
    },
    instead: {
      "R2 on record": (story) =>
        story.status(OWNER, { ...recorded(R2, "a", "b", "old"), observedGeneration: 2 }),
      "R2 ready": (story) => story.status(OWNER, { ...ready(R2, "a", "b"), ...words("True", 2) }),
    },
    want: ["I7: a generation counts as observed before it is Ready"],
  },
  {
    name: "a source that is ready without an artifact",
    instead: { "R1 served": (story) => story.status(SOURCE, { ...served(R1), artifact: null }) },
    then: { "a1 applied": (story) => story.status(SOURCE, served(R1)) },
    want: [
      "I7: the source is Ready, but its artifact is of undefined",
      `I4: lastAttemptedRevision is ${R1}, which was never served`,
    ],
  },
  {
    name: "nothing where a test deletes and drifts",
    then: {
      "R2 on record": (story) => story.remove(A1, null, "test"),
      "b applied": (story) => story.write(owned(configMap("b", "drifted")), "test"),
    },
    want: [],
  },
  {
    name: "nothing where a run takes its time, and says so",
    then: {
      "R2 served": (story) =>
        story.status(OWNER, {
          conditions: [
            { type: "Ready", status: "True", observedGeneration: 1 },
            { type: "Reconciling", status: "True", reason: "Progressing" },
          ],
        }),
    },
    want: [],
  },
  {
    name: "nothing where an apply was cut off",
    instead: { "b applied": (story) => story.cutOff(owned(B), { verb: "patch" }) },
    want: [],
  },
  {
    name: "an apply without a checkpoint, though it was cut off",
    instead: {
      "R2 on record": null,
      "b applied": (story) => story.cutOff(owned(B), { verb: "patch" }).write(owned(B), "test"),
    },
    want: ["I3: ns_b__ConfigMap was applied before it was on record"],
  },
  {
    name: "nothing where a delete was cut off",
    instead: {
      "old pruned": (story) =>
        story.cutOff(OLD, { verb: "delete", request: { preconditions: { uid: "uid-4" } } }),
    },
    want: [],
  },
  {
    name: "a delete that is bound to no uid, though it was cut off",
    instead: { "old pruned": (story) => story.cutOff(OLD, { verb: "delete", request: {} }) },
    want: ["I2: ns_old__ConfigMap was deleted without the precondition of a uid"],
  },
  {
    name: "nothing where a checkpoint was cut off",
    instead: {
      "R2 on record": (story) =>
        story.cutOff(OWNER, {
          verb: "patch",
          subresource: "status",
          request: { status: recorded(R2, "a", "b", "old") },
        }),
    },
    want: [],
  },
  {
    name: "nothing where the end of a run was cut off, and was written all the same",
    instead: {
      "R1 ready": (story) => {
        const request = { status: ready(R1, "a", "old") };
        return story.cutOff(OWNER, { verb: "patch", subresource: "status", request });
      },
    },
    then: {
      "R2 served": (story) => {
        const conditions = [{ type: "Ready", status: "Unknown", observedGeneration: 1 }];
        return story.reveal(OWNER, { conditions }, ready(R1, "a", "old"));
      },
    },
    want: [],
  },
  {
    name: "a Ready that speaks of what is no longer served",
    then: {
      "R2 ready": (story) =>
        story.status(OWNER, ready(R2, "a", "b"))
          .status(OWNER, { ...ready(R2, "a", "b"), lastAppliedRevision: R1 })
          .status(OWNER, ready(R2, "a", "b")),
    },
    want: [
      `I4: lastAppliedRevision went back from ${R2} to ${R1}`,
      `I7: Ready is True, but ${R1} is no longer served`,
      "I7: Ready is True, but ns_a__ConfigMap is not as built",
      "I7: Ready is True, but ns_old__ConfigMap is not there",
      "I7: Ready is True, but ns_old__ConfigMap is not in the inventory",
      "I7: Ready is True, but ns_b__ConfigMap is left over",
    ],
  },
  {
    name: "a run that begins with what is no longer served",
    then: { "R2 served": runTwice },
    want: [`I7: Ready is True, but ${R1} is no longer served`],
  },
  {
    name: "nothing in a run that begins before the controllers are told of more",
    then: { "R2 served": runTwice },
    judgement: { toldMs: (_, servedMs) => servedMs + 1_500 },
    want: [],
  },
  {
    name: "what is left behind by the end of the Kustomization",
    subject: { isDeleted: true },
    then: {
      "R2 ready": (story) =>
        story.write(held(OWNER), "test").remove(OWNER, null, "test").remove(A2).release(OWNER),
    },
    want: [
      "I3: ns_b__ConfigMap was left behind when the Kustomization was released",
      "I1: in the end ns_b__ConfigMap is still there",
    ],
  },
  {
    name: "nothing where the end of the Kustomization takes all along",
    subject: { isDeleted: true },
    then: {
      "R2 ready": (story) =>
        story.write(held(OWNER), "test").remove(OWNER, null, "test").remove(A2).remove(B)
          .release(OWNER),
    },
    want: [],
  },
  {
    name: "an object that is not as built in the end",
    instead: { "a2 applied": (story) => story.write(owned(configMap("a", "other"))) },
    want: [
      `I2: ns_old__ConfigMap was deleted before all of ${R2} was applied: ns_a__ConfigMap is not as built`,
      "I7: Ready is True, but ns_a__ConfigMap is not as built",
      "I1: in the end ns_a__ConfigMap is not as built",
    ],
  },
  {
    name: "an end at an older revision",
    instead: {
      "R2 on record": null,
      "a2 applied": null,
      "b applied": null,
      "old pruned": null,
      "R2 ready": null,
    },
    want: [`I1: in the end it applied ${R1}, not ${R2}`],
  },
];

for (const { name, instead = {}, then = {}, subject = {}, judgement = {}, want } of cases) {
  Deno.test(`checkHistory() finds ${name}`, () => {
    const story = new Story();
    for (const [act, good] of Object.entries(GOOD)) {
      const told = instead[act];
      (told === undefined ? good : told)?.(story);
      then[act]?.(story);
    }

    const got = checkHistory(story.steps, { ...SUBJECT, ...subject }, {
      ...JUDGEMENT,
      ...judgement,
    });

    assert.deepEqual(got.map(({ invariant, message }) => `${invariant}: ${message}`), want);
  });
}

/** The end of the run that goes on, and of one more, both of what was served first. */
function runTwice(story: Story): void {
  story.status(OWNER, ready(R1, "a", "old")).status(OWNER, ready(R1, "a", "old"));
}

function toolkitObject(group: string, kind: string, spec: Record<string, unknown>): KubeObject {
  const metadata = { namespace: "ns", name: "app" };
  return { apiVersion: `${group}.toolkit.fluxcd.io/v1`, kind, metadata, spec };
}

function configMap(name: string, value: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "ns", name },
    data: { key: value },
  };
}

function owned(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: OWNED } };
}

function held(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, finalizers: ["finalizers.fluxcd.io"] } };
}

function words(status: string, generation = 1): Record<string, unknown> {
  return {
    ...(status === "True" && { observedGeneration: generation }),
    conditions: [{ type: "Ready", status, observedGeneration: generation }],
  };
}

function served(revision: string): Record<string, unknown> {
  return { artifact: { revision }, ...words("True") };
}

function recorded(revision: string, ...names: readonly string[]): Record<string, unknown> {
  const entries = names.map((name) => ({ id: `ns_${name}__ConfigMap`, v: "v1" }));
  return { inventory: { entries }, lastAttemptedRevision: revision };
}

function ready(revision: string, ...names: readonly string[]): Record<string, unknown> {
  return { ...recorded(revision, ...names), lastAppliedRevision: revision, ...words("True") };
}

function failed(revision: string): Record<string, unknown> {
  return { lastAttemptedRevision: revision, ...words("False") };
}
