/**
 * isomorphic-git as a worker of the benchmark: a repository without files on disk.
 *
 * @module
 */
import fs from "node:fs";
import git from "isomorphic-git";
import http from "isomorphic-git/http/web";
import { serveJobs } from "./git_worker.ts";

let isCloned = false;

await serveJobs({
  async fetch({ url, folder }) {
    const repository = commonOf(folder);
    if (isCloned) await git.fetch({ ...repository, ref: "main", remote: "origin", tags: false });
    else await clone(url, folder);
    isCloned = true;
    return await headOf(folder);
  },
  async cloneOther({ folder }, url) {
    await clone(url, `${folder}/other`);
    return await headOf(`${folder}/other`);
  },
});

function commonOf(folder: string) {
  return { fs, http, dir: folder, gitdir: folder, singleBranch: true, depth: 1 };
}

async function clone(url: string, folder: string): Promise<void> {
  await git.clone({ ...commonOf(folder), url, ref: "main", noCheckout: true, noTags: true });
}

async function headOf(folder: string): Promise<string> {
  return await git.resolveRef({ fs, gitdir: folder, ref: "refs/remotes/origin/main" });
}
