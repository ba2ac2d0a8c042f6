/**
 * Trees and commits that we take: git has to read the same in them.
 *
 * @module
 */
import { parseCommit } from "../../lib/git/commit.ts";
import { GitError } from "../../lib/git/failure.ts";
import { SHA1 } from "../../lib/git/object_format.ts";
import { parseTree } from "../../lib/git/tree.ts";
import { gitObjectId } from "../../lib/testing/git_objects.ts";
import { captureText } from "../../tools/process.ts";
import { type Finding, inputOf, type Task } from "./worker.ts";

/** Of one batch and type; each costs a process. */
const MOST = 8;

type Type = "tree" | "commit";

interface Taken {
  readonly index: number;
  readonly input: Uint8Array;
  readonly id: string;
  /** What we read, in git's words. */
  readonly ours: string;
}

/** A repository that damaged objects are put into. */
export async function openScratch(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-fuzz-git-" });
  await git(folder, ["init", "--quiet", "--bare", "."]);
  return folder;
}

/** What git reads otherwise in the inputs of a batch. */
export async function compareWithGit(task: Task, scratch: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const type of ["tree", "commit"] as const) {
    const taken = takenInputs(task, type);
    const theirs = await readByGit(scratch, type, taken);
    for (const [at, { index, input, ours }] of taken.entries()) {
      const text = theirs[at];
      if (text === undefined || text === ours) continue;
      findings.push({ index, target: type, input, what: `git reads\n${text}\nand we\n${ours}` });
    }
  }
  return findings;
}

function takenInputs({ seed, from, inputs }: Task, type: Type): readonly Taken[] {
  const taken: Taken[] = [];
  for (let index = from; index < from + inputs && taken.length < MOST; index++) {
    const { target, input } = inputOf(seed, index);
    if (target.name !== type) continue;
    const ours = type === "tree" ? treeText(input) : commitText(input);
    if (ours !== undefined) taken.push({ index, input, id: gitObjectId(type, input), ours });
  }
  return taken;
}

function treeText(input: Uint8Array): string | undefined {
  return ifTaken(() =>
    parseTree(SHA1, input).map(({ mode, name, id }) => `${mode} ${name} ${id}\n`).join("")
  );
}

function commitText(input: Uint8Array): string | undefined {
  return ifTaken(() => {
    const { tree, parents } = parseCommit(SHA1, input);
    return `${tree} ${parents.join(" ")}`;
  });
}

function ifTaken(step: () => string): string | undefined {
  try {
    return step();
  } catch (thrown) {
    if (thrown instanceof GitError) return undefined;
    throw thrown;
  }
}

/** What git reads in each; nothing in what it refuses. */
async function readByGit(
  folder: string,
  type: Type,
  taken: readonly Taken[],
): Promise<readonly (string | undefined)[]> {
  if (taken.length === 0) return [];
  const paths: string[] = [];
  for (const { input, index } of taken) {
    const path = `${folder}/input-${index}`;
    await Deno.writeFile(path, input);
    paths.push(path);
  }
  const hash = ["hash-object", "-t", type, "-w", "--literally", "--stdin-paths"];
  const stored = await git(folder, hash, paths.join("\n"));
  if (stored === undefined) throw new Error(`git stores no ${type}`);
  if (type === "tree") return await Promise.all(taken.map(({ id }) => lsTree(folder, id)));
  const read = ["log", "--no-walk=unsorted", "--stdin", "--format=%H %T %P"];
  const texts = await Promise.all(taken.map(({ id }) => git(folder, read, id)));
  return texts.map((text) => text?.replace(/\n$/, "").slice("0".repeat(41).length));
}

/** `ls-tree` in our order of words; modes as they are written in the object. */
async function lsTree(folder: string, id: string): Promise<string | undefined> {
  const text = await git(folder, ["ls-tree", "-z", id]);
  return text?.split("\0").filter((line) => line !== "").map((line) => {
    const [, mode = "", object = "", name = ""] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(line) ?? [];
    return `${mode.replace(/^0+/, "").replace("100664", "100644")} ${name} ${object}\n`;
  }).join("");
}

async function git(
  folder: string,
  args: readonly string[],
  input?: string,
): Promise<string | undefined> {
  const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_DIR: folder };
  const ran = await captureText(["git", ...args], {
    cwd: folder,
    env,
    ...(input !== undefined && { input: new TextEncoder().encode(input) }),
  });
  return ran.ok ? ran.value : undefined;
}
