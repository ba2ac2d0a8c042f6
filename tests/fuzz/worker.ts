/**
 * The thread that reads what the fuzzer makes; another watches it, as one that hangs cannot say so.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { messageOf } from "../../lib/base/mod.ts";
import { Chance } from "./mutate.ts";
import { TARGETS } from "./targets.ts";

/** What is to be read. */
export interface Task {
  readonly seed: number;
  /** Of the first input. */
  readonly from: number;
  readonly inputs: number;
}

/** What is wrong with one input. */
export interface Finding {
  readonly index: number;
  readonly target: string;
  readonly what: string;
  readonly input: Uint8Array;
}

/** More than this for one input is not in proportion to its size. */
const LONGEST_MS = 5_000;

/** The target and the input of a number; both of the seed alone. */
export function inputOf(seed: number, index: number) {
  const chance = new Chance(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const target = TARGETS[index % TARGETS.length];
  if (target === undefined) throw new TypeError("there are no targets");
  return { target, input: target.make(chance), chance };
}

async function read(seed: number, index: number): Promise<Finding | undefined> {
  const { target, input, chance } = inputOf(seed, index);
  const began = performance.now();
  const finding = (what: string): Finding => ({ index, target: target.name, what, input });
  try {
    await target.read(input, chance);
  } catch (thrown) {
    const trace = thrown instanceof Error ? thrown.stack ?? "" : "";
    return finding(`${messageOf(thrown)}\n${trace}`);
  }
  const tookMs = Math.round(performance.now() - began);
  return tookMs > LONGEST_MS ? finding(`it takes ${tookMs} ms`) : undefined;
}

async function work({ seed, from, inputs }: Task): Promise<void> {
  const findings: Finding[] = [];
  for (let index = from; index < from + inputs; index++) {
    const found = await read(seed, index);
    if (found !== undefined) findings.push(found);
  }
  parentPort?.postMessage(findings);
}

// There is no port for whoever only imports this.
parentPort?.on("message", (task: Task) => void work(task));
