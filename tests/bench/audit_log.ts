/**
 * Counts the requests in an API server's audit log.
 *
 * @module
 */
import { type AuditEntry, isDryRun, readAuditEntry } from "../support/audit_entry.ts";

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
      const entry = readAuditEntry(line);
      if (entry === undefined || !this.#isCounted(entry)) continue;
      const name = `${deedOf(entry)} ${entry.target.resource}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }
}

/** The verb, but `dry-run` and `status` for what these write, and `event` for events. */
function deedOf(entry: AuditEntry): string {
  const { resource, subresource } = entry.target;
  if (resource === "events") return "event";
  if (isDryRun(entry)) return "dry-run";
  return subresource === "status" ? "status" : entry.verb;
}

/** The sum of both. */
export function addCounts(one: RequestCounts, other: RequestCounts): RequestCounts {
  const sums: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
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
