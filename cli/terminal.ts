/**
 * Where the CLI prints.
 *
 * @module
 */
import type { Result } from "../lib/base/mod.ts";

/** Standard output and standard error, or what stands in for them in a test. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Everything else. */
  err(text: string): void;
  /** Width, where a person looks at the results. */
  readonly columns?: number;
}

/** The terminal, pipe or file that the process was given. */
export function processTerminal(): Terminal {
  return {
    out: (text) => writeAll(Deno.stdout, text),
    err: (text) => writeAll(Deno.stderr, text),
    ...widthOfOutput(),
  };
}

/** Some terminals do not know their width, and say 0. */
function widthOfOutput(): Pick<Terminal, "columns"> {
  const columns = Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 0;
  return columns > 0 ? { columns } : {};
}

/** Says what could not be done. */
export function printError(message: string, terminal: Terminal): void {
  terminal.err(`Error: ${message}\n`);
}

/** The exit code of a command that does or does not: 1 after its failure is printed. */
export function exitCodeOf(result: Result<unknown>, terminal: Terminal): number {
  if (result.ok) return 0;
  printError(result.message, terminal);
  return 1;
}

interface SyncWriter {
  writeSync(bytes: Uint8Array): number;
}

function writeAll(writer: SyncWriter, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writer.writeSync(bytes.subarray(written));
    } catch (thrown) {
      // `sluice … | head` closes the pipe; that is not an error.
      if (thrown instanceof Deno.errors.BrokenPipe) return;
      throw thrown;
    }
  }
}
