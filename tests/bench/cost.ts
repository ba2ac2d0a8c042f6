/**
 * What a command takes: time, processor time, memory.
 *
 * @module
 */
import { Background, capture, captureText } from "../../tools/process.ts";

/** What something took. */
export interface Cost {
  /** Time that passed. */
  readonly wallSeconds: number;
  /** Processor time of all threads: on a busy machine only this can be compared. */
  readonly cpuSeconds: number;
}

const POLL_MS = 60;
export const MIB = 2 ** 20;

/** Runs a command that writes to `output`; the shell counts the processor time of its children. */
export async function timeCommand(
  command: readonly string[],
  output: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Cost> {
  const began = performance.now();
  const run = await capture(["sh", "-c", '"$@" > "$0" && times', output, ...command], { env });
  const wallSeconds = (performance.now() - began) / 1_000;
  if (!run.ok || run.value.code !== 0) {
    throw new Error(run.ok ? run.value.stderr.slice(0, 500) : run.message);
  }
  return { wallSeconds, cpuSeconds: childSeconds(run.value.stdout) };
}

/** Second line of `times`: user and system time of the children, each as `0m1.5s`. */
function childSeconds(text: string): number {
  const [, children = ""] = text.split("\n");
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)]
    .reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

/** Most memory of a run of its own and of all it starts, in MiB: to look costs time. */
export async function peakOf(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  await using child = new Background("bench", command, { env });
  let ended = false;
  const end = child.ended.then(() => ended = true);
  let peakKib = 0;
  while (!ended) {
    peakKib = Math.max(peakKib, await groupKib(child.pid));
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
  }
  return Math.round(peakKib / 1024);
}

/** Resident memory of a process group: a program may leave the work to others. */
async function groupKib(group: number): Promise<number> {
  const printed = await captureText(["ps", "-A", "-o", "pgid=,rss=,comm="]);
  if (!printed.ok) throw new Error(printed.message);
  return printed.value.split("\n").map((line) => line.trim().split(/\s+/))
    .filter(([id, , name]) => Number(id) === group && name !== "sh" && name !== "cat")
    .reduce((sum, [, kib]) => sum + Number(kib), 0);
}

/** The middle one; of two, the upper. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** The middle of each figure. */
export function medianCost(costs: readonly Cost[]): Cost {
  return {
    wallSeconds: median(costs.map(({ wallSeconds }) => wallSeconds)),
    cpuSeconds: median(costs.map(({ cpuSeconds }) => cpuSeconds)),
  };
}

/** Seconds that passed, processor seconds in parentheses. */
export function formatCost({ wallSeconds, cpuSeconds }: Cost): string {
  return `${wallSeconds.toFixed(3)} s (${cpuSeconds.toFixed(3)})`;
}

/** A table in Markdown, numbers to the right. */
export function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const ruler = columns.map(() => "---:");
  return [columns, ruler, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A goal in words, with a mark when it was not reached. */
export function goal(isMet: boolean, text: string): string {
  return isMet ? text : `MISSED ${text}`;
}
