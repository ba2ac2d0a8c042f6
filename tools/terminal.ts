/**
 * Printing for the tools: lines, and progress that is replaced in place on a terminal.
 *
 * @module
 */

/** A line at most this often when there is no terminal to overwrite. */
const QUIET_MS = 15_000;

/** Tells a person how far a long step is. */
export interface Progress {
  /** Prints a line that stays. */
  say(line: string): void;
  /** Replaces the last update; without a terminal a line every 15 s. */
  update(line: string): void;
}

interface Sink {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

/** Prints a line to standard output. */
export function print(line: string): void {
  writeAll(Deno.stdout, `${line}\n`);
}

/** Prints a line to standard error. */
export function printError(line: string): void {
  writeAll(Deno.stderr, `${line}\n`);
}

/** Progress on standard error, so that standard output stays the command's own. */
export function openProgress(sink: Sink = Deno.stderr, now: () => number = Date.now): Progress {
  const terminal = sink.isTerminal();
  let open = false;
  let last = now();
  return {
    say(line) {
      writeAll(sink, `${open ? "\r\x1b[K" : ""}${line}\n`);
      open = false;
      last = now();
    },
    update(line) {
      if (terminal) {
        writeAll(sink, `\r\x1b[K${line}`);
        open = true;
      } else if (now() - last >= QUIET_MS) {
        writeAll(sink, `${line}\n`);
        last = now();
      }
    },
  };
}

/** Progress nobody sees. */
export const silent: Progress = { say() {}, update() {} };

/** `75_000` as `1 min 15 s`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A pipe may take less than it is offered. */
function writeAll(sink: Sink, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(sink.writeSync(rest));
}
