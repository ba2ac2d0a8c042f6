/**
 * What a process has used so far, as Linux counts it.
 *
 * @module
 */
import { captureText } from "../../tools/process.ts";

/** Counted since the process began. */
export interface ProcessCost {
  /** Processor time of all threads, in user and kernel mode. */
  readonly cpuSeconds: number;
  /** Most memory that was ever resident. */
  readonly peakBytes: number;
}

/** `USER_HZ`, which is 100 on every architecture that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** Reads what process `pid` has used. Deno lets nobody read in /proc who may not do everything: `cat` may. */
export async function readProcessCost(pid: number): Promise<ProcessCost> {
  const text = await captureText(["cat", `/proc/${pid}/stat`, `/proc/${pid}/status`]);
  if (!text.ok) throw new Error(text.message);
  const [stat = ""] = text.value.split("\n", 1);
  return { cpuSeconds: cpuSecondsOf(stat), peakBytes: peakBytesOf(text.value) };
}

/** proc(5): the name of the program, in parentheses, may hold spaces; utime and stime are fields 14 and 15. */
function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function peakBytesOf(status: string): number {
  const [, kibibytes = "0"] = status.match(/^VmHWM:\s+(\d+) kB$/m) ?? [];
  return Number(kibibytes) * 1024;
}
