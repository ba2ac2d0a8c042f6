/**
 * The commits between two commits, without their files.
 *
 * What a server leaves out is not taken on trust: a parent that it did not send is either the commit we
 * start from, or proved by ids to lie behind it.
 *
 * @module
 */
import { type Budget, fail, type Failure, Meter, ok, type Result } from "../base/mod.ts";
import type { Advertisement } from "./advertisement.ts";
import type { CommitRange, HistoryCommit } from "./client.ts";
import { parseCommit, type ParsedCommit } from "./commit.ts";
import { invalid } from "./failure.ts";
import type { ObjectFormat } from "./object_format.ts";
import type { Pack } from "./pack.ts";
import { pktLine, pktLines } from "./pkt_line.ts";
import { AGENT, commandLines, VERSION_0_FEATURES } from "./upload_pack.ts";

/** What a server sent. */
export interface FetchedPack {
  readonly pack: Pack;
  readonly format: ObjectFormat;
}

/** Asks for `want` and its history, without what is behind `have`. */
export type FetchPack = (want: string, have: string | undefined) => Promise<Result<FetchedPack>>;

/** More in one range are more than anybody signs between two looks. */
const MOST_COMMITS = 100_000;

/**
 * The request for a commit and its history; without files and folders from servers that can leave them
 * out, and without what is behind `have`.
 */
export function historyRequest(
  server: Advertisement,
  want: string,
  have: string | undefined,
): Uint8Array {
  const haves = have === undefined ? [] : [`have ${have}\n`];
  if (server.version === 2) {
    const filters = server.features.get("fetch")?.split(" ").includes("filter");
    return pktLines([
      ...commandLines(server, "fetch"),
      null,
      "no-progress\n",
      "ofs-delta\n",
      ...(filters ? ["filter tree:0\n"] : []),
      `want ${want}\n`,
      ...haves,
      "done\n",
    ]);
  }
  const known = VERSION_0_FEATURES.filter((name) => server.features.has(name));
  const filters = server.features.has("filter");
  const features = [...known, ...(filters ? ["filter"] : []), `agent=${AGENT}`];
  const wants = pktLines([
    `want ${want} ${features.join(" ")}\n`,
    ...(filters ? ["filter tree:0\n"] : []),
  ]);
  const rest = [...haves, "done\n"].map(pktLine).join("");
  return new Uint8Array([...wants, ...new TextEncoder().encode(rest)]);
}

/** The commits of `range`, newest first. */
export async function readHistory(
  range: CommitRange,
  fetchPack: FetchPack,
  budget: Budget,
): Promise<Result<readonly HistoryCommit[]>> {
  const near = await fetchPack(range.to, range.from);
  if (!near.ok) return near;
  const quick = walk(range, new CommitGraph(near.value, budget), new Set([range.from]));
  if (quick !== "incomplete") return ok(quick);
  // The server left out what it takes for known: older branches that were merged, or, after a forced push,
  // all that both histories have in common. Which commits those are only the whole history shows.
  const whole = await fetchPack(range.to, undefined);
  if (!whole.ok) return whole;
  const graph = new CommitGraph(whole.value, budget);
  const known = await behind(range.from, graph, fetchPack, budget);
  if (!known.ok) return known;
  const all = walk(range, graph, known.value);
  return all === "incomplete" ? shallow(range.to) : ok(all);
}

/** Everything that `from` leads to, itself with it. */
async function behind(
  from: string,
  graph: CommitGraph,
  fetchPack: FetchPack,
  budget: Budget,
): Promise<Result<ReadonlySet<string>>> {
  let source = graph;
  if (source.read(from) === undefined) {
    const old = await fetchPack(from, undefined);
    // A server that has forgotten the old commit cannot show what was behind it: all of it is new then.
    if (!old.ok) return old.code === "UnknownCommit" ? ok(new Set([from])) : old;
    source = new CommitGraph(old.value, budget);
  }
  const known = new Set([from]);
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const commit = source.read(id);
    if (commit === undefined) return shallow(from);
    for (const parent of commit.parents) {
      if (known.has(parent)) continue;
      known.add(parent);
      open.push(parent);
    }
  }
  return ok(known);
}

/** The commits that `range.to` leads to, up to the known ones; incomplete when one of them is not there. */
function walk(
  { to, firstParentOnly }: CommitRange,
  graph: CommitGraph,
  known: ReadonlySet<string>,
): readonly HistoryCommit[] | "incomplete" {
  const met = new Set([...known, to]);
  const open = known.has(to) ? [] : [to];
  const found: HistoryCommit[] = [];
  // What is met on the way is appended, and its turn comes.
  for (const id of open) {
    const commit = graph.read(id);
    if (commit === undefined) return "incomplete";
    const { parents, author, raw } = commit;
    found.push({ id, parents, author, raw });
    for (const parent of firstParentOnly ? parents.slice(0, 1) : parents) {
      if (met.has(parent)) continue;
      met.add(parent);
      open.push(parent);
    }
  }
  return found;
}

function shallow(id: string): Failure {
  return fail("InvalidData", `The server does not send the whole history of the commit ${id}`);
}

/** The commits of a pack, each parsed once. */
class CommitGraph {
  readonly #fetched: FetchedPack;
  readonly #meter: Meter;
  readonly #commits = new Map<string, ParsedCommit & { raw: Uint8Array }>();

  constructor(fetched: FetchedPack, budget: Budget) {
    this.#fetched = fetched;
    this.#meter = new Meter(budget);
  }

  read(id: string): (ParsedCommit & { raw: Uint8Array }) | undefined {
    const { pack, format } = this.#fetched;
    const seen = this.#commits.get(id);
    if (seen !== undefined || pack.describe(id)?.type !== "commit") return seen;
    if (this.#commits.size === MOST_COMMITS) {
      throw invalid(`There are more than ${MOST_COMMITS} commits in the history`);
    }
    this.#meter.spendEntries(1, "a history");
    this.#meter.checkTime("a history");
    const raw = pack.read(id).slice();
    const commit = { ...parseCommit(format, raw), raw };
    this.#commits.set(id, commit);
    return commit;
  }
}
