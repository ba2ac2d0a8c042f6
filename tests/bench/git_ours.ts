/**
 * Our git client as a worker of the benchmark.
 *
 * @module
 */
import { defaultBudget } from "../../lib/base/mod.ts";
import { openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { openSsh } from "../../lib/ssh/mod.ts";
import { serveJobs } from "./git_worker.ts";
import { valueOf } from "./worker.ts";

const MAIN = { branch: "main" };
await using http = openHttp();
await using ssh = openSsh();
const git = openGit({ http, ssh });
let commit = "";

await serveJobs({
  // As the controller does: nothing is fetched when the branch is where it was.
  async fetch({ url, ...login }) {
    const found = valueOf(await git.listRef(url, MAIN, login, defaultBudget()));
    if (found.commit !== commit) {
      commit = valueOf(await git.fetchTree(url, found, login, defaultBudget())).commit;
    }
    return commit;
  },
  async cloneOther({ url: _, ...login }, url) {
    const found = valueOf(await git.listRef(url, MAIN, login, defaultBudget()));
    return valueOf(await git.fetchTree(url, found, login, defaultBudget())).commit;
  },
  async poll({ url: _, ...login }, url) {
    valueOf(await git.listRef(url, MAIN, login, defaultBudget()));
  },
});
