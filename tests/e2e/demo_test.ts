/**
 * The demo, as a person starts it: everything is seen, mistakes are named, nothing stays behind.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type ControlPlane, startControlPlane } from "../../tools/controlplane/start.ts";
import { capture } from "../../tools/process.ts";
import { configMapYaml } from "../support/app.ts";
import { startGitServer } from "../support/git_server.ts";
import { lookUntil } from "../support/look_until.ts";
import { type Process, readProcessTree, survivorsOf } from "../support/processes.ts";
import { lacks } from "../support/requirements.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const STEPS = [
  "cluster, git server, registry, controllers",
  "a git commit becomes running objects",
  "a new commit rolls out",
  "a change made by hand is repaired",
  "a broken commit is refused, the last good state stays",
  "the commit is reverted",
  "a registry is scanned, a tag is chosen",
  "a new tag is written to git, signed, and rolls out",
];

async function runDemo(...args: readonly string[]) {
  return await runDemoWith({}, ...args);
}

async function runDemoWith(env: Record<string, string>, ...args: readonly string[]) {
  const command = [Deno.execPath(), "task", "--quiet", "demo", ...args];
  const run = await capture(command, { cwd: PROJECT, env });
  if (!run.ok) throw new Error(run.message);
  return run.value;
}

Deno.test("demo --once exits with 0 when each step was seen, and its table says so", async () => {
  const got = await runDemo("--", "--once");

  assert.equal(got.code, 0, got.stdout + got.stderr);
  const [, table = ""] = got.stdout.split("What happened, and how long it took:");
  const seen = table.split("\n").filter((line) => /\d s {2}(seen|MISSED)$/.test(line))
    .map((line) => line.trim().split(/ {2,}/));
  assert.deepEqual(seen.map(([title]) => title), STEPS);
  assert.deepEqual(new Set(seen.map((row) => row.at(-1))), new Set(["seen"]));
  assert.match(table, /back to 3 after \d+ ms\n/);
  assert.match(table, /replicas\.yaml/);
  assert.match(table, /web:1\.11\.0 runs [\d.]+ s after its push, by the\s+signed commit/);
  assert.match(got.stdout, /All of it was seen, in [\d.]+ s\./);
});

Deno.test("demo applies the caller's repository, and only reads it", async () => {
  await using git = await startGitServer();
  const repository = await git.createRepository("mine");
  await repository.commit({ files: { "deploy/a.yaml": configMapYaml("a", "one") } });

  const url = `--repo=${repository.url}`;
  const got = await runDemo("--once", url, "--path", "deploy", "--namespace", "mine");
  const bare = await runDemo("--once", url, "--path", "deploy");

  assert.equal(got.code, 0, got.stdout + got.stderr);
  assert.match(got.stdout, /1 object: Applied revision: main@sha1:/);
  assert.ok(git.requests.every(({ path }) => !path.includes("git-receive-pack")));
  assert.equal(bare.code, 1);
  assert.match(bare.stdout, /namespace not specified[\s\S]*--namespace NAME/);
});

Deno.test("demo --use-existing-cluster asks, and leaves the cluster as it was", async () => {
  await using git = await startGitServer();
  const repository = await git.createRepository("mine");
  await repository.commit({ files: { "a.yaml": configMapYaml("a", "one") }, branch: "trunk" });
  const started = await startControlPlane();
  assert.ok(started.ok, started.ok ? "" : started.message);
  await using controlPlane = started.value;
  const env = { KUBECONFIG: controlPlane.kubeconfigPath };
  const before = await namesIn(controlPlane);

  const declined = await runDemoWith(env, "--use-existing-cluster", "--once");
  const sample = await runDemoWith(env, "--use-existing-cluster", "--once", "--yes");
  const folder = await runDemoWith(
    env,
    ...[
      ["--use-existing-cluster", "--once", "--yes"],
      ["--repo", repository.workFolder, "--namespace", "mine"],
    ].flat(),
  );
  const after = await namesIn(controlPlane);

  assert.equal(declined.code, 1);
  assert.match(declined.stderr, /nothing was installed/);
  assert.equal(sample.code, 0, sample.stdout + sample.stderr);
  assert.equal(folder.code, 0, folder.stdout + folder.stderr);
  assert.match(folder.stdout, /1 object: Applied revision: trunk@sha1:/);
  assert.deepEqual(after, before);
});

async function namesIn(controlPlane: ControlPlane): Promise<string[]> {
  const printed = await controlPlane.kubectl([
    "get",
    "namespaces,customresourcedefinitions,clusterroles,clusterrolebindings",
    "--output=name",
  ]);
  if (!printed.ok) throw new Error(printed.message);
  return printed.value.split("\n").filter((name) => !name.includes("/system:")).sort();
}

Deno.test("demo --help shows how it is used", async () => {
  const got = await runDemo("--help");

  assert.equal(got.code, 0);
  assert.match(got.stdout, /^Usage: deno task demo /m);
  assert.match(got.stdout, /^Examples:$/m);
});

const mistakes = [
  { args: ["--twice"], message: /unknown option --twice/ },
  { args: ["--repo"], message: /--repo needs a value/ },
  { args: ["--path", "x"], message: /--path goes with --repo/ },
];

for (const { args, message } of mistakes) {
  Deno.test(`demo ${args.join(" ")} exits with 2 and says why`, async () => {
    const got = await runDemo(...args);

    assert.equal(got.code, 2);
    assert.match(got.stderr, message);
    assert.equal(got.stdout, "");
  });
}

/** A demo that stays up, and what it has printed so far. */
async function startDemo(
  args: readonly string[],
  env: Record<string, string> = {},
  hasReached: (printed: string) => boolean | Promise<boolean> = (printed) =>
    printed.includes("Ctrl-C stops it"),
) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "tools/demo.ts", ...args],
    cwd: PROJECT,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let printed = "";
  while (!await hasReached(printed)) {
    const { value, done } = await reader.read();
    assert.equal(done, false, printed);
    printed += value;
  }
  return { child, reader, printed };
}

Deno.test({
  name: "Ctrl-C ends a demo that stays up, with all it started",
  ignore: lacks("ps", "install procps"),
  async fn() {
    const { child, reader, printed } = await startDemo([]);
    const processes: Process[] = await readProcessTree(child.pid);
    const folders = [...printed.matchAll(/\/\S*\/sluice-[a-z]+-[0-9a-f]+/g)].map(([path]) => path);

    child.kill("SIGINT");
    const { code } = await child.status;
    await reader.cancel();
    const left = await lookUntil(() => survivorsOf(processes), ({ length }) => length === 0);

    for (const { pid } of left) Deno.kill(pid, "SIGKILL");
    assert.deepEqual(left, []);
    assert.equal(code, 130);
    assert.ok(folders.length > 0);
    for (const folder of folders) await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
  },
});

const interruptions = [
  { when: "that stays up", hasReached: undefined },
  {
    when: "of which half the definitions are there",
    hasReached: (names: string) => /gitrepo/.test(names),
  },
];

for (const { when, hasReached } of interruptions) {
  Deno.test(`Ctrl-C in a demo ${when} leaves a cluster that was there as it was found`, async () => {
    const started = await startControlPlane();
    assert.ok(started.ok, started.ok ? "" : started.message);
    await using cluster = started.value;
    const read = async () => {
      const listed = await cluster.kubectl(["get", "crds,namespaces", "-o", "name"]);
      assert.ok(listed.ok);
      return listed.value;
    };
    const before = await read();
    const env = { KUBECONFIG: cluster.kubeconfigPath };
    const until = hasReached && (async () => hasReached(await read()));
    const { child, reader } = await startDemo(["--use-existing-cluster", "--yes"], env, until);
    const during = await read();

    child.kill("SIGINT");
    const { code } = await child.status;
    await reader.cancel();

    assert.equal(code, 130);
    assert.notEqual(during, before);
    assert.equal(await read(), before);
  });
}
