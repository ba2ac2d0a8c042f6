/**
 * `deno task fuzz`: looks for inputs on which we and the real tool differ.
 *
 * @module
 */
import { fail, ok, type Result, taskArguments } from "../lib/base/mod.ts";
import { takeCallerFolder } from "./caller_folder.ts";
import { buildTool } from "./controlplane/build.ts";
import { cacheFolder } from "./controlplane/cache_folder.ts";
import { hunt, type Subject } from "./fuzz/hunt.ts";
import { kustomizeSubject } from "./fuzz/kustomize_subject.ts";
import { Peer } from "./fuzz/peer.ts";
import { yamlSubject } from "./fuzz/yaml_subject.ts";
import { openProgress, print, printError } from "./terminal.ts";

const SUBJECTS = { kustomize: kustomizeSubject, yaml: yamlSubject } as const;

const HELP =
  `Builds generated inputs with ours and with the real kustomize, and names every difference.

Usage: deno task fuzz SUBJECT [--seconds N] [--seed S] [--inputs N] [--most N]

Subjects: ${Object.keys(SUBJECTS).join(", ")}

Options:
  --seconds N   how long to look; default 60
  --seed S      begin here; the same seed makes the same inputs. Default: of the clock, printed
  --inputs N    stop after so many inputs; default none
  --most N      stop after so many differences; default 1
  --help        show this

Examples:
  deno task fuzz kustomize --seconds 20
  deno task fuzz kustomize --seconds 3600 --seed 7 --most 10
  deno task fuzz yaml --seed 7

Each difference is made as small as it gets and written to a folder in the form of tests/conformance/kustomize.`;

interface Arguments {
  readonly subject: keyof typeof SUBJECTS;
  readonly seconds: number;
  readonly seed: number;
  readonly inputs?: number;
  readonly most: number;
}

async function main(args: readonly string[]): Promise<number> {
  takeCallerFolder();
  const words = taskArguments(args);
  if (words.includes("--help") || words.includes("-h")) {
    print(HELP);
    return 0;
  }
  const read = parseArguments(words);
  if (!read.ok) {
    printError(`fuzz: ${read.message}; see deno task fuzz --help`);
    return 2;
  }
  const progress = openProgress();
  const program = await buildTool("kustomize", progress);
  if (!program.ok) return skip(program.message);
  const { subject, ...limits } = read.value;
  const scratch = await Deno.makeTempDir({ prefix: "sluice-fuzz-" });
  try {
    await using peer = new Peer(program.value, scratch);
    const made: Subject = SUBJECTS[subject](peer);
    print(`fuzz ${subject}: seed ${limits.seed}, ${limits.seconds} s`);
    const keep = `${cacheFolder()}/fuzz/${subject}`;
    const found = await hunt(made, { ...limits, keep, progress });
    for (const line of found.lines) print(line);
    print(`${found.inputs} passed, ${found.differences} failed, 0 skipped`);
    return found.differences > 0 || found.inputs === 0 ? 1 : 0;
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Without the peer there is nothing to compare with; where that may not be, it is a failure. */
function skip(reason: string): number {
  const inCi = Deno.env.get("CI") === "true";
  print(`${inCi ? "cannot run" : "skipped"}: ${reason}`);
  print(inCi ? "0 passed, 1 failed, 0 skipped" : "0 passed, 0 failed, 1 skipped");
  return inCi ? 1 : 0;
}

function parseArguments(words: readonly string[]): Result<Arguments> {
  const [subject = "", ...rest] = words;
  if (subject !== "kustomize" && subject !== "yaml") {
    return fail("BadArguments", `"${subject}" is none of ${Object.keys(SUBJECTS).join(", ")}`);
  }
  const numbers: Record<string, number> = {};
  while (rest.length > 0) {
    const [name = "", value = ""] = (rest.shift() ?? "").split("=");
    const text = value === "" ? rest.shift() ?? "" : value;
    if (!["--seconds", "--seed", "--inputs", "--most"].includes(name)) {
      return fail("BadArguments", `unknown option ${name}`);
    }
    if (!/^\d{1,9}$/.test(text)) return fail("BadArguments", `${name} needs a whole number`);
    numbers[name.slice(2)] = Number(text);
  }
  return ok({ subject, seconds: 60, seed: Date.now() % 1_000_000, most: 1, ...numbers });
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
