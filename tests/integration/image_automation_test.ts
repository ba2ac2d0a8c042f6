/**
 * A new tag goes from a real registry into a real git repository, by itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { captureText } from "../../tools/process.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { lacks } from "../support/requirements.ts";
import { openPgpSigner } from "../support/signers.ts";
import { makeSshKey } from "../support/ssh_keys.ts";
import { gitRepository, useToolkit } from "../support/toolkit.ts";

const IMAGE = "image.toolkit.fluxcd.io/v1";
const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["image-reflector", "image-automation"] });

let registry: Registry;
let git: GitServer;
Deno.test.beforeAll(async () => {
  const started = await startRegistry();
  if (!started.ok) throw new Error(started.message);
  registry = started.value;
  git = await startGitServer();
});
Deno.test.afterAll(async () => {
  await registry?.stop();
  await git?.[Symbol.asyncDispose]();
});

function ref(kind: string, namespace: string, name: string): ObjectRef {
  return { apiVersion: IMAGE, kind, namespace, name };
}

/** An image that is scanned, and a policy that takes its highest version. */
function scanned(namespace: string, name: string): KubeObject[] {
  const metadata = { namespace, name };
  const image = `${registry.host}/${namespace}-${name}`;
  const spec = { image, interval: "10m", insecure: true };
  const policy = { imageRepositoryRef: { name }, policy: { semver: { range: "*" } } };
  return [
    { apiVersion: IMAGE, kind: "ImageRepository", metadata, spec },
    { apiVersion: IMAGE, kind: "ImagePolicy", metadata, spec: policy },
  ];
}

function automation(
  namespace: string,
  name: string,
  { commit = {}, push, path }: {
    commit?: Record<string, unknown>;
    push?: Record<string, unknown>;
    path?: string;
  } = {},
): KubeObject {
  const author = { name: "Robot", email: "robot@example.com" };
  const checkout = { ref: { branch: "main" } };
  return {
    apiVersion: IMAGE,
    kind: "ImageUpdateAutomation",
    metadata: { namespace, name },
    spec: {
      interval: "10m",
      sourceRef: { kind: "GitRepository", name: "app" },
      git: { checkout, commit: { author, ...commit }, ...(push && { push }) },
      ...(path !== undefined && { update: { path, strategy: "Setters" } }),
    },
  };
}

/** Waits until an automation has pushed another commit than `before`, and gives its id. */
async function untilPushed(ns: string, name: string, before = ""): Promise<string> {
  const pushed = await toolkit.until(
    ref("ImageUpdateAutomation", ns, name),
    "pushed",
    (object) => ![undefined, before].includes(commitOf(object)),
  );
  return commitOf(pushed) ?? "";
}

function commitOf(object: KubeObject | undefined): string | undefined {
  const commit = fieldOf(object, "status", "lastPushCommit");
  return typeof commit === "string" ? commit : undefined;
}

Deno.test("a new tag is chosen, committed and pushed, and nothing else changes", async (t) => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const image = `${registry.host}/${ns}-app`;
  for (const tag of ["1.0.0", "1.1.0"]) await registry.pushImage(`${ns}-app`, tag);
  const repository = await git.createRepository(ns);
  // What other tools reformat: odd spaces, quotes, line ends of Windows, a comment at the end.
  const before = [
    "# head\r\n",
    'image:   \'x:0\'  # {"$imagepolicy": "NS:app"}\r\n',
    'list: [ a,b , "0" ] \r\n',
    'tag: 0 # {"$imagepolicy": "NS:app:tag"}\r\n',
    "\r\n\r\n# tail",
  ].join("").replaceAll("NS", ns);
  await repository.commit({
    files: {
      "apps/web.yaml": before,
      "broken.yaml": `a: [ # {"$imagepolicy": "${ns}:app"}\n`,
      "other.txt": "x",
    },
  });
  await toolkit.apply(
    gitRepository(ns, "app", { url: repository.url, interval: "10m" }),
    ...scanned(ns, "app"),
    automation(ns, "bot", {
      commit: {
        messageTemplate:
          "{{ range .Changed.Changes }}{{ .OldValue }} -> {{ .NewValue }}\n{{ end }}by {{ .AutomationObject }}",
      },
    }),
  );

  let last = "";
  await t.step("what is there at the start is written", async () => {
    last = await untilPushed(ns, "bot");

    assert.equal(await repository.bare("rev-parse", "main"), last);
    const want = before.replace("'x:0'", `'${image}:1.1.0'`).replace("tag: 0", "tag: 1.1.0");
    assert.equal(await repository.bare("show", "main:apps/web.yaml"), want);
    assert.equal(await repository.bare("diff", "--name-only", "main~1", "main"), "apps/web.yaml");
    assert.equal(
      await repository.bare("log", "-1", "--format=%an <%ae> %cn%n%B", "main"),
      [
        "Robot <robot@example.com> Robot",
        `x:0 -> ${image}:1.1.0`,
        "0 -> 1.1.0",
        `by ${ns}/bot`,
      ].join("\n"),
    );
    await repository.bare("fsck", "--strict", "--no-dangling");
  });

  await t.step("a new tag goes all the way by itself", async () => {
    await registry.pushImage(`${ns}-app`, "1.2.0");
    await toolkit.nudge(ref("ImageRepository", ns, "app"));
    const next = await untilPushed(ns, "bot", last);

    assert.equal(await repository.bare("rev-parse", "main~1"), last);
    assert.match(await repository.bare("show", "main:apps/web.yaml"), /:1\.2\.0'/);
    last = next;
  });

  await t.step("what somebody else pushed in the meantime stays", async () => {
    await repository.git("fetch", "--quiet", "origin");
    await repository.git("reset", "--quiet", "--hard", "origin/main");
    const theirs = await repository.commit({ files: { "other.txt": "y" } });
    await registry.pushImage(`${ns}-app`, "1.3.0");
    await toolkit.nudge(ref("ImageRepository", ns, "app"));
    last = await untilPushed(ns, "bot", last);

    assert.equal(await repository.bare("rev-parse", "main~1"), theirs);
    assert.equal(await repository.bare("show", "main:other.txt"), "y");
  });

  await t.step("a controller that was killed goes on and makes no second commit", async () => {
    await registry.pushImage(`${ns}-app`, "1.4.0");
    await toolkit.crash();
    await toolkit.nudge(ref("ImageRepository", ns, "app"));
    last = await untilPushed(ns, "bot", last);
    await toolkit.nudge(ref("ImageUpdateAutomation", ns, "bot"));
    await toolkit.untilReady(ref("ImageUpdateAutomation", ns, "bot"), { status: "True" });

    assert.equal(await repository.bare("rev-parse", "main"), last);
    assert.equal(await repository.bare("rev-list", "--count", "main"), "6");
  });
});

Deno.test("two automations of one repository lose nothing to each other", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const repository = await git.createRepository(ns);
  const names = ["one", "two"];
  const files = Object.fromEntries(
    names.map((name) => [`${name}/a.yaml`, `tag: 0 # {"$imagepolicy": "${ns}:${name}:tag"}\n`]),
  );
  await repository.commit({ files });
  for (const name of names) await registry.pushImage(`${ns}-${name}`, "1.0.0");

  await toolkit.apply(
    gitRepository(ns, "app", { url: repository.url, interval: "10m" }),
    ...names.flatMap((name) => [
      ...scanned(ns, name),
      automation(ns, name, { path: `./${name}` }),
    ]),
  );
  for (const name of names) await untilPushed(ns, name);

  for (const name of names) {
    assert.match(await repository.bare("show", `main:${name}/a.yaml`), /^tag: 1\.0\.0 /);
  }
  assert.equal(await repository.bare("rev-list", "--count", "main"), "3");
});

/** What is in the Secret of a signing key, of which type, and what is wrong with it. */
interface Signing {
  readonly name: string;
  readonly type?: "ssh";
  readonly secret: Readonly<Record<string, string>> | undefined;
  readonly wrong?: string;
}

const noTools = lacks("gpg", "install gnupg") || lacks("ssh-keygen", "install openssh-client");

Deno.test(
  { name: "commits are signed, each on a branch of its own", ignore: noTools },
  async (t) => {
    await using namespace = await cluster.openNamespace();
    await using pgp = await openPgpSigner();
    const ns = namespace.name;
    const passphrase = "open sesame";
    const unlock = `--passphrase=${passphrase}`;
    await pgp.makeKey("robot", "ed25519");
    const locked = "locked <locked@example.com>";
    await pgp.gpg([unlock, "--quick-gen-key", locked, "ed25519", "sign", "never"]);
    const exported = ["--armor", "--export-secret-keys"];
    const open = await pgp.gpg([...exported, "robot@example.com"]);
    const closed = await pgp.gpg([unlock, ...exported, "locked@example.com"]);
    const [ssh, closedSsh] = await Promise.all([makeSshKey(), makeSshKey({ passphrase })]);
    const cases: readonly Signing[] = [
      { name: "gpg", secret: { "git.asc": open } },
      { name: "gpg-locked", secret: { "git.asc": closed, passphrase } },
      { name: "ssh", type: "ssh", secret: { identity: ssh.identity } },
      {
        name: "ssh-locked",
        type: "ssh",
        secret: { identity: closedSsh.identity, password: passphrase },
      },
      {
        name: "gpg-wrong",
        secret: { "git.asc": closed, passphrase: "wrong" },
        wrong: "unable to read the signing key: the passphrase does not open it",
      },
      {
        name: "gpg-without",
        secret: { "git.asc": closed },
        wrong: "unable to read the signing key: it has a passphrase, which the Secret lacks",
      },
      {
        name: "ssh-wrong",
        type: "ssh",
        secret: { identity: closedSsh.identity, password: "wrong" },
        wrong: "signing key secret 'ssh-wrong': x509: decryption password incorrect",
      },
      { name: "empty", secret: { other: "x" }, wrong: "does not contain a 'git.asc' key" },
      { name: "absent", secret: undefined, wrong: "could not find signing key secret 'absent': " },
    ];
    const repository = await git.createRepository(ns);
    const file = `tag: 0 # {"$imagepolicy": "${ns}:app:tag"}\n`;
    await repository.commit({ files: { "a.yaml": file } });
    await registry.pushImage(`${ns}-app`, "1.0.0");
    const trusted = `${pgp.home}/trusted`;
    const publicKeys = [ssh, closedSsh].map(({ publicKey }) => `robot@example.com ${publicKey}\n`);
    await Deno.writeTextFile(trusted, publicKeys.join(""));
    await repository.bare("config", "gpg.ssh.allowedSignersFile", trusted);

    await toolkit.apply(
      gitRepository(ns, "app", { url: repository.url, interval: "10m" }),
      ...scanned(ns, "app"),
    );
    for (const { name, type, secret } of cases) {
      if (secret !== undefined) await toolkit.applySecret(ns, name, secret);
      const signingKey = { secretRef: { name }, ...(type && { type }) };
      await toolkit.apply(
        automation(ns, name, { commit: { signingKey }, push: { branch: `by-${name}` } }),
      );
    }

    for (const { name, wrong } of cases) {
      await t.step(name, async () => {
        if (wrong !== undefined) {
          const reason = "SourceManagerFailed";
          const why = { status: "False", reason, message: wrong } as const;
          await toolkit.untilReady(ref("ImageUpdateAutomation", ns, name), why);
          return;
        }
        const commit = await untilPushed(ns, name);
        assert.equal(await repository.bare("rev-parse", `by-${name}`), commit);
        const verified = await captureText(["git", "verify-commit", commit], {
          cwd: repository.bareFolder,
          env: { GNUPGHOME: pgp.home },
        });
        assert.ok(verified.ok, verified.ok ? "" : verified.message);
      });
    }

    assert.equal(await repository.bare("show", "main:a.yaml"), file.trimEnd());
    const branches = await repository.bare("branch", "--list", "--format=%(refname:short)");
    const signed = cases.filter(({ wrong }) => wrong === undefined).map(({ name }) => `by-${name}`);
    assert.deepEqual(branches.split("\n"), [...signed, "main"]);
    const log = await toolkit.readLog();
    for (const secret of ["PRIVATE KEY", passphrase]) assert.ok(!log.includes(secret), secret);
  },
);
