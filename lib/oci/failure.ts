/**
 * Why a registry did not give what was asked for, in Flux's words.
 *
 * @module
 */
import {
  BudgetSpent,
  cutText,
  fail,
  type Failure,
  isRecord,
  maskSecrets,
  type Result,
} from "../base/mod.ts";
import { bodyExcerpt, type HttpResponse, parseRetryAfter, publicUrl } from "../http/mod.ts";

/** Names of what can go wrong, besides those of `lib/http`. */
export type OciCode =
  | "InvalidName"
  | "InvalidDockerConfig"
  | "NeedsHelper"
  | "Unauthorized"
  | "NotFound"
  | "TooManyRequests"
  | "TooLarge"
  | "InvalidAnswer"
  | "HttpStatus";

/** An answer that is no success. */
export interface RefusedAnswer {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

const CODES: Readonly<Record<number, OciCode>> = {
  401: "Unauthorized",
  403: "Unauthorized",
  404: "NotFound",
  429: "TooManyRequests",
};
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
const MOST_MESSAGE_BYTES = 1024;
const MOST_ERRORS = 10;

/** What lay underneath a refusal. */
interface Refusal {
  readonly status: number;
  readonly retryAfterMs?: number;
}

/** Whether a registry did what it was asked to. */
export function isSuccess({ status }: Pick<HttpResponse, "status">): boolean {
  return status >= 200 && status < 300;
}

/** Turns a refusal into a failure; `secrets` do not appear in it. */
export function refusal(answer: RefusedAnswer, secrets: readonly string[]): Failure {
  const { method, url, status, headers } = answer;
  // Masked before it is cut: half a secret would not be found.
  const whole = maskSecrets(reasonOf(answer, secrets), secrets);
  const reason = cutText(whole, MOST_MESSAGE_BYTES);
  const after = parseRetryAfter(headers);
  const cause: Refusal = { status, ...(after !== undefined && { retryAfterMs: after }) };
  return fail(CODES[status] ?? "HttpStatus", `${method} ${publicUrl(url)}: ${reason}`, cause);
}

/**
 * How long the registry asked to be left alone; where it is busy.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(retryAfterMs({ ok: false, code: "Unreachable", message: "" }), undefined);
 * ```
 */
export function retryAfterMs(failure: Failure): number | undefined {
  const { cause } = failure;
  return isRecord(cause) && typeof cause.retryAfterMs === "number" ? cause.retryAfterMs : undefined;
}

/** The status that a refusal had; nothing where there was no answer. */
export function statusOf({ cause }: Failure): number | undefined {
  return isRecord(cause) && typeof cause.status === "number" ? cause.status : undefined;
}

/** OCI distribution specification, "Error codes": a list of code, message and detail. */
function reasonOf({ method, status, body }: RefusedAnswer, secrets: readonly string[]): string {
  const errors = parseErrors(body);
  const [only] = errors;
  if (only !== undefined) {
    return errors.length === 1 ? only : `multiple errors returned: ${errors.join("; ")}`;
  }
  const code = `unexpected status code ${status} ${STATUS_TEXTS[status] ?? ""}`.trim();
  if (body.length > 0) return `${code}: ${bodyExcerpt(body, secrets)}`;
  return method === "HEAD" ? `${code} (HEAD responses have no body, use GET for details)` : code;
}

function parseErrors(body: Uint8Array): readonly string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return [];
  }
  const errors = isRecord(parsed) && Array.isArray(parsed.errors) ? parsed.errors : [];
  return errors.slice(0, MOST_ERRORS).filter(isRecord).map(({ code, message, detail }) => {
    const text = `${printed(code ?? "")}: ${printed(message ?? "")}`;
    return detail === undefined || detail === null ? text : `${text}; ${printed(detail)}`;
  });
}

/** As Go prints a value, which is what people find in their search engine. */
function printed(value: unknown, depth = 0): string {
  if (value === null) return "<nil>";
  if (depth > 5) return "…";
  if (Array.isArray(value)) return `[${value.map((item) => printed(item, depth + 1)).join(" ")}]`;
  if (!isRecord(value)) return String(value);
  const entries = Object.keys(value).sort()
    .map((key) => `${key}:${printed(value[key], depth + 1)}`);
  return `map[${entries.join(" ")}]`;
}

/** Runs `step`; a limit that it reached becomes a failure. */
export async function withinBudget<T>(step: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await step();
  } catch (thrown) {
    if (!(thrown instanceof BudgetSpent)) throw thrown;
    return fail(thrown.limit === "time" ? "Timeout" : "TooLarge", thrown.message);
  }
}
