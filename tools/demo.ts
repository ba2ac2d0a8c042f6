/**
 * `deno task demo`: everything Sluice does, on this machine, in under a minute.
 *
 * @module
 */
import { defaultBudget } from "../lib/base/mod.ts";
import { buildManifests } from "../lib/delivery/mod.ts";
import { readTree } from "./demo/read_tree.ts";
import { type DemoOptions, HELP, parseDemoArguments } from "./demo/arguments.ts";
import { raiseStage, type Stage } from "./demo/stage.ts";
import { OWN_STEPS, SAMPLE_STEPS, type Step } from "./demo/steps.ts";
import { formatLogLine, formatTable, type Row } from "./demo/table.ts";
import { isBuilt } from "./controlplane/build.ts";
import { stopWithAncestors } from "./lifeline.ts";
import { openProgress, print, printError, type Progress } from "./terminal.ts";

const SAMPLE = new URL("./demo/sample", import.meta.url).pathname;
const SHOWN_LINES = 40;
const LOG_LINES = 8;
/** A cluster that stays is left as it was found: that takes as long as its finalizers take. */
const CLEAR_LIMIT_MS = 180_000;
/** Everything else is killed; what takes time is the removal of its files, on a machine that is busy. */
const KILL_LIMIT_MS = 15_000;

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseDemoArguments(args);
  if (!parsed.ok) {
    printError(`demo: ${parsed.message}`);
    return 2;
  }
  if (parsed.value.help) {
    print(HELP);
    return 0;
  }
  return await show(parsed.value);
}

async function show(options: DemoOptions): Promise<number> {
  const progress = openProgress(Deno.stdout);
  const raising = raiseStage(options, progress);
  const unwatch = await stopWithAncestors(raising.clear, {
    stopLimitMs: options.existing ? CLEAR_LIMIT_MS : KILL_LIMIT_MS,
  });
  const began = performance.now();
  try {
    progress.say(opening(options));
    if (!options.existing && !await isBuilt("controlplane")) await showBuild(progress);
    const raised = await raising.raise();
    if (!raised.ok) {
      printError(`demo: ${raised.message}`);
      return 1;
    }
    const stage = raised.value;
    const parts = options.repo === undefined
      ? "cluster, git server, registry, controllers"
      : "cluster, controllers";
    const first = row(parts, began, true, "started");
    const rows = [first, ...await play(options, stage, progress)];
    progress.say(`\nWhat happened, and how long it took:\n\n${formatTable(rows)}\n`);
    const missed = rows.filter(({ seen }) => !seen).length;
    const total = ((performance.now() - began) / 1000).toFixed(1);
    progress.say(
      missed === 0 ? `All of it was seen, in ${total} s.` : `${missed} of it was not seen.`,
    );
    if (missed > 0) progress.say(lastLog(stage));
    if (!options.once) await stay(stage, options);
    return missed === 0 ? 0 : 1;
  } finally {
    await raising.clear();
    unwatch();
  }
}

function opening({ existing, repo }: DemoOptions): string {
  const cluster = existing
    ? "your cluster"
    : "a real API server of its own (no containers, no root)";
  const source = repo ?? "a small sample repository";
  return `Sluice: ${source} → ${cluster}`;
}

async function play(options: DemoOptions, stage: Stage, progress: Progress): Promise<Row[]> {
  const steps: readonly Step[] = options.repo === undefined ? SAMPLE_STEPS : OWN_STEPS;
  const rows: Row[] = [];
  for (const step of steps) {
    const began = performance.now();
    progress.update(`  ${step.title} …`);
    const seen = await step.run(stage.scene);
    const detail = seen.ok ? seen.value : seen.message;
    rows.push(row(step.title, began, seen.ok, detail));
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    progress.say(
      `${seen.ok ? "✓" : "✗"} ${step.title} (${seconds} s)\n    ${detail.split("\n")[0]}`,
    );
    // Each step builds on the one before.
    if (!seen.ok) break;
  }
  const left = steps.slice(rows.length);
  return [...rows, ...left.map(({ title }) => row(title, performance.now(), false, "not reached"))];
}

function row(title: string, began: number, seen: boolean, detail: string): Row {
  return { title, seen, seconds: (performance.now() - began) / 1000, detail };
}

/** The first minutes of a new machine are not blank: what the engine makes of the sample. */
async function showBuild(progress: Progress): Promise<void> {
  const tree = await readTree(SAMPLE);
  const began = performance.now();
  const built = buildManifests(tree, {
    path: "./apps/demo",
    postBuild: { substitute: { environment: "the demo" } },
  }, { budget: defaultBudget(), variables: new Map([["environment", "the demo"]]) });
  if (!built.ok) return progress.say(`The sample does not build: ${built.message}`);
  const ms = (performance.now() - began).toFixed(0);
  const yaml = built.value.toYaml().split("\n");
  progress.say(
    `Meanwhile, what Sluice's own kustomize engine makes of the sample (${built.value.objects.length} objects in ${ms} ms):\n`,
  );
  progress.say(yaml.slice(0, SHOWN_LINES).map((line) => `    ${line}`).join("\n"));
  if (yaml.length > SHOWN_LINES) progress.say(`    … ${yaml.length - SHOWN_LINES} more lines\n`);
}

/** The log goes with the stage: what matters of it is shown here. */
function lastLog({ logPath }: Stage): string {
  const lines = Deno.readTextFileSync(logPath).trimEnd().split("\n").slice(-LOG_LINES);
  return `The controllers' last words:\n${lines.map(formatLogLine).join("\n")}`;
}

async function stay(stage: Stage, { existing, repo }: DemoOptions): Promise<void> {
  const path = stage.binFolder === undefined
    ? ""
    : `\n  export PATH="$PATH:${stage.binFolder}"    # a kubectl, if you have none`;
  const hand = repo === undefined
    ? "\n  kubectl -n demo-apps scale deployment web --replicas=9   # and look again"
    : "";
  print(`
It is all still running. In another terminal:

  export KUBECONFIG=${stage.kubeconfigPath}${path}
  kubectl -n flux-system get gitrepositories,kustomizations,imagepolicies
  kubectl get deployments --all-namespaces${hand}
  tail -f ${stage.logPath}

Ctrl-C stops it and removes ${
    existing ? "what it installed (a second one leaves it there)" : "everything"
  }.`);
  await new Promise(() => {});
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
