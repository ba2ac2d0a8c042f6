/**
 * What a server says when it is first asked: protocol version, features, and in version 0 its refs.
 *
 * @module
 */
import type { Meter } from "../base/mod.ts";
import { GitError, invalid } from "./failure.ts";
import { type ObjectFormat, SHA1, SHA256 } from "./object_format.ts";
import { lineOf, type Pkt, type PktReader } from "./pkt_line.ts";
import { type ListedRef, RefList } from "./ref_list.ts";
import type { Program } from "./transport.ts";

/** A server's first answer. */
export interface Advertisement {
  /** 2, or the protocol of old servers. */
  readonly version: 0 | 2;
  /** Features with their values. */
  readonly features: ReadonlyMap<string, string>;
  /** How its objects are named. */
  readonly format: ObjectFormat;
  /** Version 0 only: every ref. */
  readonly refs?: RefList;
}

const MOST_FEATURES = 200;
const NO_ID = /^0+$/;

/** Reads the first answer of `program`; over HTTP, of `info/refs`. */
export async function readAdvertisement(
  pkts: PktReader,
  meter: Meter,
  program: Program,
): Promise<Advertisement> {
  let first = await pkts.next();
  // Smart HTTP puts the name of the service and a flush in front.
  if (first?.kind === "data" && lineOf(first).startsWith("# service=")) {
    if (lineOf(first) !== `# service=${program}` || (await pkts.next())?.kind !== "flush") {
      throw invalid(`The server does not answer as ${program}`);
    }
    first = await pkts.next();
  }
  if (first === undefined) throw invalid(`The server does not answer as ${program}`);
  if (first.kind === "data" && lineOf(first) === "version 2") return await readVersion2(pkts);
  const isVersion1 = first.kind === "data" && lineOf(first) === "version 1";
  return await readVersion0(isVersion1 ? await pkts.next() : first, pkts, meter);
}

async function readVersion2(pkts: PktReader): Promise<Advertisement> {
  const features = new Map<string, string>();
  let count = 0;
  for (let pkt = await pkts.next(); pkt?.kind !== "flush"; pkt = await pkts.next()) {
    if (pkt === undefined) throw invalid("The server's answer is cut off");
    if (++count > MOST_FEATURES) throw invalid("The server names too many features");
    addFeature(features, serverLine(pkt));
  }
  return { version: 2, features, format: formatOf(features) };
}

async function readVersion0(
  first: Pkt | undefined,
  pkts: PktReader,
  meter: Meter,
): Promise<Advertisement> {
  const features = new Map<string, string>();
  const refs = new RefList(meter);
  for (let pkt = first; pkt?.kind !== "flush"; pkt = await pkts.next()) {
    if (pkt === undefined) throw invalid("The server's answer is cut off");
    const line = serverLine(pkt);
    const zero = line.indexOf("\0");
    if (zero !== -1) {
      const words = line.slice(zero + 1).split(" ").filter((word) => word !== "");
      if (words.length > MOST_FEATURES) throw invalid("The server names too many features");
      for (const word of words) addFeature(features, word);
    }
    const [id = "", name = ""] = (zero === -1 ? line : line.slice(0, zero)).split(" ");
    // An empty repository has one line without a ref, to carry the features.
    if (id !== "shallow" && !NO_ID.test(id)) refs.add(parseVersion0(id, name));
  }
  return { version: 0, features, format: formatOf(features), refs };
}

/** `refs/tags/v1^{}` is where the annotated tag `refs/tags/v1` leads. */
function parseVersion0(id: string, name: string): ListedRef {
  const base = name.replace(/\^\{\}$/, "");
  return base === name ? { name, id } : { name: base, peeled: id };
}

/** The text of a line; a server that gives up says so in a line that begins with ERR. */
export function serverLine(pkt: Pkt): string {
  const line = lineOf(pkt);
  if (!line.startsWith("ERR ")) return line;
  const text = line.slice("ERR ".length, 1000);
  if (/not our ref|no such (commit|object)|unadvertised/i.test(text)) {
    throw new GitError("UnknownCommit", text);
  }
  throw invalid(`The server says: ${text}`);
}

function addFeature(features: Map<string, string>, text: string): void {
  const equals = text.indexOf("=");
  if (equals === -1) features.set(text, "");
  else features.set(text.slice(0, equals), text.slice(equals + 1));
}

function formatOf(features: ReadonlyMap<string, string>): ObjectFormat {
  const name = features.get("object-format") ?? "sha1";
  if (name === "sha1") return SHA1;
  if (name === "sha256") return SHA256;
  throw invalid(`The server uses the unknown object format ${name.slice(0, 40)}`);
}
