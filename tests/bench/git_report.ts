/**
 * What the git benchmark prints.
 *
 * @module
 */
import { formatCost, goal, markdownTable, MIB } from "./cost.ts";
import type { Row } from "./git_measure.ts";
import type { Poll } from "./git_polls.ts";

const COLUMNS = [
  "repository",
  "by",
  "client",
  "clone",
  "without start",
  "in a running process",
  "bytes",
  "peak",
  "unchanged",
  "beyond the server",
  "bytes",
  "one commit",
  "bytes",
];
const POLL_COLUMNS = ["repositories", "all", "least", "median", "most", "sockets", "requests"];
const MOST_BEYOND_MS = 15;
const MOST_SSH_SECONDS = 0.05;
const BASE_MIB = 60;

/** A table of all clients: seconds that passed, processor seconds in parentheses. */
export function clientsTable(rows: readonly Row[]): string {
  return markdownTable(
    COLUMNS,
    rows.map((row) => [
      `${row.repository}, ${row.packMib} MiB`,
      row.transport,
      row.client,
      formatCost(row.clone),
      row.inside === undefined ? "–" : formatCost(row.inside),
      row.inRunning === undefined ? "–" : formatCost(row.inRunning),
      bytes(row.cloneBytes),
      `${row.peakMib} MiB`,
      formatCost(row.unchanged),
      row.beyondServerMs === undefined ? "–" : `${row.beyondServerMs.toFixed(1)} ms`,
      bytes(row.unchangedBytes),
      formatCost(row.oneCommit),
      bytes(row.oneCommitBytes),
    ]),
  );
}

/** A table of polls. */
export function pollsTable(polls: readonly Poll[]): string {
  return markdownTable(
    POLL_COLUMNS,
    polls.map((poll) => [
      `${poll.count}`,
      formatCost(poll),
      `${poll.leastSeconds.toFixed(3)} s`,
      `${poll.medianSeconds.toFixed(3)} s`,
      `${poll.mostSeconds.toFixed(3)} s`,
      `${poll.mostSockets}`,
      `${poll.requests}`,
    ]),
  );
}

/** What was aimed at, with what was reached. */
export function goals(rows: readonly Row[]): readonly string[] {
  return rows.filter(({ client }) => client === "ours").flatMap((ours) => {
    const git = rows.find((row) =>
      row.client === "git" && row.repository === ours.repository && row.transport === ours.transport
    );
    if (git === undefined) return [];
    const ratio = ours.clone.wallSeconds / git.clone.wallSeconds;
    const running = (ours.inRunning?.wallSeconds ?? NaN) / git.clone.wallSeconds;
    const bytesRatio = ours.oneCommitBytes / git.oneCommitBytes;
    const most = BASE_MIB + 3 * ours.packMib;
    const beyond = ours.beyondServerMs;
    const checks = [
      goal(ratio <= 1, `clone ${ratio.toFixed(2)} × git's time (1)`),
      goal(running <= 1, `clone in a running process ${running.toFixed(2)} × git's time (1)`),
      goal(bytesRatio <= 2, `one commit ${bytesRatio.toFixed(2)} × git's bytes (2)`),
      goal(ours.peakMib <= most, `peak ${ours.peakMib} MiB (${most.toFixed(0)})`),
      beyond === undefined
        ? goal(
          ours.unchanged.wallSeconds <= MOST_SSH_SECONDS,
          `unchanged ${(ours.unchanged.wallSeconds * 1_000).toFixed(0)} ms (50)`,
        )
        : goal(
          beyond <= MOST_BEYOND_MS && ours.unchangedRequests === 1,
          `unchanged ${beyond.toFixed(1)} ms beyond the server (15), ` +
            `${ours.unchangedRequests} request (1)`,
        ),
    ];
    return [`${ours.repository} by ${ours.transport}: ${checks.join("; ")}`];
  });
}

function bytes(count: number): string {
  return count < MIB ? `${(count / 1024).toFixed(1)} KiB` : `${(count / MIB).toFixed(1)} MiB`;
}
