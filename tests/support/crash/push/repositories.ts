/**
 * A repository for each namespace, with a record of every move of its branches.
 *
 * @module
 */
import { captureText } from "../../../../tools/process.ts";
import type { GitServer } from "../../git_server.ts";
import { FILE } from "./life.ts";

/** The seed's folder is `$0`, the copies are the names that follow. */
const COPY = 'for name; do cp -r "$0" "${0%/*}/$name.git" || exit 1; done';
const ANN = "Ann <ann@example.com>";

/** See the module's description. */
export interface Repositories {
  /** Where a namespace's is, for git. */
  folderOf(namespace: string): string;
  urlOf(namespace: string): string;
  /** Makes those of some namespaces, each with one commit. */
  make(namespaces: readonly string[]): Promise<void>;
  /** Somebody commits to a branch (full name), on top of what is there. */
  commitTag(namespace: string, tag: string, branch: string): Promise<void>;
}

/** On a server that is up. */
export async function openRepositories(server: GitServer): Promise<Repositories> {
  const { bareFolder: seed, bare } = await server.createRepository("seed");
  await bare("config", "core.logAllRefUpdates", "always");
  const folderOf = (namespace: string) => seed.replace(/[^/]+$/, `${namespace}.git`);
  return {
    folderOf,
    urlOf: (namespace) => `${server.url}/${namespace}.git`,
    async make(namespaces) {
      await run(["sh", "-c", COPY, seed, ...namespaces]);
      await Promise.all(namespaces.map((namespace) => {
        const other = fileOf("other.yaml", namespace, "0");
        return commit(folderOf(namespace), "refs/heads/main", [
          fileOf(FILE, namespace, "0"),
          other,
        ]);
      }));
    },
    commitTag: (namespace, tag, branch) =>
      commit(folderOf(namespace), branch, [fileOf(FILE, namespace, tag)], `${branch}^0`),
  };
}

/** A file with a value that the policy of a namespace may change. */
function fileOf(path: string, namespace: string, tag: string): string {
  const content = `image: example.test/web:${tag} # {"$imagepolicy": "${namespace}:app"}\n`;
  return `M 100644 inline ${path}\ndata ${content.length}\n${content}`;
}

/** By `git fast-import`: one program for a commit. */
async function commit(
  folder: string,
  branch: string,
  files: readonly string[],
  from?: string,
): Promise<void> {
  const lines = [
    `commit ${branch}`,
    `committer ${ANN} 1700000000 +0000`,
    "data 4\nby A",
    ...(from === undefined ? [] : [`from ${from}`]),
    ...files,
  ];
  await run(["git", "fast-import", "--quiet"], { cwd: folder, input: `${lines.join("\n")}\n` });
}

async function run(
  command: readonly string[],
  options: { readonly cwd?: string; readonly input?: string } = {},
): Promise<void> {
  const printed = await captureText(command, options);
  if (!printed.ok) throw new Error(printed.message);
}
