import assert from "node:assert/strict";
import { fail } from "../../lib/base/mod.ts";
import {
  automation,
  fakeContext,
  FakeRemote,
  type Fields,
  manifest,
  policy,
  run,
} from "./fakes_test.ts";
import { reconcileImageUpdateAutomation } from "./image_update_automation.ts";

const BOT = { name: "Bot", email: "bot@example.com" };
const REVIEW = "refs/heads/main:refs/heads/review";
const MADE = "2".padStart(40, "0");

/** The tags that a policy chooses, run by run. */
const chose = (tag: string) => ({ listPolicies: () => Promise.resolve([policy("app", tag)]) });

const ways: readonly { readonly name: string; readonly git: Fields; readonly branch: string }[] = [
  { name: "to the branch", git: {}, branch: "main" },
  { name: "to another branch", git: { push: { branch: "updates" } }, branch: "updates" },
  {
    name: "that is signed",
    git: { commit: { author: BOT, signingKey: { secretRef: { name: "key" } } } },
    branch: "main",
  },
  { name: "and to a refspec", git: { push: { refspec: REVIEW } }, branch: "main" },
];

for (const { name, git, branch } of ways) {
  Deno.test(`a push ${name} of which nobody was told is told by the next run`, async () => {
    const remote = new FakeRemote({ "app.yaml": manifest("1") });
    const told = await run(automation(git), remote);
    const pushes = remote.pushes.length;

    const again = await run(automation(git), remote);

    assert.deepEqual(again.events, told.events);
    assert.deepEqual(again.status, told.status);
    assert.equal(remote.tip(branch).id, MADE);
    assert.equal(remote.pushes.length, pushes);
  });
}

Deno.test("what was told is not told again, nor looked at", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("1") });
  const git = { push: { branch: "updates" } };
  const { status } = await run(automation(git), remote);

  const again = await run(automation(git, {}, { status }), remote);

  assert.deepEqual(again.events?.map(({ message }) => message), ["repository up-to-date"]);
});

const others: readonly { readonly name: string; readonly made: Fields }[] = [
  { name: "another author's", made: { commit: { author: { ...BOT, email: "ann@example.com" } } } },
  { name: "one with another message", made: { commit: { author: BOT, messageTemplate: "other" } } },
];

for (const { name, made } of others) {
  Deno.test(`a commit that says the same is not ours when it is ${name}`, async () => {
    const remote = new FakeRemote({ "app.yaml": manifest("1") });
    const renderMessage = (template: string) => ({ ok: true, value: `m ${template}` }) as const;
    await run(automation(made), remote, { renderMessage });

    const outcome = await run(automation({ push: { refspec: REVIEW } }), remote, { renderMessage });

    assert.deepEqual(outcome.events?.map(({ message }) => message), ["repository up-to-date"]);
    assert.equal(outcome.status?.lastPushCommit, undefined);
    assert.deepEqual(remote.pushes, ["refs/heads/main"]);
  });
}

Deno.test("a commit that changes more than ours would is not ours", async () => {
  const remote = new FakeRemote({ "a/app.yaml": manifest("1"), "b/app.yaml": manifest("1") });
  const renderMessage = () => ({ ok: true, value: "update" }) as const;
  await run(automation(), remote, { renderMessage });

  const outcome = await run(automation({}, { update: { path: "./a" } }), remote, { renderMessage });

  assert.equal(outcome.status?.lastPushCommit, undefined);
});

Deno.test("a refspec that was refused is tried again until it is taken", async (t) => {
  const remote = new FakeRemote({ "app.yaml": manifest("1") });
  const object = automation({ push: { refspec: REVIEW } });
  let isRefused = true;
  remote.refuse = ({ ref }) =>
    isRefused && ref === "refs/heads/review" ? fail("PushRejected", "hook declined") : undefined;

  await t.step("and says so as long as it is", async () => {
    for (let count = 0; count < 2; count++) {
      const { kind, reason, message } = await run(object, remote);

      const why = "failed to update source: failed to push to remote: hook declined";
      assert.deepEqual([kind, reason, message], ["retry", "GitOperationFailed", why]);
    }
    assert.deepEqual(remote.pushes, ["refs/heads/main"]);
  });

  await t.step("but is done where somebody has gone on from the commit", async () => {
    isRefused = false;
    await run(object, remote);
    const theirs = remote.commit("review", { "theirs.yaml": "a: 1\n" });

    assert.equal((await run(object, remote)).kind, "ready");
    assert.deepEqual(remote.tip("review"), theirs);
    remote.refs.set("refs/heads/review", remote.tip("main"));
  });

  await t.step("a ref that was left behind is moved over all it lacks", async () => {
    isRefused = true;
    await run(object, remote, chose("3"));
    await run(object, remote, chose("4"));
    isRefused = false;

    const outcome = await run(object, remote, chose("5"));

    assert.equal(outcome.kind, "ready");
    assert.deepEqual(remote.tip("review"), remote.tip("main"));
    assert.equal(remote.tip("review").files["app.yaml"], manifest("5"));
  });
});

/** An automation whose process dies after its push; its status has what was written ahead. */
async function dieAfterPush(remote: FakeRemote, status: object): Promise<object> {
  const ahead: object[] = [];
  const ctx = fakeContext(remote);
  await reconcileImageUpdateAutomation(automation({}, {}, { status }), {
    ...ctx,
    checkpoint: (written) => Promise.resolve(void ahead.push(written)),
  });
  return Object.assign({}, status, ...ahead);
}

const since: readonly {
  readonly name: string;
  /** What is done to the remote between the death and the next life. */
  readonly done: (remote: FakeRemote) => unknown;
}[] = [
  { name: "takes it back at once", done: (remote) => takeBack(remote) },
  {
    name: "commits, and takes it back",
    done(remote) {
      remote.commit("main", { "other.yaml": "a: 1\n" });
      takeBack(remote);
    },
  },
  {
    name: "commits by our address, and takes it back",
    async done(remote) {
      const chosen = { listPolicies: () => Promise.resolve([policy("other", "7")]) };
      await run(automation({}, { update: { path: "./b" } }), remote, chosen);
      takeBack(remote);
    },
  },
];

function takeBack(remote: FakeRemote): void {
  remote.commit("main", { "app.yaml": manifest("1") });
}

for (const { name, done } of since) {
  for (const isFirst of [true, false]) {
    const which = isFirst ? "the first push" : "a push";
    Deno.test(`who ${name} after ${which} that nobody was told of is not undone`, async () => {
      const other = `image: x:1 # {"$imagepolicy": "apps:other"}\n`;
      const remote = new FakeRemote({ "app.yaml": manifest("0"), "b/app.yaml": other });
      const before = isFirst ? {} : (await run(automation(), remote, chose("1"))).status ?? {};
      const status = await dieAfterPush(remote, before);
      await done(remote);

      const outcome = await run(automation({}, {}, { status }), remote);

      assert.equal(outcome.kind, "ready");
      assert.equal(remote.tip("main").files["app.yaml"], manifest("1"));
      assert.equal(remote.holds.length, 1);
    });
  }
}

Deno.test("a status that could not be written is noticed by the same process", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("1") });
  const memory = { told: new Map<string, string | undefined>() };
  const first = await run(automation(), remote, { ...memory, ...chose("1") });
  const before = { status: { ...first.status, lastPushCommit: "0" } };
  await run(automation({}, {}, before), remote, memory);
  takeBack(remote);

  await run(automation({}, {}, before), remote, memory);

  assert.equal(remote.tip("main").files["app.yaml"], manifest("1"));
  assert.equal(remote.holds.length, 1);
});
