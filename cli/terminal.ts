/**
 * Where the CLI prints.
 *
 * @module
 */

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
