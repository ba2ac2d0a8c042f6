/**
 * `deno task fuzz`: looks for inputs on which we and the real tool differ, or on which we fail without meaning to.
 *
 * @module
 */
import { fail, ok, type Result, taskArguments } from "../lib/base/mod.ts";
import { takeCallerFolder } from "./caller_folder.ts";
import { buildTool } from "./controlplane/build.ts";
import { cacheFolder } from "./controlplane/cache_folder.ts";
import { huntGit } from "../tests/fuzz/hunt.ts";
import { hunt, type HuntResult, type Subject } from "./fuzz/hunt.ts";
import { kustomizeSubject } from "./fuzz/kustomize_subject.ts";
import { Peer } from "./fuzz/peer.ts";
import { yamlSubject } from "./fuzz/yaml_subject.ts";
import { openProgress, print, printError } from "./terminal.ts";

const SUBJECTS = { kustomize: kustomizeSubject, yaml: yamlSubject } as const;
const SUBJECT_NAMES = [...Object.keys(SUBJECTS), "git"];

const HELP =
  `Builds generated inputs with ours and with the real kustomize, and names every difference. Of git it damages what
servers send (packs, pkt-lines, trees, commits, .gitmodules) and what is trusted (known_hosts, keys, signatures): each
is read or refused, within its budget, and git reads the same in what we take.

Usage: deno task fuzz SUBJECT [--seconds N] [--seed S] [--inputs N] [--most N]

Subjects: ${SUBJECT_NAMES.join(", ")}

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
  deno task fuzz git --seconds 60

Each difference is made as small as it gets and written to a folder in the form of tests/conformance/kustomize.`;

interface Arguments {
  readonly subject: keyof typeof SUBJECTS | "git";
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
  const { subject, ...limits } = read.value;
  const progress = openProgress();
  if (subject === "git") {
    print(`fuzz git: seed ${limits.seed}, ${limits.seconds} s`);
    return close(await huntGit({ ...limits, keep: `${cacheFolder()}/fuzz/git`, progress }));
  }
  const program = await buildTool("kustomize", progress);
  if (!program.ok) return skip(program.message);
  const scratch = await Deno.makeTempDir({ prefix: "sluice-fuzz-" });
  try {
    await using peer = new Peer(program.value, scratch);
    const made: Subject = SUBJECTS[subject](peer);
    print(`fuzz ${subject}: seed ${limits.seed}, ${limits.seconds} s`);
    const keep = `${cacheFolder()}/fuzz/${subject}`;
    return close(await hunt(made, { ...limits, keep, progress }));
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Prints what was found, and gives the exit code. */
function close({ inputs, differences, lines }: HuntResult): number {
  for (const line of lines) print(line);
  print(`${inputs} passed, ${differences} failed, 0 skipped`);
  return differences > 0 || inputs === 0 ? 1 : 0;
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
  if (subject !== "kustomize" && subject !== "yaml" && subject !== "git") {
    return fail("BadArguments", `"${subject}" is none of ${SUBJECT_NAMES.join(", ")}`);
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
