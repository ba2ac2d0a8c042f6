/**
 * The files of submodules, put where a commit has them.
 *
 * @module
 */
import { type Budget, fail, type FileEntry, type FileTree, ok, type Result } from "../base/mod.ts";
import { publicUrl } from "../http/mod.ts";
import { refuseLinkCollisions } from "./checkout.ts";
import type { Credentials, GitClient } from "./client.ts";
import { asResult, invalid } from "./failure.ts";
import { givenCommit } from "./find_ref.ts";
import { hasControls, parseGitmodules } from "./gitmodules.ts";
import { submoduleLogin, submoduleUrl } from "./submodule_url.ts";

/** A repository and how it was reached. */
export interface SubmoduleParent {
  /** Its address. */
  readonly url: string;
  /** How it was logged in to. */
  readonly login: Credentials | undefined;
  /** The files of its commit. */
  readonly tree: FileTree;
}

/** Submodules of submodules: as deep as Flux goes. */
const MOST_DEPTH = 10;
/** In all. */
const MOST_SUBMODULES = 200;

/**
 * The tree with the files of its submodules in it, and of theirs: the commits that the trees pin, fetched from
 * where `.gitmodules` says. All of them together spend one budget. A submodule that `.gitmodules` does not
 * name stays the empty folder it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, treeOf } from "../base/mod.ts";
 * import { openHttp } from "../http/mod.ts";
 * import { openGit } from "./open_git.ts";
 * await using http = openHttp();
 * const parent = { url: "https://host/app", login: undefined, tree: treeOf({ "a.yaml": "a: 1" }) };
 * const got = await fetchSubmodules(openGit({ http }), parent, defaultBudget());
 * assert.deepEqual(got.ok && [...got.value.keys()], ["a.yaml"]);
 * ```
 */
export async function fetchSubmodules(
  git: Pick<GitClient, "fetchTree">,
  parent: SubmoduleParent,
  budget: Budget,
): Promise<Result<FileTree>> {
  const expanded = await asResult(async () => {
    const walk = new SubmoduleWalk(git, budget);
    walk.spend(parent.tree);
    const tree = await walk.expand(parent, 0);
    refuseLinkCollisions(tree);
    return ok(tree);
  });
  return expanded.ok ? expanded : fail("Submodule", expanded.message, expanded);
}

class SubmoduleWalk {
  readonly #git: Pick<GitClient, "fetchTree">;
  #left: Budget;
  #count = 0;

  constructor(git: Pick<GitClient, "fetchTree">, budget: Budget) {
    this.#git = git;
    this.#left = budget;
  }

  /** What was fetched is taken from what the next may cost. */
  spend(tree: FileTree): void {
    let bytes = 0;
    for (const { sizeBytes = 0 } of tree.values()) bytes += sizeBytes;
    this.#left = {
      ...this.#left,
      bytes: Math.max(0, this.#left.bytes - bytes),
      entries: Math.max(0, this.#left.entries - tree.size),
    };
  }

  async expand(parent: SubmoduleParent, depth: number): Promise<FileTree> {
    const pinned = pinnedCommits(parent.tree);
    if (pinned.size === 0) return parent.tree;
    const urls = submoduleUrls(parent.tree);
    const files = new Map<string, FileEntry>(parent.tree);
    for (const [path, commit] of pinned) {
      const url = urls.get(path);
      if (url === undefined) continue;
      if (depth === MOST_DEPTH) {
        throw invalid(`submodule ${JSON.stringify(path)}: more than ${MOST_DEPTH} deep`);
      }
      const inner = await this.#fetch(parent, { path, url, commit }, depth);
      if (inner.size > 0) files.delete(path);
      for (const [name, entry] of inner) files.set(`${path}/${name}`, entry);
    }
    return files;
  }

  async #fetch(
    parent: SubmoduleParent,
    { path, url: written, commit }: { path: string; url: string; commit: string },
    depth: number,
  ): Promise<FileTree> {
    if (++this.#count > MOST_SUBMODULES) throw invalid(`more than ${MOST_SUBMODULES} submodules`);
    const url = submoduleUrl(parent.url, written);
    const fetched = url.ok ? await this.#fetchTree(parent, url.value, commit) : url;
    if (!fetched.ok) {
      const from = url.ok ? ` from '${publicUrl(url.value)}'` : "";
      const why = `submodule ${JSON.stringify(path)}${from}: ${fetched.message}`;
      throw invalid(why);
    }
    this.spend(fetched.value.tree);
    return await this.expand(fetched.value, depth + 1);
  }

  async #fetchTree(
    parent: SubmoduleParent,
    url: string,
    commit: string,
  ): Promise<Result<SubmoduleParent>> {
    if (this.#left.bytes === 0 || this.#left.entries === 0) {
      return fail("TooLarge", "the repositories before it have used up what one may hold");
    }
    const login = submoduleLogin(parent.url, url, parent.login);
    const fetched = await this.#git.fetchTree(url, givenCommit({ commit }), login, this.#left);
    return fetched.ok ? ok({ url, login, tree: fetched.value.tree }) : fetched;
  }
}

/** The commits of submodules by folder. */
function pinnedCommits(tree: FileTree): ReadonlyMap<string, string> {
  const pinned = new Map<string, string>();
  for (const [path, { mode, commit }] of tree) {
    if (mode !== "160000" || commit === undefined) continue;
    if (hasControls(path)) {
      throw invalid(`submodule ${JSON.stringify(path)}: a name with control characters`);
    }
    pinned.set(path, commit);
  }
  return pinned;
}

function submoduleUrls(tree: FileTree): ReadonlyMap<string, string> {
  const file = tree.get(".gitmodules");
  if (file === undefined) return new Map();
  return new Map(parseGitmodules(file.read()).map(({ path, url }) => [path, url]));
}
