import assert from "node:assert/strict";
import type { ImageUpdateAutomation } from "../../crds/mod.ts";
import { fail, ok } from "../../lib/base/mod.ts";
import type { AutomationOutcome, AutomationParts } from "./context.ts";
import {
  automation,
  FakeRemote,
  type Fields,
  manifest,
  policy,
  repository,
  run,
} from "./fakes_test.ts";
import { openScanMemory } from "./scan_memory.ts";

const NOW = "2026-01-01T00:00:00Z";
const FIRST = "1".padStart(40, "0");
const MADE = "2".padStart(40, "0");

Deno.test("what policies chose is written, committed and pushed", async () => {
  const remote = new FakeRemote({ "deploy/app.yaml": manifest("1"), "other.yaml": "a: 1\n" });

  const outcome = await run(automation(), remote);

  assert.deepEqual(outcome, {
    kind: "ready",
    reason: "Succeeded",
    message: "repository up-to-date",
    status: {
      lastAutomationRunTime: NOW,
      lastPushCommit: MADE,
      lastPushTime: "2026-01-01T00:00:00Z",
      observedPolicies: { app: { name: "ghcr.io/org/app", tag: "2" } },
      observedSourceRevision: `main@sha1:${MADE}`,
    },
    events: [{
      type: "Normal",
      reason: "Succeeded",
      message: `pushed commit '0000000' to branch 'main'\nchanged deploy/app.yaml`,
    }],
  });
  assert.deepEqual(remote.tip("main").files, {
    "deploy/app.yaml": manifest("2"),
    "other.yaml": "a: 1\n",
  });
  assert.deepEqual(remote.pushes, ["refs/heads/main"]);
});

Deno.test("what is right already is left alone, and read no second time", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("2") });
  const scans = openScanMemory();

  const outcome = await run(automation(), remote, { scans });

  assert.equal(outcome.kind, "ready");
  assert.equal(outcome.status?.observedSourceRevision, `main@sha1:${FIRST}`);
  assert.equal(outcome.status?.lastPushCommit, undefined);
  assert.deepEqual(outcome.events?.map(({ type, message }) => [type, message]), [
    ["Normal", "repository up-to-date"],
  ]);
  const status = {
    ...outcome.status,
    conditions: [{
      type: "Ready",
      status: "True",
      reason: "Succeeded",
      message: "repository up-to-date",
      lastTransitionTime: NOW,
    }],
  };
  const git = Object.assign(new FakeRemote({}), {
    listRef: () => remote.listRef("", { branch: "main" }),
    fetchTree: () => assert.fail("nothing has changed"),
  });
  const again = await run(automation({}, {}, { status }), remote, { git, scans });
  assert.deepEqual(again.events?.map(({ type, message }) => [type, message]), [
    ["Trace", "no change since last reconciliation"],
  ]);
  const echo = await run(automation({}, {}, { status }), remote, {
    ...{ git, scans },
    triggers: ["policy app", "policy other"],
  });
  assert.deepEqual([echo.kind, echo.events], ["ready", []]);
  const asked = await run(automation({}, {}, { status }), remote, {
    ...{ git, scans },
    triggers: ["policy app", "request"],
  });
  assert.equal(asked.events?.length, 1);
});

Deno.test("only what lies below spec.update.path changes", async () => {
  const files = { "a/app.yaml": manifest("1"), "ab/app.yaml": manifest("1") };
  const remote = new FakeRemote(files);

  const outcome = await run(automation({}, { update: { path: "./a/" } }), remote);

  assert.match(outcome.events?.[0]?.message ?? "", /\nchanged app\.yaml$/);
  assert.deepEqual(remote.tip("main").files, { ...files, "a/app.yaml": manifest("2") });
});

Deno.test("only policies that are selected and have chosen count", async () => {
  const remote = new FakeRemote({
    "app.yaml": manifest("1") + 'other: x:1 # {"$imagepolicy": "apps:other"}\n',
  });
  const policySelector = { matchExpressions: [{ key: "env", operator: "In", values: ["prod"] }] };
  const policies = [
    policy("app", "2", { env: "prod" }),
    policy("other", "9", { env: "dev" }),
    policy("empty", undefined, { env: "prod" }),
  ];

  const outcome = await run(automation({}, { policySelector }), remote, {
    listPolicies: () => Promise.resolve(policies),
  });

  assert.deepEqual(Object.keys(outcome.status?.observedPolicies ?? {}), ["app"]);
  assert.match(remote.tip("main").files["app.yaml"] ?? "", /app:2 .*\nother: x:1 /);
});

Deno.test("another branch is made from the one that is checked out, and goes on from its own tip", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("1"), "other.yaml": "a: 1\n" });
  const object = automation({ push: { branch: "updates", options: { topic: "auto" } } });

  const first = await run(object, remote);
  remote.commit("main", { "other.yaml": "a: 2\n" });
  const second = await run(object, remote, {
    listPolicies: () => Promise.resolve([policy("app", "3")]),
  });

  assert.deepEqual(remote.pushes, [
    "refs/heads/updates topic auto",
    "refs/heads/updates topic auto",
  ]);
  assert.equal(first.status?.observedSourceRevision, `main@sha1:${FIRST}`);
  assert.match(second.events?.[0]?.message ?? "", /to branch 'updates'/);
  assert.equal(remote.tip("main").files["app.yaml"], manifest("1"));
  assert.deepEqual(remote.tip("updates").files, {
    "app.yaml": manifest("3"),
    "other.yaml": "a: 1\n",
  });
});

Deno.test("a refspec is pushed besides, unless it would overwrite", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("1") });
  const object = automation({ push: { refspec: "refs/heads/main:refs/heads/review" } });

  const pushed = await run(object, remote);
  remote.commit("review", { "theirs.yaml": "a: 1\n" });
  const refused = await run(object, remote, {
    listPolicies: () => Promise.resolve([policy("app", "3")]),
  });

  assert.match(
    pushed.events?.[0]?.message ?? "",
    /to branch 'main' and refspecs 'refs\/heads\/main:refs\/heads\/review'\n/,
  );
  assert.equal(refused.kind, "retry");
  assert.match(refused.message, /non-fast-forward update: refs\/heads\/review$/);
  assert.equal(remote.tip("review").files["theirs.yaml"], "a: 1\n");
});

Deno.test("who pushes in between loses nothing, and we come second", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("1") });
  let count = 0;
  remote.intrude = () => {
    if (count++ < 3) remote.commit("main", { [`theirs-${count}.yaml`]: "a: 1\n" });
  };

  const outcome = await run(automation(), remote);

  assert.equal(outcome.kind, "ready");
  assert.equal(count, 4);
  assert.equal(remote.pushes.length, 1);
  assert.equal(remote.tip("main").files["app.yaml"], manifest("2"));
  assert.equal(remote.tip("main").files["theirs-3.yaml"], "a: 1\n");
});

Deno.test("who always comes second gives up for now", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("1") });
  let count = 0;
  remote.intrude = () => void remote.commit("main", { "theirs.yaml": `a: ${count++}\n` });

  const outcome = await run(automation(), remote);

  assert.equal(count, 5);
  assert.deepEqual([outcome.kind, outcome.reason], ["retry", "GitOperationFailed"]);
  const why = "failed to update source: failed to push to remote";
  assert.equal(outcome.message, `${why}: non-fast-forward update: refs/heads/main`);
});

Deno.test("a server that refuses is asked twice, not five times", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("1") });
  let count = 0;
  remote.refuse = () => {
    count++;
    return fail("PushRejected", "command error on refs/heads/main: hook declined");
  };

  const outcome = await run(automation(), remote);

  assert.equal(count, 2);
  assert.equal(outcome.kind, "retry");
  assert.match(outcome.message, /hook declined$/);
});

Deno.test("a commit is signed by the key of the Secret", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("1") });
  const author = { email: "bot@example.com" };
  const signed = (name: string, type?: string) =>
    automation({ commit: { author, signingKey: { secretRef: { name }, ...(type && { type }) } } });

  const outcome = await run(signed("key"), remote);
  const missing = await run(signed("gone"), remote);
  const empty = await run(signed("key", "ssh"), remote);

  assert.equal(outcome.kind, "ready");
  assert.ok(remote.tip("main").isSigned);
  assert.equal(
    missing.message,
    "failed configuring source manager: could not find signing key secret 'gone': " +
      'secrets "gone" not found',
  );
  assert.match(empty.message, /secret 'key' does not contain a 'identity' key$/);
});

function annotated(annotations: Readonly<Record<string, string>>): ImageUpdateAutomation {
  return automation({}, {}, { metadata: { name: "bot", namespace: "apps", annotations } });
}

const troubles: readonly {
  readonly name: string;
  readonly object: ImageUpdateAutomation;
  readonly parts?: Partial<AutomationParts>;
  readonly want: readonly [AutomationOutcome["kind"], string, string];
}[] = [
  {
    name: "a source that is not there",
    object: automation({}, { sourceRef: { kind: "GitRepository", name: "absent" } }),
    want: [
      "retry",
      "SourceManagerFailed",
      'failed configuring source manager: referenced git repository does not exist: "absent" not found',
    ],
  },
  {
    name: "a source of another namespace where that is not allowed",
    object: automation({}, { sourceRef: { kind: "GitRepository", name: "app", namespace: "b" } }),
    parts: { noCrossNamespaceRefs: true },
    want: [
      "stalled",
      "AccessDenied",
      "can't access 'GitRepository/b/app', cross-namespace references have been blocked",
    ],
  },
  {
    name: "no branch to push to",
    object: automation({ checkout: { ref: { tag: "x" } } }),
    want: [
      "retry",
      "SourceManagerFailed",
      "failed configuring source manager: push spec not provided, and cannot be inferred from " +
      ".spec.git.checkout.ref or GitRepository .spec.ref",
    ],
  },
  {
    name: "a branch that is not there",
    object: automation({ checkout: { ref: { branch: "gone" } } }),
    want: [
      "retry",
      "GitOperationFailed",
      "failed to checkout source: unable to clone 'https://host/app.git': " +
      `couldn't find remote ref "refs/heads/gone"`,
    ],
  },
  {
    name: "no spec.git",
    object: automation({}, { git: undefined }),
    want: [
      "stalled",
      "InvalidSourceConfiguration",
      "source kind 'GitRepository' necessitates field .spec.git: invalid source configuration",
    ],
  },
  {
    name: "a selector that nobody understands",
    object: automation({}, {
      policySelector: { matchExpressions: [{ key: "a", operator: "Is" }] },
    }),
    want: [
      "stalled",
      "InvalidPolicySelector",
      'failed to parse policy selector: "Is" is not a valid label selector operator',
    ],
  },
  {
    name: "a template with a field that is no more",
    object: automation(),
    parts: { renderMessage: () => fail("RemovedTemplateField", "use .Changed") },
    want: ["stalled", "RemovedTemplateField", "use .Changed"],
  },
  {
    name: "a template that cannot be read",
    object: automation(),
    parts: { renderMessage: () => fail("InvalidTemplate", "unexpected }") },
    want: ["retry", "GitOperationFailed", "failed to update source: unexpected }"],
  },
  {
    name: "a policy that chose what is no image",
    object: automation(),
    parts: { listPolicies: () => Promise.resolve([policy("app", "2 # x")]) },
    want: [
      "retry",
      "UpdateFailed",
      'failed to apply policy: encountered invalid image ref "ghcr.io/org/app:2 # x": ' +
      "could not parse reference: ghcr.io/org/app:2 # x",
    ],
  },
  {
    name: "a refspec of something else",
    object: automation({ push: { refspec: "refs/heads/dev:refs/heads/x" } }),
    want: [
      "retry",
      "SourceManagerFailed",
      'failed configuring source manager: spec.git.push.refspec "refs/heads/dev:refs/heads/x" ' +
      'cannot be pushed: it must be like "refs/heads/main:refs/heads/NAME"',
    ],
  },
  {
    name: "a lock",
    object: annotated({ "sluice.dev/lock": "ann: release freeze" }),
    want: ["stalled", "Locked", "locked by sluice.dev/lock: ann: release freeze"],
  },
  {
    name: "an annotation of ours that nobody knows",
    object: annotated({ "sluice.dev/prune": "confirm", "sluice.dev/hold": "2 abc" }),
    want: [
      "stalled",
      "Unsupported",
      'metadata.annotations["sluice.dev/hold"] is not supported yet: remove it, see "Not yet" in the README',
    ],
  },
];

for (const { name, object, parts, want } of troubles) {
  Deno.test(`${name} is named, and nothing is pushed`, async () => {
    const remote = new FakeRemote({ "app.yaml": manifest("1") });

    const { kind, reason, message, events, status } = await run(object, remote, parts);

    assert.deepEqual([kind, reason, message], want);
    assert.deepEqual(events, [{ type: "Warning", reason, message }]);
    assert.deepEqual(status, { lastAutomationRunTime: NOW });
    assert.deepEqual(remote.pushes, []);
  });
}

Deno.test("the repository's own reference is the one to start from", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("0") });
  remote.commit("trunk", { "app.yaml": manifest("1") });
  const spec: Fields = { ref: { branch: "trunk" } };

  const outcome = await run(automation(), remote, {
    readRepository: () => Promise.resolve(ok(repository(spec))),
  });

  assert.match(outcome.events?.[0]?.message ?? "", /to branch 'trunk'/);
  assert.equal(remote.tip("trunk").files["app.yaml"], manifest("2"));
  assert.equal(remote.tip("main").files["app.yaml"], manifest("0"));
});

/** The automation as its last outcome left it. */
function after(outcome: AutomationOutcome): ImageUpdateAutomation {
  return automation({}, {}, { status: outcome.status });
}

Deno.test("what a person took back is held, and the next choice is written", async (t) => {
  const remote = new FakeRemote({ "app.yaml": manifest("1") });
  const pushed = await run(automation(), remote);
  let held: readonly string[] = [];

  await t.step("a revert is not undone", async () => {
    const revert = remote.commit("main", { "app.yaml": manifest("1") });
    const outcome = await run(after(pushed), remote);

    assert.equal(outcome.kind, "ready");
    assert.equal(remote.pushes.length, 1);
    held = remote.holds;
    assert.deepEqual(held, [`app: 2 ${revert.id}`]);
  });

  const annotated = (tag: string) => {
    const [, hold = ""] = held[0]?.split(": ") ?? [];
    const object = policy("app", tag);
    object.metadata.annotations = { "sluice.dev/hold": hold };
    return { listPolicies: () => Promise.resolve([object]) };
  };
  await t.step("nor is it later, while the annotation is there", async () => {
    remote.commit("main", { "other.yaml": "a: 1\n" });
    await run(automation(), remote, annotated("2"));

    assert.equal(remote.pushes.length, 1);
    assert.equal(remote.holds.length, 1);
  });

  await t.step("another choice is written", async () => {
    await run(after(pushed), remote, annotated("3"));

    assert.equal(remote.tip("main").files["app.yaml"], manifest("3"));
  });
});

Deno.test("a place that came after our last push is no revert", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("1"), "late.yaml": "image: x:1\n" });
  const pushed = await run(automation(), remote);
  remote.commit("main", { "new.yaml": manifest("1"), "late.yaml": manifest("1") });

  await run(after(pushed), remote);

  assert.deepEqual(remote.holds, []);
  assert.equal(remote.tip("main").files["new.yaml"], manifest("2"));
  assert.equal(remote.tip("main").files["late.yaml"], manifest("2"));
});

Deno.test("of several policies only the one that was taken back is held", async () => {
  const two = (app: string, other: string) =>
    manifest(app) + `other: ghcr.io/org/app:${other} # {"$imagepolicy": "apps:other"}\n`;
  const remote = new FakeRemote({ "app.yaml": two("1", "1") });
  const chosen = (other: string) => ({
    listPolicies: () => Promise.resolve([policy("app", "2"), policy("other", other)]),
  });
  const pushed = await run(automation(), remote, chosen("5"));
  remote.commit("main", { "app.yaml": two("1", "5") });

  await run(after(pushed), remote, chosen("6"));

  assert.deepEqual(remote.holds.map((hold) => hold.split(" ")[0]), ["app:"]);
  assert.equal(remote.tip("main").files["app.yaml"], two("1", "6"));
});
