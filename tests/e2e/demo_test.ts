/**
 * The demo, as a person starts it: everything is seen, mistakes are named, nothing stays behind.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { capture } from "../../tools/process.ts";
import { configMapYaml } from "../support/app.ts";
import { startGitServer } from "../support/git_server.ts";
import { type Process, readProcessTree, survivorsOf } from "../support/processes.ts";
import { lacks } from "../support/requirements.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
/** What README promises of a machine on which the control plane is built already. */
const LIMIT_MS = 60_000;
/** What we start is gone within this time after a Ctrl-C. */
const END_MS = 3_000;

const STEPS = [
  "cluster, git server, registry, controllers",
  "a git commit becomes running objects",
  "a new commit rolls out",
  "a change made by hand is repaired",
  "a broken commit is refused, the last good state stays",
  "the commit is reverted",
  "a registry is scanned, a tag is chosen",
];

async function runDemo(...args: readonly string[]) {
  const began = performance.now();
  const run = await capture([Deno.execPath(), "task", "--quiet", "demo", ...args], {
    cwd: PROJECT,
  });
  if (!run.ok) throw new Error(run.message);
  return { ...run.value, tookMs: performance.now() - began };
}

Deno.test("demo --once exits with 0 when each step was seen, and its table says so", async () => {
  const got = await runDemo("--", "--once");

  assert.equal(got.code, 0, got.stdout + got.stderr);
  const [, table = ""] = got.stdout.split("What happened, and how long it took:");
  const seen = table.split("\n").filter((line) => /\d s {2}(seen|MISSED)$/.test(line))
    .map((line) => line.trim().split(/ {2,}/));
  assert.deepEqual(seen.map(([title]) => title), STEPS);
  assert.deepEqual(new Set(seen.map((row) => row.at(-1))), new Set(["seen"]));
  assert.match(table, /back to 3 after \d{1,3} ms\n/);
  assert.match(table, /replicas\.yaml/);
  assert.match(got.stdout, /All of it was seen, in [\d.]+ s\./);
  assert.ok(got.tookMs < LIMIT_MS, `it took ${got.tookMs} ms`);
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

Deno.test({
  name: "Ctrl-C ends a demo that stays up, with all it started",
  ignore: lacks("ps", "install procps"),
  async fn() {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "tools/demo.ts"],
      cwd: PROJECT,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let printed = "";
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (!printed.includes("Ctrl-C stops it")) {
      const { value, done } = await reader.read();
      assert.equal(done, false, printed);
      printed += value;
    }
    const processes: Process[] = await readProcessTree(child.pid);
    const folders = [...printed.matchAll(/\/\S*\/sluice-[a-z]+-[0-9a-f]+/g)].map(([path]) => path);

    child.kill("SIGINT");
    const { code } = await child.status;
    await reader.cancel();
    await new Promise((resolve) => setTimeout(resolve, END_MS));
    const left = await survivorsOf(processes);

    for (const { pid } of left) Deno.kill(pid, "SIGKILL");
    assert.deepEqual(left, []);
    assert.equal(code, 130);
    assert.ok(folders.length > 0);
    for (const folder of folders) await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
  },
});
