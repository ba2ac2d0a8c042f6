/**
 * Commits that are made here and pushed: the real git at the other end must take them, over both ways.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget } from "../../lib/base/mod.ts";
import { readSshSigner } from "../../lib/crypt/mod.ts";
import { type CommitDraft, type Credentials, openGit, type Push } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { openSsh } from "../../lib/ssh/mod.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { startGitServer } from "../support/git_server.ts";
import { openSshSigner } from "../support/signers.ts";
import { lacks } from "../support/requirements.ts";
import { makeSshKey } from "../support/ssh_keys.ts";
import { startSshServer } from "../support/ssh_server.ts";

const ignore = lacks("git", "install git") || lacks("sshd", "install openssh-server");
const MAIN = "refs/heads/main";
const AUTHOR = { name: "Bot", email: "bot@example.com", timeSeconds: 1_700_000_500, zone: "+0000" };

/** A repository, and a client whose requests a test may disturb. */
interface Scene extends AsyncDisposable {
  readonly repo: TestRepository;
  /** Around each request that carries a push. */
  around: (send: () => Promise<Response>) => Promise<Response>;
  /** Makes a commit on top of what `main` leads to and pushes it. */
  push(draft?: Partial<CommitDraft>, push?: Partial<Push>): Promise<Pushed>;
}

interface Pushed {
  /** `ok`, or the code and message of the failure. */
  readonly said: string;
  /** Id of the commit that was made. */
  readonly id: string;
}

async function openScene(way: "http" | "ssh", objectFormat?: "sha256"): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const http = stack.use(openHttp({
    async transport(request) {
      const isPush = request.method === "POST" && request.url.endsWith("/git-receive-pack");
      return isPush ? await scene.around(() => fetch(request)) : await fetch(request);
    },
  }));
  const ssh = stack.use(openSsh());
  let login: Credentials | undefined;
  let repo: TestRepository;
  if (way === "ssh") {
    const server = stack.use(await startSshServer());
    const key = await makeSshKey();
    await server.allow(key);
    login = { identity: key.identity, knownHosts: server.knownHosts };
    repo = await server.createRepository("app");
  } else {
    const server = stack.use(await startGitServer());
    repo = await server.createRepository("app", objectFormat);
  }
  await repo.bare("config", "receive.advertisePushOptions", "true");
  const git = openGit({ http, ssh });
  const owned = stack.move();
  const scene: Scene = {
    repo,
    around: (send) => send(),
    async push(draft = {}, push = {}) {
      const parent = draft.parent ?? await repo.bare("rev-parse", "main");
      const files = new Map([["deploy/app.yaml", encode("image: app:2\n")]]);
      const commit = { parent, files, author: AUTHOR, message: "Update", ...draft };
      const made = await git.makeCommit(repo.url, commit, login, defaultBudget());
      if (!made.ok) return { said: `${made.code}: ${made.message}`, id: "" };
      const mayReplace = (current: string | undefined) => current === parent;
      const wanted = { ref: MAIN, commit: made.value, mayReplace, ...push };
      const pushed = await git.push(repo.url, wanted, login, defaultBudget());
      return { said: pushed.ok ? "ok" : `${pushed.code}: ${pushed.message}`, id: made.value.id };
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
  await repo.commit({
    files: {
      "deploy/app.yaml": "image: app:1\n",
      "deploy/run.sh": "#!/bin/sh\n",
      "deploy/deeper/other.yaml": "a: 1\n",
      "readme.md": "hello\n",
    },
  });
  await repo.git("update-index", "--chmod=+x", "deploy/run.sh");
  await repo.git("commit", "--quiet", "--message", "executable");
  await repo.git("push", "--quiet", "origin", "main");
  return scene;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

for (const way of ["http", "ssh"] as const) {
  Deno.test(
    { name: `a commit over ${way} changes what it says and nothing else`, ignore },
    async (t) => {
      await using scene = await openScene(way);
      const { repo } = scene;
      const before = await repo.bare("rev-parse", "main");

      await t.step("files in two folders, with a message of several lines", async () => {
        const files = new Map([
          ["deploy/run.sh", encode("#!/bin/sh\necho ünï\n")],
          ["readme.md", encode("")],
        ]);
        const got = await scene.push({ files, message: "Update two\n\nand why\n" });

        assert.equal(got.said, "ok");
        assert.equal(await repo.bare("rev-parse", "main"), got.id);
        const raw = await repo.bare("diff-tree", "-r", before, got.id);
        assert.deepEqual(raw.split("\n").map((line) => line.replace(/( [0-9a-f]{40}){2}/, "")), [
          ":100755 100755 M\tdeploy/run.sh",
          ":100644 100644 M\treadme.md",
        ]);
        assert.equal(await repo.bare("show", "main:deploy/run.sh"), "#!/bin/sh\necho ünï");
        const who = "Bot <bot@example.com> 1700000500 +0000";
        const object = (await repo.bare("cat-file", "-p", got.id)).split("\n").slice(1);
        assert.deepEqual(object, [
          `parent ${before}`,
          `author ${who}`,
          `committer ${who}`,
          "",
          "Update two",
          "",
          "and why",
        ]);
        await repo.bare("fsck", "--strict", "--no-dangling");
      });

      await t.step("a new branch, with push options", async () => {
        await repo.writeHook(
          "pre-receive",
          `printf %s "$GIT_PUSH_OPTION_0 $GIT_PUSH_OPTION_1" >options`,
        );
        const options = new Map([["ci.skip", ""], ["topic", "auto"]]);
        const mayReplace = (current: string | undefined) => current === undefined;
        const got = await scene.push({}, { ref: "refs/heads/auto", mayReplace, options });

        assert.equal(got.said, "ok");
        assert.equal(await repo.bare("rev-parse", "auto"), got.id);
        assert.equal(await Deno.readTextFile(`${repo.bareFolder}/options`), "ci.skip topic=auto");
      });

      await t.step("a hook that declines is quoted", async () => {
        await repo.writeHook("pre-receive", "exit 1");
        const main = await repo.bare("rev-parse", "main");
        const got = await scene.push();

        assert.equal(
          got.said,
          "PushRejected: command error on refs/heads/main: pre-receive hook declined",
        );
        assert.equal(await repo.bare("rev-parse", "main"), main);
        await repo.removeHook("pre-receive");
      });

      await t.step("a ref that is elsewhere is left there", async () => {
        const parent = await repo.bare("rev-parse", "main~1");
        const got = await scene.push({ parent });

        assert.equal(got.said, "RefMoved: non-fast-forward update: refs/heads/main");
      });
    },
  );
}

Deno.test({ name: "git itself verifies a signed commit that was pushed", ignore }, async () => {
  await using scene = await openScene("http");
  await using ssh = await openSshSigner();
  await ssh.makeKey("bot", "-t", "ed25519");
  const signer = await readSshSigner(await Deno.readTextFile(`${ssh.folder}/bot`));
  assert.ok(signer.ok);

  const got = await scene.push({ sign: signer.value });

  assert.equal(got.said, "ok");
  const trusted = `${ssh.folder}/trusted`;
  await Deno.writeTextFile(trusted, `bot@example.com ${await ssh.publicKey("bot")}`);
  await scene.repo.bare("config", "gpg.ssh.allowedSignersFile", trusted);
  await scene.repo.bare("verify-commit", got.id);
  await scene.repo.bare("fsck", "--strict", "--no-dangling");
});

Deno.test({ name: "who pushes at the same moment is not overwritten", ignore }, async () => {
  await using scene = await openScene("http");
  let theirs = "";
  scene.around = async (send) => {
    theirs = await scene.repo.commit({ files: { "readme.md": "theirs\n" } });
    return await send();
  };

  const got = await scene.push();

  assert.match(got.said, /^PushRejected: command error on refs\/heads\/main: /);
  assert.equal(await scene.repo.bare("rev-parse", "main"), theirs);
});

Deno.test({ name: "a lost answer is asked for again", ignore }, async (t) => {
  await using scene = await openScene("http");

  await t.step("the push had arrived", async () => {
    scene.around = async (send) => {
      await (await send()).body?.cancel();
      throw new TypeError("connection reset");
    };
    const got = await scene.push();

    assert.equal(got.said, "ok");
    assert.equal(await scene.repo.bare("rev-parse", "main"), got.id);
  });

  await t.step("the push had not", async () => {
    const main = await scene.repo.bare("rev-parse", "main");
    scene.around = () => Promise.reject(new TypeError("connection reset"));
    const files = new Map([["readme.md", encode("lost\n")]]);
    const got = await scene.push({ files });

    assert.match(got.said, /^Unreachable: .*the connection was closed/);
    assert.equal(await scene.repo.bare("rev-parse", "main"), main);
  });
});

Deno.test(
  { name: "what cannot be written is refused before anything is sent", ignore },
  async (t) => {
    await using scene = await openScene("http");
    let sent = 0;
    scene.around = (send) => (sent++, send());
    const files = (path: string) => ({ files: new Map([[path, encode("x")]]) });
    const noFile = (path: string) =>
      `InvalidData: The commit has no file "${path}" whose content could be replaced`;
    const cases: [string, Partial<CommitDraft>, string][] = [
      ["a file that is not there", files("deploy/new.yaml"), noFile("deploy/new.yaml")],
      ["a folder", files("deploy"), noFile("deploy")],
      ["a file as folder", files("readme.md/x"), noFile("readme.md")],
      [
        "a zero in the message",
        { message: "a\0b" },
        "InvalidData: the message of a commit must not have a zero byte",
      ],
    ];
    for (const [name, draft, want] of cases) {
      await t.step(name, async () => assert.equal((await scene.push(draft)).said, want));
    }
    assert.equal(sent, 0);

    await using other = await openScene("http", "sha256");
    await t.step("a repository of SHA-256 objects", async () => {
      assert.equal(
        (await other.push()).said,
        "Unsupported: writing to repositories of SHA-256 objects is not supported",
      );
    });
  },
);
