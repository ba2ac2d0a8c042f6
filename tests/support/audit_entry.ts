/**
 * One line of an API server's audit log.
 *
 * @module
 */
import { isRecord, parseJson } from "../../lib/base/mod.ts";

/** One answered request. */
export interface AuditEntry {
  /** `get`, `patch`, `delete`, … */
  readonly verb: string;
  /** Path and query. */
  readonly uri: string;
  /** Program that asked. */
  readonly userAgent: string;
  /** Who it asked as. */
  readonly user: string;
  /** When the request came, to the microsecond: these sort as text, in the order of causes. */
  readonly receivedAt: string;
  /** HTTP status of the answer. */
  readonly status: number;
  /** What was asked for; parts that the request does not name are empty. */
  readonly target: AuditTarget;
  /** What was sent, where the log keeps bodies. */
  readonly request: unknown;
  /** What was answered, where the log keeps bodies. */
  readonly response: unknown;
}

/** The object of a request. */
export interface AuditTarget {
  readonly group: string;
  /** Plural, in lower case. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** The lines of a log that somebody is writing, without one that is not written to its end. */
export function completeLines(log: string): string[] {
  return log.slice(0, log.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "");
}

/** Reads a line; nothing where it tells of something else than an answer. */
export function readAuditEntry(line: string): AuditEntry | undefined {
  const parsed = line === "" ? undefined : parseJson(line);
  // The beginning of a watch is told too, by a stage of its own.
  if (!isRecord(parsed) || parsed.stage !== "ResponseComplete") return undefined;
  const { verb, requestURI, userAgent, user, impersonatedUser, responseStatus } = parsed;
  const as = isRecord(impersonatedUser) ? impersonatedUser : user;
  return {
    verb: String(verb),
    uri: String(requestURI),
    userAgent: String(userAgent),
    user: isRecord(as) ? String(as.username) : "",
    receivedAt: String(parsed.requestReceivedTimestamp),
    status: isRecord(responseStatus) ? Number(responseStatus.code) : 0,
    target: targetOf(parsed.objectRef),
    request: parsed.requestObject,
    response: parsed.responseObject,
  };
}

/** Whether the request only asked what would happen. */
export function isDryRun({ uri }: AuditEntry): boolean {
  return uri.includes("dryRun=All");
}

function targetOf(objectRef: unknown): AuditTarget {
  const ref = isRecord(objectRef) ? objectRef : {};
  const part = (name: string) => typeof ref[name] === "string" ? ref[name] : "";
  return {
    group: part("apiGroup"),
    resource: part("resource"),
    subresource: part("subresource"),
    namespace: part("namespace"),
    name: part("name"),
  };
}
