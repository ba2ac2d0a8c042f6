/**
 * Counts the requests in an API server's audit log.
 *
 * @module
 */
import { isRecord, parseJson } from "../../lib/base/mod.ts";

/** Requests by what they do and to which resource: `apply deployments`. */
export type RequestCounts = Readonly<Record<string, number>>;

/** Reads an audit log part by part. */
export class AuditLog {
  readonly #path: string;
  readonly #isCounted: (entry: AuditEntry) => boolean;
  #readBytes = 0;

  /** Counts the entries for which `isCounted` holds. */
  constructor(path: string, isCounted: (entry: AuditEntry) => boolean) {
    this.#path = path;
    this.#isCounted = isCounted;
  }

  /** What was answered since the last call. */
  async take(): Promise<RequestCounts> {
    const text = new TextDecoder().decode(
      (await Deno.readFile(this.#path)).subarray(this.#readBytes),
    );
    const end = text.lastIndexOf("\n") + 1;
    this.#readBytes += new TextEncoder().encode(text.slice(0, end)).length;
    const counts: Record<string, number> = {};
    for (const line of text.slice(0, end).split("\n")) {
      const entry = readEntry(line);
      if (entry === undefined || !this.#isCounted(entry)) continue;
      const name = `${entry.deed} ${entry.resource}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }
}

/** One answered request. */
export interface AuditEntry {
  /** The verb, but `dry-run` and `status` for what these write, and `event` for events. */
  readonly deed: string;
  /** Plural, in lower case. */
  readonly resource: string;
  /** Program that asked. */
  readonly userAgent: string;
  /** Who it asked as. */
  readonly user: string;
}

function readEntry(line: string): AuditEntry | undefined {
  const parsed = line === "" ? undefined : parseJson(line);
  if (!isRecord(parsed)) return undefined;
  const { verb, stage, requestURI, userAgent, objectRef, user, impersonatedUser } = parsed;
  // The beginning of a watch is told too, by a stage of its own.
  if (stage !== "ResponseComplete") return undefined;
  const { resource = "", subresource } = isRecord(objectRef) ? objectRef : {};
  const as = isRecord(impersonatedUser) ? impersonatedUser : user;
  return {
    deed: deedOf(String(verb), String(requestURI), String(resource), subresource),
    resource: String(resource),
    userAgent: String(userAgent),
    user: isRecord(as) ? String(as.username) : "",
  };
}

function deedOf(verb: string, uri: string, resource: string, subresource: unknown): string {
  if (resource === "events") return "event";
  if (uri.includes("dryRun=All")) return "dry-run";
  if (subresource === "status") return "status";
  return verb;
}

/** Joins counts whose names begin with the same word. */
export function sumByDeed(counts: RequestCounts): RequestCounts {
  const sums: Record<string, number> = {};
  for (const [name, count] of Object.entries(counts)) {
    const [deed = ""] = name.split(" ");
    sums[deed] = (sums[deed] ?? 0) + count;
  }
  return sums;
}
