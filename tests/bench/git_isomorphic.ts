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
    const common = { fs, http, dir: folder, gitdir: folder, singleBranch: true, depth: 1 };
    if (isCloned) await git.fetch({ ...common, ref: "main", remote: "origin", tags: false });
    else await git.clone({ ...common, url, ref: "main", noCheckout: true, noTags: true });
    isCloned = true;
    return await git.resolveRef({ fs, gitdir: folder, ref: "refs/remotes/origin/main" });
  },
});
