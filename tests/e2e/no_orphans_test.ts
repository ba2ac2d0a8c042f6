/**
 * However the command ends, nothing that it started is left.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { lookUntil } from "../support/look_until.ts";
import { type Process, readProcessTree, survivorsOf } from "../support/processes.ts";
import { lacks } from "../support/requirements.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
/** Three seconds are enough; a machine that is busy with something else has longer. */
const LIMIT_MS = 60_000;
const ignore = lacks("npx", "install Node.js") || lacks("ps", "install procps");

/** Whom the signal is sent to. */
const TARGETS = {
  npx: (process: Process) => process.command.includes("npm exec"),
  "deno task": (process: Process) => /^\S*deno task /.test(process.command),
  "the tool": (process: Process) =>
    /^\S*deno run /.test(process.command) && process.command.includes("tools/cluster.ts"),
} as const;

/** A cluster that has come up, and the processes it is made of. */
interface Running {
  readonly child: Deno.ChildProcess;
  readonly processes: readonly Process[];
}

/** Starts `npx -y deno@2 task cluster …` and waits until it prints `sign`. */
async function startCluster(args: readonly string[], sign: string): Promise<Running> {
  const child = new Deno.Command("npx", {
    args: ["-y", "deno@2", "task", "cluster", ...args],
    cwd: PROJECT,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let printed = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    printed += text;
    if (printed.includes(sign)) {
      return { child, processes: await readProcessTree(child.pid) };
    }
  }
  throw new Error(`the cluster ended early and printed: ${printed}`);
}

/** Looks again until `count` processes match: a shell says what it does before it has become it. */
async function awaitProcesses(
  running: Running,
  { pattern, count }: { pattern: RegExp; count: number },
): Promise<Running> {
  const deadline = performance.now() + LIMIT_MS;
  let processes = running.processes;
  while (matching().length < count && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    processes = await readProcessTree(running.child.pid);
  }
  return { ...running, processes };

  function matching(): readonly Process[] {
    return processes.filter(({ command }) => pattern.test(command));
  }
}

async function assertAllGone({ child, processes }: Running): Promise<void> {
  const left = await lookUntil(
    () => survivorsOf(processes),
    ({ length }) => length === 0,
    { limitMs: LIMIT_MS },
  );
  for (const { pid } of left) Deno.kill(pid, "SIGKILL");
  assert.deepEqual(left, []);
  await child.status;
}

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  for (const [name, isTarget] of Object.entries(TARGETS)) {
    Deno.test({
      name: `cluster: ${signal} to ${name} leaves no process`,
      ignore,
      async fn() {
        const running = await startCluster([], "Ctrl-C stops it");
        const parts = [
          "etcd",
          "kube-apiserver",
          "kube-controller-manager",
          "kube-scheduler",
          "kwok",
        ];
        const missing = parts.filter((part) =>
          !running.processes.some(({ command }) => command.includes(part))
        );
        const target = running.processes.find(isTarget);

        if (target !== undefined) Deno.kill(target.pid, signal);

        await assertAllGone(running);
        assert.ok(target, "the process to signal was not found");
        assert.deepEqual(missing, []);
      },
    });
  }
}

Deno.test({
  name: "cluster COMMAND: SIGKILL to the tool ends the command and what it started",
  ignore,
  async fn() {
    const script = "sleep 1001 & echo up; exec sleep 1002";
    const isSleep = { pattern: /^sleep 100[12]$/, count: 2 };
    const started = await startCluster(["sh", "-c", script], "up");
    const running = await awaitProcesses(started, isSleep);
    const target = running.processes.find(TARGETS["the tool"]);
    const sleeps = running.processes.filter(({ command }) => isSleep.pattern.test(command));

    if (target !== undefined) Deno.kill(target.pid, "SIGKILL");

    await assertAllGone(running);
    assert.ok(target, "the process to signal was not found");
    assert.equal(sleeps.length, isSleep.count);
  },
});
