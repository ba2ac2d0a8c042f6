/**
 * The git benchmark at its smallest size: that it runs, and what does not depend on how busy the machine is.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runGitBench } from "../bench/git.ts";
import { clientsTable, goals, pollsTable } from "../bench/git_report.ts";
import { captureText } from "../../tools/process.ts";
import { lacks } from "../support/requirements.ts";

const ignore = lacks("git", "install git") || lacks("sshd", "install openssh-server");
const POLLS = 40;
/** `MOST_PER_ORIGIN` of our client. */
const MOST_SOCKETS = 16;

Deno.test(
  { name: "git is measured, and an unchanged repository costs one request", ignore },
  async () => {
    const { rows, polls } = await runGitBench({ sizes: ["tiny"], runs: 1, polls: POLLS });

    const clients = rows.map(({ transport, client }) => `${transport} ${client}`);
    assert.deepEqual(clients, [
      "https ours",
      "https git",
      "https isomorphic-git",
      "ssh ours",
      "ssh git",
    ]);
    for (const row of rows) {
      for (const cost of [row.clone, row.unchanged, row.oneCommit]) assert.ok(cost.wallSeconds > 0);
      assert.ok(row.cloneBytes > row.oneCommitBytes || row.client !== "ours", row.client);
      assert.ok(row.oneCommitBytes > 0 && row.peakMib > 0, JSON.stringify(row));
      assert.match(clientsTable(rows), new RegExp(`\\| ${row.transport} \\| ${row.client} \\|`));
    }
    const [ours, git] = rows;
    assert.ok(ours && git);
    assert.equal(ours.unchangedRequests, 1);
    const inRunning = rows.filter((row) => (row.inRunning?.wallSeconds ?? 0) > 0);
    assert.deepEqual(inRunning.map(({ client }) => client), ["ours", "isomorphic-git", "ours"]);
    assert.ok(ours.oneCommitBytes <= 2 * git.oneCommitBytes);
    assert.equal(goals(rows).length, 2);

    const [first, again] = polls;
    assert.ok(first && again);
    assert.deepEqual([first.requests, again.requests], [2 * POLLS, POLLS]);
    // A connection may be closed a moment after the next one is open.
    assert.ok(again.mostSockets <= MOST_SOCKETS + 2, `${again.mostSockets} sockets`);
    assert.match(pollsTable(polls), new RegExp(`\\| ${POLLS} \\|`));
  },
);

Deno.test("ssh2 is loaded when the first server is met that speaks SSH, not before", async () => {
  const atStart = await modulesAtStart("lib/git/mod.ts");

  assert.ok(atStart.some((url) => url.endsWith("/lib/ssh/client.ts")), "our own client is");
  assert.deepEqual(atStart.filter((url) => url.startsWith("npm:")), []);
});

/** What `deno info --json` says. */
interface ModuleGraph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** Everything that is loaded along with a module; types are not. */
async function modulesAtStart(path: string): Promise<readonly string[]> {
  const cwd = new URL("../..", import.meta.url).pathname;
  const printed = await captureText([Deno.execPath(), "info", "--json", path], { cwd });
  const graph: ModuleGraph = JSON.parse(printed.ok ? printed.value : assert.fail(printed.message));
  const met = new Set(graph.roots);
  // What is met on the way is appended, and its turn comes.
  for (const url of met) {
    const { dependencies = [] } = graph.modules.find(({ specifier }) => specifier === url) ?? {};
    for (const { code, isDynamic } of dependencies) if (code && !isDynamic) met.add(code.specifier);
  }
  return [...met];
}
