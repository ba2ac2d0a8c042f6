/**
 * Pushes of an automation where others stand in the way: at the same moment, refusing, or cutting the line.
 * What counts is what the repository has in the end.
 *
 * @module
 */
import assert from "node:assert/strict";
import { GitRepository, ImagePolicy, ImageUpdateAutomation } from "../../crds/mod.ts";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import { makeCertificates } from "../support/certificates.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { FaultProxy, loseAnswer } from "../support/fault_proxy.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { startGitServer } from "../support/git_server.ts";
import { lacks } from "../support/requirements.ts";
import { makeSshKey } from "../support/ssh_keys.ts";
import { startSshServer } from "../support/ssh_server.ts";
import { gitRepository, useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["image-automation"] });
const PUSH = { method: "POST", path: /git-receive-pack$/ };
const BOT = "bot@example.com";

/** Where a test writes: a namespace with a policy, and a repository. */
interface Place {
  readonly ns: string;
  readonly repository: TestRepository;
}

function bot(namespace: string): ObjectRef {
  const { apiVersion, kind } = ImageUpdateAutomation;
  return { apiVersion, kind, namespace, name: "app" };
}

/** The file with one value, and one that nobody may touch. */
function filesFor(ns: string): Record<string, string> {
  return { "a.yaml": `tag: 0 # {"$imagepolicy": "${ns}:app:tag"}\n`, "theirs.txt": "0" };
}

/** A repository with a policy that has chosen nothing; `secret` is how to log in. */
async function prepare(
  { ns, repository }: Place,
  url: string,
  secret: Readonly<Record<string, string>> = {},
): Promise<void> {
  await repository.commit({ files: filesFor(ns) });
  const hasSecret = Object.keys(secret).length > 0;
  if (hasSecret) await toolkit.applySecret(ns, "login", secret);
  const { apiVersion, kind } = ImagePolicy;
  const spec = { imageRepositoryRef: { name: "app" }, policy: { alphabetical: {} } };
  await toolkit.apply(
    gitRepository(ns, "app", { url, ...(hasSecret && { secretRef: { name: "login" } }) }),
    { apiVersion, kind, metadata: { namespace: ns, name: "app" }, spec },
  );
}

function automation(namespace: string, push: Readonly<Record<string, string>>): KubeObject {
  const { apiVersion, kind } = ImageUpdateAutomation;
  return {
    apiVersion,
    kind,
    metadata: { namespace, name: "app" },
    spec: {
      interval: "10m",
      sourceRef: { kind: GitRepository.kind, name: "app" },
      git: { commit: { author: { name: "Bot", email: BOT } }, push },
    },
  };
}

/** The policy chooses a tag. */
async function choose({ ns }: Place, tag: string): Promise<void> {
  const status = { latestRef: { name: "example.test/app", tag } };
  const how = { fieldManager: "test", type: "merge", subresource: "status" } as const;
  const { apiVersion, kind } = ImagePolicy;
  const policy = { apiVersion, kind, namespace: ns, name: "app" };
  const patched = await toolkit.cluster.patch(policy, { status }, how);
  assert.ok(patched.ok, patched.ok ? "" : patched.message);
}

/** Waits until the automation has written a tag; gives the commit. */
async function untilWritten({ ns }: Place, tag: string): Promise<string> {
  const written = await toolkit.until(
    bot(ns),
    `at tag ${tag}`,
    (object) =>
      object !== undefined && readinessOf(object)?.status === "True" &&
      fieldOf(object, "status", "observedPolicies", "app", "tag") === tag,
  );
  return String(fieldOf(written, "status", "lastPushCommit"));
}

/** Somebody commits on top of what a branch has. */
async function commitOnTop({ repository }: Place, branch = "main"): Promise<string> {
  await repository.git("fetch", "--quiet", "origin");
  await repository.git("switch", "--quiet", "--force-create", branch, `origin/${branch}`);
  return await repository.commit({ files: { "theirs.txt": crypto.randomUUID() }, branch });
}

/** That a branch has one commit of ours for each tag, and the last one's value. */
async function checkCommits(
  place: Place,
  branch: string,
  count: number,
  tag: string,
): Promise<void> {
  const counted = await place.repository.bare("rev-list", "--count", `--committer=${BOT}`, branch);
  assert.equal(counted, String(count));
  const value = `tag: ${tag} # {"$imagepolicy": "${place.ns}:app:tag"}`;
  assert.equal(await place.repository.bare("show", `${branch}:a.yaml`), value);
  await place.repository.bare("fsck", "--strict", "--no-dangling");
}

Deno.test({
  name: "over HTTPS, whoever stands in the way of a push, nothing is lost or doubled",
  ignore: lacks("git", "install git") || lacks("openssl", "install openssl"),
  async fn(t) {
    await using namespace = await cluster.openNamespace();
    const ns = namespace.name;
    const certificates = await makeCertificates();
    const auth = { username: "bot", password: "sesame" };
    await using git = await startGitServer({ auth });
    await using proxy = await FaultProxy.start({ target: () => git.url, certificates });
    const place = { ns, repository: await git.createRepository(ns) };
    const url = `https://127.0.0.1:${proxy.port}/${ns}.git`;
    await prepare(place, url, { ...auth, "ca.crt": certificates.ca });
    const first = await place.repository.bare("rev-parse", "main");
    await toolkit.apply(automation(ns, { refspec: "main:refs/heads/review" }));

    await t.step("somebody else comes first", async () => {
      let theirs = "";
      proxy.disturb(PUSH, async (call) => {
        theirs = await commitOnTop(place);
        await call.send(await call.ask());
      }, 1);
      await choose(place, "v1");
      const commit = await untilWritten(place, "v1");

      assert.equal(await place.repository.bare("rev-parse", "main"), commit);
      assert.equal(await place.repository.bare("rev-parse", "main~1"), theirs);
      assert.equal(await place.repository.bare("rev-parse", "review"), commit);
    });

    await t.step("somebody else writes the history anew", async () => {
      let theirs = "";
      proxy.disturb(PUSH, async (call) => {
        await place.repository.git("reset", "--quiet", "--hard", first);
        theirs = await place.repository.commit({ files: { "theirs.txt": "anew" } });
        await call.send(await call.ask());
      }, 1);
      await choose(place, "v2");
      const refused = await toolkit.untilReady(bot(ns), { status: "False" });

      // `review` still has the old history: without a `+` it stays.
      assert.match(
        readinessOf(refused)?.message ?? "",
        /non-fast-forward update: refs\/heads\/review/,
      );
      assert.equal(await place.repository.bare("rev-parse", "main~1"), theirs);
      await place.repository.bare("update-ref", "-d", "refs/heads/review");
      await toolkit.nudge(bot(ns));
      const commit = await untilWritten(place, "v2");
      assert.equal(await place.repository.bare("rev-parse", "main"), commit);
      assert.equal(await place.repository.bare("rev-parse", "review"), commit);
    });

    await t.step("the line is cut after the push", async () => {
      proxy.disturb(PUSH, loseAnswer, 1);
      await choose(place, "v3");
      const commit = await untilWritten(place, "v3");

      assert.equal(await place.repository.bare("rev-parse", "main"), commit);
    });

    await t.step("the server refuses", async () => {
      await place.repository.writeHook("pre-receive", "echo main is protected >&2", "exit 1");
      const main = await place.repository.bare("rev-parse", "main");
      await choose(place, "v4");
      const reason = "GitOperationFailed";
      const message = "failed to update source: failed to push to remote: " +
        "command error on refs/heads/main: pre-receive hook declined (main is protected)";
      await toolkit.untilReady(bot(ns), { status: "False", reason, message });

      assert.equal(await place.repository.bare("rev-parse", "main"), main);
      await place.repository.removeHook("pre-receive");
      await toolkit.nudge(bot(ns));
      await untilWritten(place, "v4");
    });

    await t.step("the server refuses the second ref", async () => {
      await place.repository.writeHook("update", '[ "$1" != refs/heads/review ]');
      const review = await place.repository.bare("rev-parse", "review");
      await choose(place, "v5");
      const message = "command error on refs/heads/review: hook declined";
      await toolkit.untilReady(bot(ns), { status: "False", message });

      assert.equal(await place.repository.bare("rev-parse", "review"), review);
      await place.repository.removeHook("update");
      await toolkit.nudge(bot(ns));
      const commit = await untilWritten(place, "v5");
      assert.equal(await place.repository.bare("rev-parse", "main"), commit);
      assert.equal(await place.repository.bare("rev-parse", "review"), commit);
    });

    // The first one went with the history in which it was.
    await checkCommits(place, "main", 4, "v5");
  },
});

Deno.test({
  name: "over SSH, a branch that is new, has gone its own way, is raced for, and is cut off",
  ignore: lacks("git", "install git") || lacks("sshd", "install openssh-server"),
  async fn(t) {
    await using namespace = await cluster.openNamespace();
    await using server = await startSshServer();
    const key = await makeSshKey();
    await server.allow(key);
    const place = { ns: namespace.name, repository: await server.createRepository("app") };
    const login = { identity: key.identity, "known_hosts": server.knownHosts };
    await prepare(place, place.repository.url, login);
    await toolkit.apply(automation(place.ns, { branch: "updates" }));
    const main = await place.repository.bare("rev-parse", "main");

    await t.step("it is made at the commit that was checked out", async () => {
      await choose(place, "v1");
      const commit = await untilWritten(place, "v1");

      assert.equal(await place.repository.bare("rev-parse", "updates"), commit);
      assert.equal(await place.repository.bare("rev-parse", "updates~1"), main);
    });

    await t.step("it goes on from its own tip where both have gone on", async () => {
      const theirs = await commitOnTop(place, "updates");
      await commitOnTop(place);
      await choose(place, "v2");
      await untilWritten(place, "v2");

      assert.equal(await place.repository.bare("rev-parse", "updates~1"), theirs);
    });

    await t.step("who comes first stays", async () => {
      const theirs = await commitOnTop(place, "updates");
      await place.repository.bare("update-ref", "refs/heads/theirs", theirs);
      await place.repository.bare("update-ref", "refs/heads/updates", `${theirs}~1`);
      const move = "env -u GIT_QUARANTINE_PATH git update-ref refs/heads/updates refs/heads/theirs";
      await place.repository.writeHook("pre-receive", 'rm "$0"', move);
      await choose(place, "v3");
      await untilWritten(place, "v3");

      assert.equal(await place.repository.bare("rev-parse", "updates~1"), theirs);
    });

    await t.step("a connection that is lost after the push doubles nothing", async () => {
      const kill = '[ "$1" = committed ] && rm "$0" && kill -9 $PPID';
      await place.repository.writeHook("reference-transaction", kill, "exit 0");
      await choose(place, "v4");
      const commit = await untilWritten(place, "v4");

      assert.equal(await place.repository.bare("rev-parse", "updates"), commit);
      await assert.rejects(
        place.repository.removeHook("reference-transaction"),
        Deno.errors.NotFound,
      );
    });

    await checkCommits(place, "updates", 4, "v4");
  },
});
