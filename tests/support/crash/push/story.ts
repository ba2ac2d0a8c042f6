/**
 * What became of a repository, as its own records tell: every move of every branch, and every commit that
 * was ever on one.
 *
 * @module
 */
import { captureText } from "../../../../tools/process.ts";

/** A branch went from one commit to another. */
export interface RefMove {
  /** Full name. */
  readonly ref: string;
  /** Nothing when the branch was new. */
  readonly from: string | undefined;
  readonly to: string;
}

/** What a commit did to a file. */
export interface FileChange {
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** A commit. */
export interface ToldCommit {
  readonly id: string;
  readonly parents: readonly string[];
  /** Address of the committer. */
  readonly by: string;
  /** By path. */
  readonly changes: ReadonlyMap<string, FileChange>;
}

/** The history of a repository. */
export interface Story {
  /** In order, branch by branch. */
  readonly moves: readonly RefMove[];
  /** By id, parents first. */
  readonly commits: ReadonlyMap<string, ToldCommit>;
}

const NOTHING = /^0+$/;
const FORMAT = ["%H", "%P", "%ce", ""].join("%x00");
const FIELDS = 4;

/** Reads the story of a bare repository that has `core.logAllRefUpdates` set. */
export async function readStory(bareFolder: string): Promise<Story> {
  const moves: RefMove[] = [];
  for await (const { name } of Deno.readDir(`${bareFolder}/logs/refs/heads`)) {
    const log = await Deno.readTextFile(`${bareFolder}/logs/refs/heads/${name}`);
    moves.push(...parseMoves(`refs/heads/${name}`, log));
  }
  const how = ["--all", "--reflog", "--reverse", "--topo-order", "--no-renames", "--unified=0"];
  const command = ["git", "log", ...how, "--patch", `--format=%x00${FORMAT}`];
  const printed = await captureText(command, { cwd: bareFolder });
  if (!printed.ok) throw new Error(printed.message);
  return { moves, commits: parseCommits(printed.value) };
}

/** The lines of a reflog: `OLD NEW WHO TIME ZONE⇥WHY`. */
export function parseMoves(ref: string, log: string): RefMove[] {
  return log.split("\n").filter((line) => line !== "").map((line) => {
    const [from = "", to = ""] = line.split(" ");
    return { ref, from: NOTHING.test(from) ? undefined : from, to };
  });
}

/** The output of `git log` as asked for above. */
export function parseCommits(printed: string): Map<string, ToldCommit> {
  const commits = new Map<string, ToldCommit>();
  const [, ...fields] = printed.split("\0");
  while (fields.length > 0) {
    const [id = "", parents = "", by = "", patch = ""] = fields.splice(0, FIELDS);
    const ids = parents.split(" ").filter((parent) => parent !== "");
    commits.set(id, { id, parents: ids, by, changes: parsePatch(patch) });
  }
  return commits;
}

function parsePatch(patch: string): Map<string, FileChange> {
  const changes = new Map<string, { removed: string[]; added: string[] }>();
  let current: { removed: string[]; added: string[] } | undefined;
  let isInHunk = false;
  for (const line of patch.split("\n")) {
    const [, path] = /^diff --git a\/.* b\/(.*)$/.exec(line) ?? [];
    if (path !== undefined) {
      current = { removed: [], added: [] };
      changes.set(path, current);
      isInHunk = false;
    } else if (line.startsWith("@@ ")) isInHunk = true;
    else if (isInHunk && line.startsWith("-")) current?.removed.push(line.slice(1));
    else if (isInHunk && line.startsWith("+")) current?.added.push(line.slice(1));
  }
  return changes;
}

/** Where a branch is in the end. */
export function tipOf({ moves }: Story, ref: string): string | undefined {
  return moves.findLast((move) => move.ref === ref)?.to;
}

/** Whether `id` is `of`, or behind it. */
export function isBehind({ commits }: Story, id: string, of: string): boolean {
  const open = [of];
  const met = new Set(open);
  for (const each of open) {
    if (each === id) return true;
    for (const parent of commits.get(each)?.parents ?? []) {
      if (!met.has(parent)) open.push(parent);
      met.add(parent);
    }
  }
  return false;
}
