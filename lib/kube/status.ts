/**
 * From the API server's refusals to failures.
 *
 * @module
 */
import { fail, type Failure, isRecord } from "../base/mod.ts";

/** Reasons of answers that carry no Status, by HTTP status. */
const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** A Status may leave its reason out: the typed-patch errors of server-side apply do. */
const NO_REASON = "Unknown";

/** What a failure's `cause` holds of the server's answer. */
export interface StatusCause {
  /** HTTP status. */
  readonly httpStatus: number;
  /** `details` of the Status: kind, name, causes, retryAfterSeconds. */
  readonly details?: unknown;
}

/** Whether `value` is a Status that reports a failure. */
export function isFailureStatus(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && value.kind === "Status" && value.status !== "Success";
}

/** The failure that an answer of `httpStatus` with `body` is; reason and message are the server's own. */
export function failureOf(httpStatus: number, body: unknown): Failure {
  const status = isFailureStatus(body) ? body : {};
  const reason = typeof status.reason === "string" && status.reason !== ""
    ? status.reason
    : isFailureStatus(body)
    ? NO_REASON
    : REASONS[httpStatus] ?? "InternalError";
  const message = typeof status.message === "string" && status.message !== ""
    ? status.message
    : wordless(httpStatus, body);
  const cause: StatusCause = status.details === undefined
    ? { httpStatus }
    : { httpStatus, details: status.details };
  return fail(reason, message, cause);
}

/** Proxies and half-started servers answer in plain text or HTML. */
function wordless(httpStatus: number, body: unknown): string {
  if (httpStatus === 404) return "the server could not find the requested resource";
  const text = typeof body === "string" ? body.trim().split("\n", 1)[0]?.slice(0, 200) : "";
  return text
    ? `the server answered ${httpStatus}: ${text}`
    : `the server answered ${httpStatus} without a reason`;
}

/** HTTP status behind a failure, or nothing when no server answered. */
export function httpStatusOf(failure: Failure): number | undefined {
  const { cause } = failure;
  return isRecord(cause) && typeof cause.httpStatus === "number" ? cause.httpStatus : undefined;
}

/** Whether the server said that a version is too old to go on from. */
export function isExpired(failure: Failure): boolean {
  return httpStatusOf(failure) === 410 || failure.code === "Expired" || failure.code === "Gone";
}

/** Whether the server said that it has not come as far as a version that another one, or it itself, once showed. */
export function isBehind(failure: Failure): boolean {
  const details = isRecord(failure.cause) ? failure.cause.details : undefined;
  const causes = isRecord(details) && Array.isArray(details.causes) ? details.causes : [];
  return causes.some((cause) => isRecord(cause) && cause.reason === "ResourceVersionTooLarge");
}

/** Whether a 404 is about the kind rather than about one object. */
export function isUnservedKind(failure: Failure): boolean {
  if (httpStatusOf(failure) !== 404) return false;
  const details = isRecord(failure.cause) ? failure.cause.details : undefined;
  return !isRecord(details) || typeof details.name !== "string" || details.name === "";
}
