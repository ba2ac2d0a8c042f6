/**
 * What every benchmark does around its measuring: read what it is asked for, help, and say what went wrong.
 *
 * @module
 */
import type { Result } from "../../lib/base/mod.ts";
import { print, printError } from "../../tools/terminal.ts";

/** A benchmark. */
export interface Bench<T> {
  /** As in `deno task bench NAME`. */
  readonly name: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Reads what is asked for. */
  read(args: readonly string[]): Result<T>;
  /** Measures and prints. */
  measure(request: T): Promise<Result<void>>;
}

/** Gives the exit code for arguments: 0 when it was measured, 2 when nobody understands them. */
export type BenchMain = (args: readonly string[]) => Promise<number>;

/** Makes a benchmark a command. */
export function benchMain<T>({ name, help, read, measure }: Bench<T>): BenchMain {
  return async (args) => {
    if (args.includes("--help") || args.includes("-h")) {
      print(help);
      return 0;
    }
    const request = read(args);
    if (!request.ok) {
      printError(`bench: ${request.message}; see deno task bench ${name} --help`);
      return 2;
    }
    const measured = await measure(request.value);
    if (measured.ok) return 0;
    printError(measured.message);
    return 1;
  };
}
