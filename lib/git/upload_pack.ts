/**
 * The conversation with git-upload-pack: list refs, fetch one commit.
 *
 * @module
 */
import { type Budget, Meter } from "../base/mod.ts";
import { type Advertisement, serverLine } from "./advertisement.ts";
import { invalid } from "./failure.ts";
import { type Pack, PackReader } from "./pack.ts";
import { lineOf, pktLine, pktLines, PktReader } from "./pkt_line.ts";
import { RefList } from "./ref_list.ts";

/** Our name in the protocol. */
export const AGENT = "sluice";
/** What we ask of version 0, where the server has it. */
export const VERSION_0_FEATURES = ["side-band-64k", "ofs-delta", "no-progress", "shallow"] as const;
/** Bands of side-band-64k. */
export const MAIN_BAND = 1;
export const PROGRESS_BAND = 2;
export const ERROR_BAND = 3;
const MOST_HEADER_LINES = 10_000;

/** The request that lists the refs whose names begin with one of `prefixes`; none means all. */
export function lsRefsRequest(server: Advertisement, prefixes: readonly string[]): Uint8Array {
  const wanted = prefixes.map((prefix) => `ref-prefix ${prefix}\n`);
  return pktLines([...commandLines(server, "ls-refs"), null, "peel\n", ...wanted]);
}

/** Reads refs; stops after `most`. */
export async function readLsRefs(pkts: PktReader, budget: Budget, most: number): Promise<RefList> {
  const refs = new RefList(new Meter(budget));
  for (let pkt = await pkts.next(); pkt?.kind !== "flush"; pkt = await pkts.next()) {
    if (pkt === undefined) throw invalid("The server's answer is cut off");
    const [id = "", name = "", ...attributes] = serverLine(pkt).split(" ");
    if (id === "unborn") continue;
    const peeled = attributes.find((text) => text.startsWith("peeled:"))?.slice("peeled:".length);
    refs.add({ name, id, ...(peeled !== undefined && { peeled }) });
    if (refs.size === most) break;
  }
  await pkts.close();
  return refs;
}

/** What of a commit is wanted. */
export interface FetchOptions {
  /** Not its files, from servers that can leave them out. */
  readonly commitOnly?: boolean;
  /** A commit whose objects are here, but not its history: what they have in common need not be sent. */
  readonly have?: string;
}

/** The request for the objects of one commit without its history. */
export function fetchRequest(
  server: Advertisement,
  want: string,
  { commitOnly = false, have }: FetchOptions = {},
): Uint8Array {
  const shallow = have === undefined ? [] : [`shallow ${have}\n`];
  const haves = have === undefined ? [] : [`have ${have}\n`];
  if (server.version === 2) {
    const filters = commitOnly && server.features.get("fetch")?.split(" ").includes("filter");
    return pktLines([
      ...commandLines(server, "fetch"),
      null,
      "no-progress\n",
      ...(have === undefined ? [] : ["thin-pack\n"]),
      "ofs-delta\n",
      ...shallow,
      "deepen 1\n",
      ...(filters ? ["filter tree:0\n"] : []),
      `want ${want}\n`,
      ...haves,
      "done\n",
    ]);
  }
  const wished = [...VERSION_0_FEATURES, ...(have === undefined ? [] : ["thin-pack"])];
  const known = wished.filter((name) => server.features.has(name));
  const features = [...known, `agent=${AGENT}`];
  const depth = server.features.has("shallow") ? [...shallow, "deepen 1\n"] : [];
  const lines = pktLines([`want ${want} ${features.join(" ")}\n`, ...depth]);
  const rest = [...(depth.length === 0 ? [] : haves), "done\n"].map(pktLine).join("");
  return new Uint8Array([...lines, ...new TextEncoder().encode(rest)]);
}

/** What every command of version 2 begins with. */
export function commandLines(server: Advertisement, command: string): readonly string[] {
  const lines = [`command=${command}\n`];
  if (server.features.has("agent")) lines.push(`agent=${AGENT}\n`);
  if (server.features.has("object-format")) lines.push(`object-format=${server.format.name}\n`);
  return lines;
}

/** Reads the answer to {@linkcode fetchRequest}; what it builds on lies `outside`. */
export async function readFetch(
  body: AsyncIterable<Uint8Array>,
  server: Advertisement,
  budget: Budget,
  outside?: Pack,
): Promise<Pack> {
  const pkts = new PktReader(body);
  await (server.version === 2 ? skipToPack(pkts) : skipVersion0(pkts));
  if (server.version === 0 && !server.features.has("side-band-64k")) {
    throw invalid("The server is too old: it does not know side-band-64k");
  }
  return await readSideBand(pkts, new PackReader(server.format, budget, outside), budget);
}

/** Version 2: sections, each under its name; shallow-info says nothing we do not know. */
async function skipToPack(pkts: PktReader): Promise<void> {
  for (let count = 0; count < MOST_HEADER_LINES; count++) {
    const pkt = await pkts.next();
    if (pkt === undefined || pkt.kind === "flush") throw invalid("The server sent no pack");
    if (pkt.kind === "data" && serverLine(pkt) === "packfile") return;
  }
  throw invalid("The server sent no pack");
}

/** Version 0: `shallow` lines and a flush, then one NAK. */
async function skipVersion0(pkts: PktReader): Promise<void> {
  for (let count = 0; count < MOST_HEADER_LINES; count++) {
    const pkt = await pkts.next();
    if (pkt === undefined) throw invalid("The server sent no pack");
    if (pkt.kind === "data" && /^(NAK|ACK [0-9a-f]+)$/.test(serverLine(pkt))) return;
  }
  throw invalid("The server sent no pack");
}

async function readSideBand(
  pkts: PktReader,
  pack: PackReader,
  budget: Budget,
): Promise<Pack> {
  const meter = new Meter(budget);
  for (let pkt = await pkts.next(); pkt?.kind !== "flush"; pkt = await pkts.next()) {
    if (pkt?.kind !== "data") throw invalid("The server's answer is cut off");
    const band = pkt.bytes[0];
    meter.spendBytes(pkt.bytes.length, "a pack");
    if (band === MAIN_BAND) pack.push(pkt.bytes.subarray(1));
    else if (band === ERROR_BAND) throw invalid(`The server says: ${lineOf(pkt).slice(1, 1000)}`);
    else if (band !== PROGRESS_BAND) throw invalid("The server uses an unknown side band");
  }
  return pack.finish();
}
