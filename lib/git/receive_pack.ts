/**
 * The conversation with git-receive-pack: one ref, one pack, one report (gitprotocol-pack, "Pushing Data").
 *
 * @module
 */
import { type Budget, fail, joinBytes, Meter, ok, type Result } from "../base/mod.ts";
import { type Advertisement, serverLine } from "./advertisement.ts";
import { invalid } from "./failure.ts";
import { pktLines, PktReader } from "./pkt_line.ts";
import { AGENT, ERROR_BAND, MAIN_BAND, PROGRESS_BAND } from "./upload_pack.ts";

/** What is to become of a ref. */
export interface RefUpdate {
  /** Full name. */
  readonly ref: string;
  /** The id it has now; the server refuses when it is another by then. Nothing when there is no such ref. */
  readonly from: string | undefined;
  /** The id it gets. */
  readonly to: string;
}

const MOST_REASON = 1000;
/** Of what hooks print; a condition has room for a few sentences. */
const MOST_REMARKS = 300;
/** Progress counts, and would say something else each time. */
const PROGRESS = /%|\bdone\.?$/;
/** Lines of a report of one ref are two; what comes behind them is not for us. */
const MOST_REPORT_LINES = 100;

/** The request that sends `pack` and moves a ref; needs a server that reports what it did. */
export function pushRequest(
  server: Advertisement,
  { ref, from, to }: RefUpdate,
  pack: Uint8Array,
  options: readonly string[],
): Uint8Array {
  const features = [
    "report-status",
    ...["side-band-64k", "quiet"].filter((name) => server.features.has(name)),
    ...(server.features.has("object-format") ? [`object-format=${server.format.name}`] : []),
    ...(options.length > 0 ? ["push-options"] : []),
    `agent=${AGENT}`,
  ];
  const command = `${from ?? "0".repeat(to.length)} ${to} ${ref}\0 ${features.join(" ")}`;
  return joinBytes(
    pktLines([command]),
    ...(options.length > 0 ? [pktLines(options)] : []),
    pack,
  );
}

/** Reads the answer to {@linkcode pushRequest}; fails when the server did not do it. */
export async function readReport(
  body: AsyncIterable<Uint8Array>,
  server: Advertisement,
  { ref }: RefUpdate,
  budget: Budget,
): Promise<Result<void>> {
  const isBanded = server.features.has("side-band-64k");
  const remarks = new Remarks();
  const pkts = new PktReader(isBanded ? mainBand(new PktReader(body), budget, remarks) : body);
  const unpacked = await nextLine(pkts);
  if (unpacked !== "unpack ok") {
    const why = unpacked.replace(/^unpack /, "").slice(0, MOST_REASON);
    return fail("PushRejected", `unpack error: ${why}${remarks}`);
  }
  for (let count = 0; count < MOST_REPORT_LINES; count++) {
    const [verdict, name, ...reason] = (await nextLine(pkts)).split(" ");
    if (name !== ref) continue;
    if (verdict === "ok") return ok(undefined);
    const why = reason.join(" ").slice(0, MOST_REASON);
    return fail("PushRejected", `command error on ${ref}: ${why}${remarks}`);
  }
  throw invalid(`The server does not say what became of ${ref}`);
}

/** What hooks and the server print beside the report: why a branch is protected, and how to go about it. */
class Remarks {
  readonly #decoder = new TextDecoder();
  #text = "";

  take(bytes: Uint8Array): void {
    if (this.#text.length > MOST_REASON) return;
    this.#text += this.#decoder.decode(bytes, { stream: true });
  }

  /** In parentheses; empty when there is nothing. */
  toString(): string {
    const lines = this.#text.split(/[\r\n]+/)
      .map((line) => line.replace(/\p{C}+/gu, " ").trim())
      .filter((line) => line !== "" && !PROGRESS.test(line));
    return lines.length === 0 ? "" : ` (${lines.join("; ").slice(0, MOST_REMARKS)})`;
  }
}

async function nextLine(pkts: PktReader): Promise<string> {
  const pkt = await pkts.next();
  if (pkt?.kind !== "data") throw invalid("The server's report is cut off");
  return serverLine(pkt);
}

async function* mainBand(
  pkts: PktReader,
  budget: Budget,
  remarks: Remarks,
): AsyncGenerator<Uint8Array> {
  const meter = new Meter(budget);
  for (let pkt = await pkts.next(); pkt?.kind !== "flush"; pkt = await pkts.next()) {
    if (pkt?.kind !== "data") throw invalid("The server's report is cut off");
    meter.spendBytes(pkt.bytes.length, "a report");
    const band = pkt.bytes[0];
    const content = pkt.bytes.slice(1);
    if (band === MAIN_BAND) yield content;
    else if (band === ERROR_BAND) {
      const text = new TextDecoder().decode(content).trim().slice(0, MOST_REASON);
      throw invalid(`The server says: ${text}`);
    } else if (band === PROGRESS_BAND) remarks.take(content);
    else throw invalid("The server uses an unknown side band");
  }
}
