/**
 * What runs below a process, for tests that nothing is left behind.
 *
 * @module
 */
import { captureText } from "../../tools/process.ts";

/** One process. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Tells it from a later one with the same id. */
  readonly started: string;
  readonly command: string;
}

/** All processes but zombies, which are ended and only waited for by nobody. */
export async function listProcesses(): Promise<Process[]> {
  const printed = await captureText(["ps", "-A", "-o", "pid=,ppid=,stat=,lstart=,args="]);
  if (!printed.ok) throw new Error(printed.message);
  return printed.value.split("\n").flatMap((line) => {
    const [pid, parent, state = "Z", ...rest] = line.trim().split(/\s+/);
    if (state.startsWith("Z")) return [];
    return [{
      pid: Number(pid),
      parent: Number(parent),
      // Weekday, month, day, time, year.
      started: rest.slice(0, 5).join(" "),
      command: rest.slice(5).join(" "),
    }];
  });
}

/** The process `pid` and all below it. */
export async function readProcessTree(pid: number): Promise<Process[]> {
  const all = await listProcesses();
  const tree = all.filter((process) => process.pid === pid);
  // The list grows while it is walked: children of children.
  for (const { pid: parent } of tree) {
    tree.push(...all.filter((process) => process.parent === parent));
  }
  return tree;
}

/** Those of `processes` that still run. */
export async function survivorsOf(processes: readonly Process[]): Promise<Process[]> {
  const all = await listProcesses();
  return processes.filter(({ pid, started }) =>
    all.some((process) => process.pid === pid && process.started === started)
  );
}
