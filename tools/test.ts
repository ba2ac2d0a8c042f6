/**
 * `deno task test`: the gate. Each stage is a child process or several; there is no second gate.
 *
 * @module
 */
import { fail, ok, type Result } from "../lib/base/mod.ts";
import { takeCallerFolder } from "./caller_folder.ts";
import { installCustomResources } from "./controlplane/custom_resources.ts";
import { type ControlPlane, startControlPlane } from "./controlplane/start.ts";
import { addTallies, EMPTY_TALLY, type Tally } from "./gate/junit.ts";
import { type GateRun, parseGateArguments, STAGES } from "./gate/request.ts";
import { runStage, type StageResult } from "./gate/run_stage.ts";
import { planStage, type Stage } from "./gate/stages.ts";
import { stopWithAncestors } from "./lifeline.ts";
import { formatElapsed, openProgress, print, printError } from "./terminal.ts";

const HELP = `Runs everything that must hold before a change lands, or a part of it.

Usage: deno task test [STAGE ...] [PART ...] [--filter TEXT] [--use-existing-cluster] [--long]

Stages, in this order: ${STAGES.join(", ")}

Options:
  --filter TEXT             only tests with TEXT in their name
  --use-existing-cluster    use the cluster that KUBECONFIG names, not one of our own
  --long                    tests with chance in them, as those of faults, take many seeds, and are told
                            as they go; hours
  --help                    show this

Examples:
  deno task test
  deno task test unit lib/git
  deno task test conformance kustomize
  deno task test fmt lint check
  deno task test integration --filter "prunes"
  deno task test faults --long
  deno task test faults --long tests/faults/many_objects_test.ts

With CI=true what is missing on this machine is a failure; else it is a skip that says so.`;

/** Environment for the children that use the cluster. */
type ClusterEnvironment = Readonly<Record<string, string>>;

async function main(args: readonly string[]): Promise<number> {
  const folder = takeCallerFolder();
  const request = parseGateArguments(args);
  if (request.kind === "help") {
    print(HELP);
    return 0;
  }
  if (request.kind === "mistake") {
    printError(`test: ${request.message}; see deno task test --help`);
    return 2;
  }
  if (request.existingCluster && !Deno.env.get("KUBECONFIG")) {
    printError("test: --use-existing-cluster needs KUBECONFIG to name the cluster");
    return 2;
  }
  return await runGate(request, folder);
}

async function runGate(run: GateRun, folder: string): Promise<number> {
  const stages = await Promise.all(run.stages.map((name) => planStage(name, run, folder)));
  const cluster = new SharedCluster(run.existingCluster);
  const unwatch = await stopWithAncestors(() => cluster.stop());
  // Building takes minutes once and starting seconds: both while the early stages run.
  if (stages.some((stage) => stage.needsCluster && stage.steps.length > 0)) cluster.prepare();
  let total = EMPTY_TALLY;
  try {
    for (const stage of stages) {
      // A folder appears with its first test; a stage asked for by name must have some.
      if (stage.steps.length === 0 && run.stages.length > 1) continue;
      total = addTallies(total, await report(stage, run, cluster));
    }
  } finally {
    await cluster.stop();
    unwatch();
  }
  return summarize(total);
}

async function report(stage: Stage, run: GateRun, cluster: SharedCluster): Promise<Tally> {
  print(`\n── ${stage.name}`);
  const began = performance.now();
  const inCi = Deno.env.get("CI") === "true";
  // Who waits for an hour wants to know how far it is.
  const isTold = inCi || run.long;
  const { tally, output } = await execute(stage, run, cluster, { inCi, isTold });
  if (tally.failed.length > 0 && !isTold) { for (const line of output) print(`   ${line}`); }
  const counts = [`${tally.passed} passed`];
  if (tally.failed.length > 0) counts.push(`${tally.failed.length} FAILED`);
  if (tally.skipped > 0) counts.push(`${tally.skipped} skipped`);
  print(`   ${counts.join(", ")} in ${formatElapsed(performance.now() - began)}`);
  return tally;
}

async function execute(
  stage: Stage,
  run: GateRun,
  cluster: SharedCluster,
  { inCi, isTold }: { readonly inCi: boolean; readonly isTold: boolean },
): Promise<StageResult> {
  if (stage.lacking !== undefined) return skip(stage, stage.lacking, inCi);
  let env: ClusterEnvironment = {};
  if (stage.needsCluster) {
    const ready = await cluster.environment();
    if (!ready.ok) return skip(stage, ready.message, inCi);
    env = ready.value;
  }
  if (run.long) env = { ...env, SLUICE_TEST_LONG: "true" };
  return await runStage(stage, {
    env,
    onLine: (line) => isTold ? print(`   ${line}`) : undefined,
    filtered: run.filter !== undefined,
  });
}

function skip(stage: Stage, reason: string, inCi: boolean): StageResult {
  if (inCi) {
    print(`   ${reason}`);
    return {
      tally: { ...EMPTY_TALLY, failed: [`${stage.name}: ${firstLine(reason)}`] },
      output: [],
    };
  }
  print(`   skipped: ${reason}`);
  return { tally: { ...EMPTY_TALLY, skipped: 1 }, output: [] };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function summarize(total: Tally): number {
  const nothing = total.passed + total.failed.length === 0;
  print("");
  if (nothing) print("No test ran.");
  if (total.failed.length > 0) print("Failed:");
  for (const name of total.failed) print(`  ${name}`);
  // Read by machines: alone on the last line.
  print(`${total.passed} passed, ${total.failed.length} failed, ${total.skipped} skipped`);
  return nothing || total.failed.length > 0 ? 1 : 0;
}

/** The control plane of all test stages, started once and in the background. */
class SharedCluster {
  readonly #existing: boolean;
  readonly #stopped = new AbortController();
  #controlPlane: Promise<Result<ControlPlane>> | undefined;

  constructor(existing: boolean) {
    this.#existing = existing;
  }

  /** Begins; the answer comes from {@linkcode SharedCluster.environment}. */
  prepare(): void {
    if (!this.#existing) this.#controlPlane ??= this.#start();
  }

  /** What tests need to know to reach it. */
  async environment(): Promise<Result<ClusterEnvironment>> {
    if (this.#existing) return ok({ SLUICE_TEST_KUBECONFIG: Deno.env.get("KUBECONFIG") ?? "" });
    this.prepare();
    const started = await this.#controlPlane;
    if (!started?.ok) return started ?? fail("NoCluster", "the control plane was not started");
    const { kubeconfigPath, binFolder } = started.value;
    return ok({
      SLUICE_TEST_KUBECONFIG: kubeconfigPath,
      PATH: `${binFolder}:${Deno.env.get("PATH") ?? "/usr/bin:/bin"}`,
    });
  }

  /** Ends it, if it was started. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    const started = await this.#controlPlane;
    if (started?.ok) await started.value.stop();
  }

  async #start(): Promise<Result<ControlPlane>> {
    const started = await startControlPlane({
      progress: openProgress(),
      signal: this.#stopped.signal,
    });
    if (!started.ok) return started;
    const installed = await installCustomResources(started.value.kubectl);
    if (installed.ok) return started;
    await started.value.stop();
    return installed;
  }
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
