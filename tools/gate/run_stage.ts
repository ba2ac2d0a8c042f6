/**
 * Runs the child processes of one stage and counts what they ran.
 *
 * @module
 */
import { messageOf } from "../../lib/base/mod.ts";
import { Background } from "../process.ts";
import { addTallies, EMPTY_TALLY, readClosingLine, readJunit, type Tally } from "./junit.ts";
import type { Stage, Step } from "./stages.ts";

/** How to run a stage. */
export interface StageOptions {
  /** Set on top of our environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Receives each line as it comes. */
  readonly onLine: (line: string) => void;
  /** A filter makes a stage without tests an honest result. */
  readonly filtered: boolean;
}

/** What a stage came to. */
export interface StageResult {
  readonly tally: Tally;
  /** What the children printed, for when something failed. */
  readonly output: readonly string[];
}

/** More than any honest failure prints; the first lines go first. */
const KEPT_LINES = 3_000;

/** Runs all steps of `stage` one after the other, within its time limit. */
export async function runStage(stage: Stage, options: StageOptions): Promise<StageResult> {
  const output: string[] = [];
  const deadline = performance.now() + stage.limitMs;
  let tally = EMPTY_TALLY;
  for (const step of stage.steps) {
    const name = step.part === undefined ? stage.name : `${stage.name} ${step.part}`;
    const lines = await runStep(name, step, deadline, options);
    tally = addTallies(tally, lines.tally);
    output.push(...lines.output);
  }
  if (tally.passed + tally.failed.length === 0 && !options.filtered) {
    tally = addTallies(tally, { ...EMPTY_TALLY, failed: [`${stage.name}: ran nothing`] });
  }
  return { tally, output };
}

async function runStep(
  name: string,
  step: Step,
  deadline: number,
  options: StageOptions,
): Promise<StageResult> {
  const report = step.counts === "junit" ? await Deno.makeTempFile({ suffix: ".xml" }) : undefined;
  const output: string[] = [];
  const command = report === undefined ? step.command : withReport(step.command, report);
  await using child = new Background(name, command, {
    env: { NO_COLOR: "1", ...options.env, ...step.env },
    onLine(line) {
      output.push(line);
      if (output.length > KEPT_LINES) output.shift();
      options.onLine(line);
    },
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill();
  }, Math.max(0, deadline - performance.now()));
  const code = await child.ended;
  clearTimeout(timer);
  const counted = report === undefined
    ? countByOutput(name, step, code, output)
    : await countByReport(report, options.filtered);
  return { tally: withExit(name, counted, late ? "ran out of time" : code), output };
}

/** `deno test … FILES -- ARGUMENTS`: the flag belongs before the files. */
function withReport(command: readonly string[], report: string): string[] {
  const [deno = "", test = "", ...rest] = command;
  return [deno, test, `--junit-path=${report}`, ...rest];
}

async function countByReport(report: string, filtered: boolean): Promise<Tally> {
  let xml = "";
  try {
    xml = await Deno.readTextFile(report);
  } catch (error) {
    return { ...EMPTY_TALLY, failed: [`no report of the tests: ${messageOf(error)}`] };
  } finally {
    await Deno.remove(report);
  }
  const tally = readJunit(xml);
  // The report lists what a filter left out as skipped.
  return filtered ? { ...tally, skipped: 0 } : tally;
}

function countByOutput(
  name: string,
  step: Step,
  code: number,
  output: readonly string[],
): Tally {
  if (step.counts === "exit code") {
    return code === 0 ? { ...EMPTY_TALLY, passed: 1 } : EMPTY_TALLY;
  }
  const closing = readClosingLine(output);
  if (closing === undefined) {
    return { ...EMPTY_TALLY, failed: [`${name}: printed no closing line`] };
  }
  const { passed, failed, skipped } = closing;
  return { passed, skipped, failed: Array<string>(failed).fill(`${name}: see its output`) };
}

/** A child that failed without naming a test still failed. */
function withExit(name: string, tally: Tally, end: number | string): Tally {
  if (end === 0 || (tally.failed.length > 0 && typeof end === "number")) return tally;
  const why = typeof end === "number" ? `exited with ${end}` : end;
  return addTallies(tally, { ...EMPTY_TALLY, failed: [`${name}: ${why}`] });
}
