/**
 * The loop of `deno task fuzz git`: a thread reads damaged inputs, and what it does but should not is kept.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { HuntOptions, HuntResult } from "../../tools/fuzz/hunt.ts";
import { compareWithGit, openScratch } from "./compare.ts";
import { type Finding, inputOf, type Task } from "./worker.ts";

const BATCH = 1_800;
/** A batch takes a tenth of a second; one that takes so long never ends. */
const HANGS_MS = 60_000;

/** Reads damaged inputs until the time is up or enough is found. */
export async function huntGit(options: HuntOptions): Promise<HuntResult> {
  const { seconds, seed, inputs: enough = Infinity, most, keep, progress } = options;
  const deadline = performance.now() + seconds * 1_000;
  const findings: Finding[] = [];
  const thread = new Worker(new URL("worker.ts", import.meta.url));
  const scratch = await openScratch();
  let from = 0;
  try {
    while (performance.now() < deadline && findings.length < most && from < enough) {
      const task: Task = { seed, from, inputs: Math.min(BATCH, enough - from) };
      const found = await readBatch(thread, task);
      if (found === undefined) {
        findings.push(hanging(task));
        break;
      }
      findings.push(...found, ...await compareWithGit(task, scratch));
      from += task.inputs;
      progress.update(`${from} inputs, ${findings.length} findings`);
    }
  } finally {
    await thread.terminate();
    await Deno.remove(scratch, { recursive: true });
  }
  const lines: string[] = [];
  for (const finding of findings) lines.push(...await keepFinding(finding, keep, seed));
  return { inputs: from, differences: findings.length, lines };
}

/** What was found in a batch; nothing when the thread does not come back. */
async function readBatch(thread: Worker, task: Task): Promise<readonly Finding[] | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Finding[] | undefined>();
  const timer = setTimeout(() => resolve(undefined), HANGS_MS);
  thread.once("message", resolve);
  thread.once("error", reject);
  thread.postMessage(task);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    thread.off("message", resolve);
    thread.off("error", reject);
  }
}

function hanging({ seed, from, inputs }: Task): Finding {
  const { target, input } = inputOf(seed, from);
  const what = `one of the inputs ${from} to ${from + inputs - 1} hangs; this is the first of them`;
  return { index: from, target: target.name, what, input };
}

async function keepFinding(finding: Finding, keep: string, seed: number): Promise<string[]> {
  const { index, target, what, input } = finding;
  const path = `${keep}/${seed}-${index}.bin`;
  await Deno.mkdir(keep, { recursive: true });
  await Deno.writeFile(path, input);
  return ["", `FINDING in ${target}, input ${index} of seed ${seed}, kept in ${path}`, what];
}
