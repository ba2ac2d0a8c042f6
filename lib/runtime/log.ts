/**
 * One JSON object a line, with Flux's keys.
 *
 * @module
 */
import { type Clock, maskSecrets } from "../base/mod.ts";

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

/** How to write lines. */
export interface LoggerOptions {
  /** Takes one line, without its line break. */
  write(line: string): void;
  /** For `ts`. */
  clock: Clock;
  /** The least severity written; `info` when absent. */
  level?: LogLevel;
  /** `json` when absent. */
  encoding?: "json" | "console";
  /** What must never be readable, asked for at each line. */
  secrets?: () => readonly string[];
}

const SEVERITY: Readonly<Record<LogLevel, number>> = { trace: 0, debug: 1, info: 2, error: 3 };
/** Fields nest two or three deep; what is deeper is a mistake, and may be a cycle. */
const DEEPEST_FIELD = 8;

/**
 * Opens a logger.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemClock } from "../base/mod.ts";
 * const lines: string[] = [];
 * const log = createLogger({ write: (line) => lines.push(line), clock: systemClock });
 * log.with({ controller: "source-controller" }).info("artifact stored", { sizeBytes: 3 });
 * assert.match(lines[0] ?? "", /^\{"level":"info","ts":".*Z","msg":"artifact stored","controller":/);
 * ```
 */
export function createLogger(options: LoggerOptions): Logger {
  return loggerWith(options, {});
}

type Fields = Readonly<Record<string, unknown>>;

function loggerWith(options: LoggerOptions, bound: Fields): Logger {
  const least = SEVERITY[options.level ?? "info"];
  function write(level: LogLevel, message: string, fields: Fields = {}): void {
    if (SEVERITY[level] < least) return;
    const secrets = options.secrets?.() ?? [];
    const all = plain({ ...bound, ...fields }, secrets, 0);
    const ts = new Date(options.clock.now()).toISOString();
    const msg = maskSecrets(message, secrets);
    options.write(
      options.encoding === "console"
        ? `${ts}\t${level.toUpperCase()}\t${msg}\t${JSON.stringify(all)}`
        : JSON.stringify({ level, ts, ...loggerName(all), msg, ...withoutLogger(all) }),
    );
  }
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    error: (message, fields) => write("error", message, fields),
    with: (fields) => loggerWith(options, { ...bound, ...fields }),
  };
}

/** `logger` stands before `msg`, as Flux writes it. */
function loggerName(fields: Fields): Fields {
  return fields["logger"] === undefined ? {} : { logger: fields["logger"] };
}

function withoutLogger(fields: Fields): Fields {
  const { logger: _, ...rest } = fields;
  return rest;
}

/** JSON's own values, secrets masked; errors become their message. */
function plain(fields: Fields, secrets: readonly string[], depth: number): Fields {
  const entries = Object.entries(fields).map(([key, value]) => [key, field(value, secrets, depth)]);
  return Object.fromEntries(entries);
}

function field(value: unknown, secrets: readonly string[], depth: number): unknown {
  if (typeof value === "string") return maskSecrets(value, secrets);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return maskSecrets(value.message, secrets);
  if (depth >= DEEPEST_FIELD) return "…";
  if (Array.isArray(value)) return value.map((item) => field(item, secrets, depth + 1));
  return plain({ ...value }, secrets, depth + 1);
}
