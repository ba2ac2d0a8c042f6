/**
 * The loop of the fuzzer: make inputs, compare, shrink what differs, keep it.
 *
 * @module
 */
import fc from "fast-check";
import type { Progress } from "../terminal.ts";
import { differ, type Difference, type Outcome, wayOf } from "./compare.ts";
import type { Json, Make } from "./model.ts";
import { Panics } from "./panics.ts";
import type { Peer } from "./peer.ts";
import type { Files } from "./render.ts";
import { shrink } from "./shrink.ts";

/** What is fuzzed. */
export interface Subject {
  /** Makes models of inputs. */
  readonly models: Make;
  /** The program to compare with. */
  readonly peer: Peer;
  /** The folder that is built. */
  readonly target: string;
  /** A model as files. */
  render(model: Json): Files;
  /** What ours makes of them. */
  build(files: Files): Outcome;
  /** True for a difference that is known and explained in the specification. */
  isKnown(difference: Difference, files: Files): boolean;
  /** Learns of every input. */
  count(model: Json, theirs: Outcome): void;
  /** What to print at the end. */
  report(): readonly string[];
}

/** How long to look. */
export interface HuntOptions {
  readonly seconds: number;
  readonly seed: number;
  /** How many inputs are enough; the time decides alone when absent. */
  readonly inputs?: number;
  /** How many differences are enough. */
  readonly most: number;
  /** Folder that gets the differences. */
  readonly keep: string;
  readonly progress: Progress;
}

/** What came of it. */
export interface HuntResult {
  readonly inputs: number;
  readonly differences: number;
  readonly lines: readonly string[];
}

const BATCH = 60;
/** One waits for the other program while another computes. */
const LANES = 3;

/** Looks for differences until the time is up or enough are found. */
export async function hunt(subject: Subject, options: HuntOptions): Promise<HuntResult> {
  const deadline = performance.now() + options.seconds * 1_000;
  const lines: string[] = [];
  let inputs = 0;
  let differences = 0;
  const kept = new Set<string>();
  const panics = new Panics();
  const { most, inputs: enough = Infinity } = options;
  const isOver = () => performance.now() > deadline || differences >= most || inputs >= enough;
  for (let batch = 0; !isOver(); batch++) {
    // One seed for a batch: any input is found again by seed, batch and position.
    const models = fc.sample(subject.models, { seed: options.seed + batch, numRuns: BATCH });
    const rest = [...models.entries()];
    await Promise.all(Array.from({ length: LANES }, async () => {
      for (let next = rest.shift(); next !== undefined && !isOver(); next = rest.shift()) {
        const [position, model] = next;
        const difference = await compare(subject, model, panics);
        inputs++;
        if (difference === undefined) continue;
        const small = await shrink(model, async (smaller) => {
          const there = await compare(subject, smaller);
          return there !== undefined && wayOf(there) === wayOf(difference);
        });
        const key = JSON.stringify(small);
        if (kept.has(key)) continue;
        kept.add(key);
        differences++;
        const name = `${options.seed + batch}-${position}`;
        lines.push(...await keep(subject, small, `${options.keep}/${name}`, options.seed + batch));
      }
    }));
    options.progress.update(`${inputs} inputs, ${differences} differences`);
  }
  return { inputs, differences, lines: [...subject.report(), ...panics.lines(), ...lines] };
}

/** A difference counts when the real tool says the same four times, each in a process of its own. */
async function compare(
  subject: Subject,
  model: Json,
  panics?: Panics,
): Promise<Difference | undefined> {
  const files = subject.render(model);
  const { peer, target } = subject;
  const building = peer.build(files, target);
  const ours = subject.build(files);
  const theirs = await building;
  if (panics !== undefined) {
    subject.count(model, theirs);
    panics.count(theirs, ours);
  }
  const difference = differ(theirs, ours);
  if (difference === undefined || subject.isKnown(difference, files)) return undefined;
  for (let again = 0; again < 4; again++) {
    const once = await peer.buildAlone(files, target);
    if (differ(theirs, once) !== undefined) return undefined;
  }
  return difference;
}

async function keep(
  subject: Subject,
  model: Json,
  folder: string,
  seed: number,
): Promise<string[]> {
  const files = subject.render(model);
  const theirs = await subject.peer.buildAlone(files, subject.target);
  const ours = subject.build(files);
  for (const [path, text] of Object.entries(files)) {
    const full = `${folder}/input/${path}`;
    await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(full, text);
  }
  const want = theirs.kind === "built" ? "want.yaml" : "want.error";
  await Deno.writeTextFile(`${folder}/${want}`, theirs.text);
  await Deno.writeTextFile(
    `${folder}/from.md`,
    `Found by the fuzzer with seed ${seed}: \`kustomize build ${subject.target}\` of v5.8.2.\n`,
  );
  return [
    "",
    `DIFFERENCE, kept in ${folder}`,
    ...Object.entries(files).flatMap(([path, text]) => [`--- ${path}`, text.trimEnd()]),
    `=== theirs: ${theirs.kind}`,
    theirs.text.slice(0, 1_500),
    `=== ours: ${ours.kind}`,
    ours.text.slice(0, 1_500),
  ];
}
