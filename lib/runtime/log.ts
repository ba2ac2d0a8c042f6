/**
 * One JSON object a line, with Flux's keys.
 *
 * @module
 */

/** Severity, least first. */
export type LogLevel = "trace" | "debug" | "info" | "error";

/** Writes structured lines; the message is static, the facts are in fields. */
export interface Logger {
  /** Steps. */
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What happened, a user's mistake included. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** We have a bug, or lost something. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The same with more fields on each line. */
  with(fields: Readonly<Record<string, unknown>>): Logger;
}
