/**
 * A program of ours that runs on, as a controller does: one line asks for something, one line answers.
 *
 * @module
 */
import { linesOf } from "./worker.ts";

/** See the module's description; it ends when its input does, so also when we do. */
export class LineWorker implements AsyncDisposable {
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncGenerator<string>;

  /** Starts a module of this folder under flags of `deno run`. */
  constructor(module: string, flags: readonly string[], args: readonly string[] = []) {
    this.#name = module;
    const main = new URL(module, import.meta.url).pathname;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...flags, main, ...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a line and waits for the one that answers. */
  async ask(line: string): Promise<string> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
    const answer = await this.#lines.next();
    if (answer.done) throw new Error(`${this.#name} ended without an answer`);
    return answer.value;
  }

  /** Lets it end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#child.status;
    await this.#lines.return(undefined);
  }
}
