/**
 * Plays scenarios with the golden runner, against our controllers on a control plane of their own.
 *
 * @module
 */
import { fail, messageOf, ok, type Result, stringifyJson } from "../../lib/base/mod.ts";
import type { Row } from "../conformance/rows.ts";
import { startControlPlane } from "../controlplane/start.ts";
import { Background } from "../process.ts";
import type { Progress } from "../terminal.ts";
import { CONTRACT_CRDS, RUNNER } from "./prerequisites.ts";
import { type GoldenReport, parseReport } from "./report.ts";
import type { GoldenRequest } from "./request.ts";

/** How to play. */
export interface PlayOptions {
  /** A Python with the runner's packages. */
  readonly python: string;
  readonly request: GoldenRequest;
  /** Says how far it is. */
  readonly progress: Progress;
}

const OUR_CRDS = "crds/yaml";
const START = new URL("start_controllers.ts", import.meta.url).pathname;
const START_PERMISSIONS = "--allow-net --allow-read --allow-write --allow-env --allow-run";
/** The runner says how a scenario went before it says where it differed. */
const VERDICT = /^(same|DIFFERS) (\S+)/;

/** Plays `scenarios`; what was started belongs to `stack`. */
export async function play(
  scenarios: readonly Row[],
  { python, request, progress }: PlayOptions,
  stack: AsyncDisposableStack,
): Promise<Result<GoldenReport>> {
  const work = request.work ?? await openScratch(stack);
  const staged = await stage(scenarios, work);
  if (!staged.ok) return staged;
  const controlPlane = await startControlPlane({ bare: true, progress });
  if (!controlPlane.ok) return controlPlane;
  stack.use(controlPlane.value);

  const report = `${work}/report.json`;
  const lines: string[] = [];
  let played = 0;
  const runner = new Background("the golden runner", [
    python,
    RUNNER,
    `--compare=${work}/scenarios`,
    `--kubeconfig=${controlPlane.value.kubeconfigPath}`,
    `--crds=${work}/crds`,
    `--start=exec ${quote(Deno.execPath())} run ${START_PERMISSIONS} ${quote(START)}`,
    `--jobs=${request.jobs}`,
    `--work=${work}`,
    `--report=${report}`,
    ...(request.strict ? ["--strict"] : []),
  ], {
    onLine(line) {
      lines.push(line);
      const name = VERDICT.exec(line)?.[2];
      if (name !== undefined) progress.update(`${++played} of ${scenarios.length}: ${name}`);
    },
  });
  stack.use(runner);
  const code = await runner.ended;
  return await readReport(report, code, lines);
}

async function openScratch(stack: AsyncDisposableStack): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-golden-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  return folder;
}

/** Lays out what the runner reads: one file for each scenario, and the definitions of all kinds. */
async function stage(scenarios: readonly Row[], work: string): Promise<Result<undefined>> {
  try {
    for (const folder of ["scenarios", "crds"]) {
      await Deno.mkdir(`${work}/${folder}`, { recursive: true });
    }
    for (const [index, { data }] of scenarios.entries()) {
      await Deno.writeTextFile(`${work}/scenarios/${index}.json`, stringifyJson(data));
    }
    // Ours come second and replace the contract's of the same kind.
    for (const from of [CONTRACT_CRDS, OUR_CRDS]) {
      for await (const { name } of Deno.readDir(from)) {
        await Deno.copyFile(`${from}/${name}`, `${work}/crds/${name}`);
      }
    }
    return ok(undefined);
  } catch (thrown) {
    return fail("CannotStage", `Cannot prepare ${work}: ${messageOf(thrown)}`, thrown);
  }
}

/** 1 says that something differed; a runner that broke off leaves no report. */
async function readReport(
  path: string,
  code: number,
  lines: readonly string[],
): Promise<Result<GoldenReport>> {
  const said = () => lines.slice(-20).join("\n");
  if (code !== 0 && code !== 1) {
    return fail("RunnerFailed", `The golden runner exited with ${code}:\n${said()}`);
  }
  try {
    return parseReport(await Deno.readTextFile(path));
  } catch (thrown) {
    return fail("RunnerFailed", `The golden runner left no report:\n${said()}`, thrown);
  }
}

/** A word for the shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
