/**
 * Repositories that tests push to, made by the real git.
 *
 * @module
 */
import { type CaptureOptions, captureText } from "../../tools/process.ts";

/** Where a repository is. */
export interface RepositoryPlaces {
  readonly name: string;
  /** What a controller fetches from. */
  readonly url: string;
  /** What the server serves. */
  readonly bareFolder: string;
  /** Where commits are made. */
  readonly workFolder: string;
  /** How its objects are named; by SHA-1 when absent. */
  readonly objectFormat?: "sha256";
}

/** What a commit changes. */
export interface CommitOptions {
  /** Files to write, by path; `null` removes one. */
  files?: Readonly<Record<string, string | Uint8Array | null>>;
  /** Paths to remove, files or folders, before files are written. */
  delete?: readonly string[];
  /** Commit message; `change N` when absent. */
  message?: string;
  /** Branch; made from the last commit when it is new. `main` when absent. */
  branch?: string;
  /** Signs the commit. */
  signer?: GitSigner;
}

/** Who signs commits and tags: git's settings. */
export interface GitSigner {
  /** `gpg.format`. */
  readonly format: "openpgp" | "ssh";
  /** `user.signingkey`. */
  readonly key: string;
  /** `gpg.program`; git's own choice when absent. */
  readonly program?: string;
}

/** A repository on a {@linkcode startGitServer} server. */
export interface TestRepository extends RepositoryPlaces {
  /** Commits, pushes, and gives the commit's id. */
  commit(change: CommitOptions): Promise<string>;
  /** Commits the files of a folder in place of all that was there, pushes, and gives the id. */
  pushFolder(folder: string, options?: { branch?: string; message?: string }): Promise<string>;
  /** Tags the last commit; with `message` as a tag object, which `signer` signs. */
  tag(name: string, message?: string, signer?: GitSigner): Promise<void>;
  /** Runs git in the folder where commits are made; throws when it fails. */
  git(...args: string[]): Promise<string>;
  /** The same in the folder that is served. */
  bare(...args: string[]): Promise<string>;
  /** Has git run a script at some point of a push: `pre-receive`. */
  writeHook(name: string, ...lines: readonly string[]): Promise<void>;
  /** Takes it away. */
  removeHook(name: string): Promise<void>;
}

/** No setting of this machine's user reaches git, and equal commits get equal ids. */
function gitEnvironment(seconds: number): Record<string, string> {
  return {
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Test Author",
    GIT_AUTHOR_EMAIL: "author@example.com",
    GIT_COMMITTER_NAME: "Test Committer",
    GIT_COMMITTER_EMAIL: "committer@example.com",
    GIT_AUTHOR_DATE: `${seconds} +0000`,
    GIT_COMMITTER_DATE: `${seconds} +0000`,
  };
}

const FIRST_COMMIT_SECONDS = 1_700_000_000;

/** Makes an empty repository. */
export async function openRepository(places: RepositoryPlaces): Promise<TestRepository> {
  let commits = 0;
  async function run(args: readonly string[], options: CaptureOptions = {}): Promise<string> {
    const env = gitEnvironment(FIRST_COMMIT_SECONDS + commits);
    const printed = await captureText(["git", ...args], { ...options, env });
    if (!printed.ok) throw new Error(printed.message);
    return printed.value.trim();
  }
  const { bareFolder, workFolder } = places;
  const git = (...args: string[]) => run(args, { cwd: workFolder });
  const bare = (...args: string[]) => run(args, { cwd: bareFolder });

  const init = ["init", "--quiet", "--initial-branch=main"];
  if (places.objectFormat !== undefined) init.push(`--object-format=${places.objectFormat}`);
  await run([...init, "--bare", bareFolder]);
  await run([...init, workFolder]);
  await bare("config", "http.receivepack", "true");
  await git("remote", "add", "origin", bareFolder);

  async function switchTo(branch: string): Promise<void> {
    const current = await git("symbolic-ref", "--short", "HEAD");
    if (current === branch) return;
    const known = await git("branch", "--list", branch);
    await git("switch", "--quiet", ...(known === "" ? ["--create", branch] : [branch]));
  }

  async function publish(
    branch: string,
    message: string | undefined,
    signer?: GitSigner,
  ): Promise<string> {
    commits++;
    await git("add", "--all", "--force", ".");
    const signing = signer === undefined ? [] : ["--gpg-sign"];
    const text = message ?? `change ${commits}`;
    const args = ["commit", "--quiet", "--allow-empty", "--message", text, ...signing];
    await git(...settingsOf(signer), ...args);
    await git("push", "--quiet", "--force", "origin", branch);
    return await git("rev-parse", "HEAD");
  }

  return {
    ...places,
    git,
    bare,
    async writeHook(name, ...lines) {
      const script = ["#!/bin/sh", ...lines, ""].join("\n");
      await Deno.writeTextFile(`${bareFolder}/hooks/${name}`, script, { mode: 0o755 });
    },
    removeHook: (name) => Deno.remove(`${bareFolder}/hooks/${name}`),
    async commit({ files = {}, delete: removed = [], message, branch = "main", signer }) {
      await switchTo(branch);
      for (const path of removed) await Deno.remove(`${workFolder}/${path}`, { recursive: true });
      for (const [path, content] of Object.entries(files)) {
        if (content === null) await Deno.remove(`${workFolder}/${path}`);
        else await writeFile(`${workFolder}/${path}`, content);
      }
      return await publish(branch, message, signer);
    },
    async pushFolder(folder, { branch = "main", message } = {}) {
      await switchTo(branch);
      for await (const entry of Deno.readDir(workFolder)) {
        if (entry.name !== ".git") {
          await Deno.remove(`${workFolder}/${entry.name}`, { recursive: true });
        }
      }
      await copyFolder(folder, workFolder);
      return await publish(branch, message);
    },
    async tag(name, message, signer) {
      const signing = signer === undefined ? "--annotate" : "--sign";
      const kind = message === undefined ? [] : [signing, "--message", message];
      await git(...settingsOf(signer), "tag", "--force", ...kind, name);
      await git("push", "--quiet", "--force", "origin", `refs/tags/${name}`);
    },
  };
}

function settingsOf(signer: GitSigner | undefined): readonly string[] {
  if (signer === undefined) return [];
  const { format, key, program } = signer;
  const settings = [`gpg.format=${format}`, `user.signingkey=${key}`];
  if (program !== undefined) settings.push(`gpg.program=${program}`);
  return settings.flatMap((setting) => ["-c", setting]);
}

async function writeFile(path: string, content: string | Uint8Array): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(path, bytes);
}

/** Copies files, executable bits and links. */
async function copyFolder(from: string, to: string): Promise<void> {
  for await (const entry of Deno.readDir(from)) {
    const source = `${from}/${entry.name}`;
    const target = `${to}/${entry.name}`;
    if (entry.isSymlink) {
      await Deno.symlink(await Deno.readLink(source), target);
    } else if (entry.isDirectory) {
      await Deno.mkdir(target, { recursive: true });
      await copyFolder(source, target);
    } else {
      await Deno.copyFile(source, target);
    }
  }
}
