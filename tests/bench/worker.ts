/**
 * What the programs of this folder share that are a process of their own, and answer line by line.
 *
 * @module
 */
import process from "node:process";
import { type Result, systemClock } from "../../lib/base/mod.ts";
import type { Cost } from "./cost.ts";

/** Takes a step; gives what it gave, and what that took inside of this process. */
export async function timeStep<T>(
  step: () => Promise<T>,
): Promise<{ readonly value: T; readonly cost: Cost }> {
  const before = process.cpuUsage();
  const began = systemClock.monotonicMs();
  const value = await step();
  const wallSeconds = (systemClock.monotonicMs() - began) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { value, cost: { wallSeconds, cpuSeconds: (user + system) / 1_000_000 } };
}

/** The lines of a stream. */
export async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** The value of a result; nobody can measure what fails. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}
