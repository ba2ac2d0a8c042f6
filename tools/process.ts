/**
 * Child processes that cannot outlive us.
 *
 * @module
 */
import { fail, messageOf, ok, type Result } from "../lib/base/mod.ts";

/** What a finished program left. */
export interface Finished {
  /** Exit code; 128 + n after signal n. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** How to run a program to its end. */
export interface CaptureOptions {
  /** Folder to run in. */
  cwd?: string;
  /** Set on top of our environment. */
  env?: Record<string, string>;
  /** Begin with an empty environment. */
  clearEnv?: boolean;
  /** Fed to standard input. */
  input?: string | Uint8Array<ArrayBuffer>;
  /** Kills the program. */
  signal?: AbortSignal;
}

/** Runs a program to its end; a failure when it cannot be started, not when it exits non-zero. */
export async function capture(
  command: readonly string[],
  options: CaptureOptions = {},
): Promise<Result<Finished>> {
  const { input, ...rest } = options;
  const [program = "", ...args] = command;
  try {
    const child = new Deno.Command(program, {
      args,
      ...rest,
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [output] = await Promise.all([child.output(), feed(child, input)]);
    return ok({
      code: output.code,
      stdout: new TextDecoder().decode(output.stdout),
      stderr: new TextDecoder().decode(output.stderr),
    });
  } catch (error) {
    return fail("CannotRun", `Cannot run ${program}: ${messageOf(error)}`, error);
  }
}

/** Runs a program that must succeed and gives its standard output. */
export async function captureText(
  command: readonly string[],
  options: CaptureOptions = {},
): Promise<Result<string>> {
  const run = await capture(command, options);
  if (!run.ok) return run;
  const { code, stdout, stderr } = run.value;
  if (code === 0) return ok(stdout);
  const said = (stderr.trim() || stdout.trim()).slice(-2000);
  return fail("CommandFailed", `${command.slice(0, 3).join(" ")} exited with ${code}: ${said}`);
}

async function feed(
  child: Deno.ChildProcess,
  input: string | Uint8Array<ArrayBuffer> | undefined,
): Promise<void> {
  if (input === undefined) return;
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch {
    // The program ended without reading all of it; its exit code tells the story.
  }
}

/**
 * Runs `"$@"` in a process group of its own and kills the whole group once our end of standard input
 * closes, however we end. POSIX sh only. The program itself sees an empty standard input.
 */
const SUPERVISE = `exec 3<&0 </dev/null
(cat <&3 >/dev/null; kill -KILL 0) >/dev/null 2>&1 &
exec "$@" 3<&-`;

/** How to start a background program. */
export interface BackgroundOptions {
  /** Folder to run in. */
  cwd?: string;
  /** Set on top of our environment. */
  env?: Record<string, string>;
  /** Receives each line of both outputs. */
  onLine?: (line: string) => void;
}

const KEPT_LINES = 60;
const PATIENCE_MS = 1_500;

/** A program in the background; ends when we end, SIGKILL included. */
export class Background implements AsyncDisposable {
  /** What messages call it. */
  readonly name: string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: string[] = [];
  #running = true;

  /** Starts it; throws when the shell cannot be started. */
  constructor(name: string, command: readonly string[], options: BackgroundOptions = {}) {
    const { onLine, ...rest } = options;
    this.name = name;
    this.#child = new Deno.Command("sh", {
      args: ["-c", SUPERVISE, "supervise", ...command],
      ...rest,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#stdin.closed.catch(() => {});
    const outputs = [this.#child.stdout, this.#child.stderr].map((stream) =>
      this.#keepLines(stream, onLine)
    );
    this.ended = this.#finish(outputs);
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Whether it has not ended yet. */
  get running(): boolean {
    return this.#running;
  }

  /** The last lines it printed. */
  get lastLines(): readonly string[] {
    return this.#lines;
  }

  /** Ends it and all it started. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    if (this.#running) {
      try {
        this.#child.kill(signal);
      } catch {
        // It ended meanwhile.
      }
      const timer = setTimeout(() => this.#closeInput(), PATIENCE_MS);
      await this.ended;
      clearTimeout(timer);
    }
    await this.#closeInput();
  }

  /** Ends it at once, as our own death would. */
  async kill(): Promise<void> {
    await this.#closeInput();
    await this.ended;
  }

  /** {@linkcode Background.stop} */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #finish(outputs: Promise<void>[]): Promise<number> {
    const status = await this.#child.status;
    this.#running = false;
    // What it left running goes too, and with it the last writers to the outputs.
    await this.#closeInput();
    await Promise.all(outputs);
    return status.code;
  }

  async #closeInput(): Promise<void> {
    try {
      await this.#stdin.close();
    } catch {
      // Closed already.
    }
  }

  async #keepLines(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    onLine?: (line: string) => void,
  ): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      // A line that never ends must not fill the memory.
      rest = (lines.pop() ?? "").slice(-10_000);
      for (const line of lines) this.#keep(line, onLine);
    }
    if (rest !== "") this.#keep(rest, onLine);
  }

  #keep(line: string, onLine?: (line: string) => void): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    onLine?.(line);
  }
}
