/**
 * What the arguments of `deno task test` ask for.
 *
 * @module
 */
import { taskArguments } from "../../lib/base/mod.ts";

/** The stages in the order in which they run: the cheap ones first. */
export const STAGES = [
  "fmt",
  "lint",
  "check",
  "gen",
  "docs",
  "unit",
  "conformance",
  "fuzz",
  "integration",
  "faults",
  "e2e",
] as const;

/** One of {@linkcode STAGES}. */
export type StageName = typeof STAGES[number];

/** Stages that run `deno test`, and so know a filter. */
export const TEST_STAGES: readonly StageName[] = ["unit", "integration", "faults", "e2e"];

/** A run of the gate or of a part. */
export interface GateRun {
  readonly kind: "run";
  readonly stages: readonly StageName[];
  /** Areas or paths within the last of `stages`; all of it when empty. */
  readonly parts: readonly string[];
  /** Only tests whose name has this in it. */
  readonly filter: string | undefined;
  /** Use the cluster of `KUBECONFIG`. */
  readonly existingCluster: boolean;
  /** Tests that leave something to chance take their time. */
  readonly long: boolean;
}

/** What to do. */
export type GateRequest =
  | GateRun
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string };

/** Reads the arguments. */
export function parseGateArguments(args: readonly string[]): GateRequest {
  const words: string[] = [];
  let filter: string | undefined;
  let existingCluster = false;
  let long = false;
  const rest = [...taskArguments(args)];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--help" || word === "-h") return { kind: "help" };
    if (word === "--use-existing-cluster") existingCluster = true;
    else if (word === "--long") long = true;
    else if (word === "--filter") filter = rest.shift() ?? "";
    else if (word.startsWith("--filter=")) filter = word.slice("--filter=".length);
    else if (word.startsWith("-")) return mistake(`unknown option ${word}`);
    else words.push(word);
  }
  if (filter === "") return mistake("--filter needs a part of a test's name");
  const firstPart = words.findIndex((word) => !isStage(word));
  const named = words.slice(0, firstPart < 0 ? words.length : firstPart).filter(isStage);
  const parts = words.slice(named.length);
  if (parts.length > 0 && named.length === 0) {
    return mistake(`"${parts[0]}" is no stage; the stages are ${STAGES.join(", ")}`);
  }
  const stages = filter === undefined ? STAGES : TEST_STAGES;
  return {
    kind: "run",
    stages: named.length > 0 ? named : stages,
    parts,
    filter,
    existingCluster,
    long,
  };
}

function isStage(word: string): word is StageName {
  return STAGES.some((stage) => stage === word);
}

function mistake(message: string): GateRequest {
  return { kind: "mistake", message };
}
