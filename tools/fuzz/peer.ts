/**
 * The real kustomize: one process for many builds, and one process for one build.
 *
 * @module
 */
import { messageOf } from "../../lib/base/mod.ts";
import { capture } from "../process.ts";
import type { Outcome } from "./compare.ts";
import type { Files } from "./render.ts";

/** An input that keeps the peer busy for longer counts as one that it dies of. */
const PATIENCE_MS = 10_000;

/** Builds with the real kustomize. */
export class Peer implements AsyncDisposable {
  readonly #program: string;
  readonly #scratch: string;
  #folders = 0;
  #many: Many | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** Uses `program`, and the folder `scratch`, which is ours alone. */
  constructor(program: string, scratch: string) {
    this.#program = program;
    this.#scratch = scratch;
  }

  /** What it makes of `files`, quickly: in a process that has built others before. */
  async build(files: Files, target: string): Promise<Outcome> {
    const turn = this.#turn.then(() => this.#next(files, target));
    this.#turn = turn.catch(() => {});
    return await turn;
  }

  /** What it makes of `files` in a process of their own, as a user would see it. */
  async buildAlone(files: Files, target: string): Promise<Outcome> {
    const folder = `${this.#scratch}/${this.#folders++}`;
    await Deno.mkdir(folder);
    try {
      for (const [path, text] of Object.entries(files)) {
        await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
        await Deno.writeTextFile(`${folder}/${path}`, text);
      }
      const run = await capture([this.#program, "build", target], {
        cwd: folder,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (!run.ok) throw new Error(run.message);
      const { code, stdout, stderr } = run.value;
      if (code === 0) return { kind: "built", text: stdout };
      const isDead = code !== 1 || /^panic: /m.test(stderr);
      return { kind: isDead ? "panicked" : "refused", text: stderr.trim() };
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#many?.stop();
  }

  async #next(files: Files, target: string): Promise<Outcome> {
    this.#many ??= new Many(this.#program, this.#scratch);
    const answer = await this.#many.build(files, target);
    if (answer !== undefined) return answer;
    // It hangs, or a stack overflow has ended it: alone we learn which.
    await this.#many.stop();
    this.#many = undefined;
    return await this.buildAlone(files, target);
  }
}

/** The tool's loop over lines; see `tools/controlplane/go/kustomize/main.go`. */
class Many {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";

  constructor(program: string, scratch: string) {
    this.#child = new Deno.Command(program, {
      args: ["many"],
      env: { TMPDIR: scratch },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The outcome, or nothing when the process ended or takes too long. */
  async build(files: Files, target: string): Promise<Outcome | undefined> {
    const late = setTimeout(() => this.#kill(), PATIENCE_MS);
    try {
      await this.#writer.write(new TextEncoder().encode(JSON.stringify({ files, target }) + "\n"));
      const line = await this.#line();
      return line === undefined ? undefined : outcomeOf(line);
    } catch {
      return undefined;
    } finally {
      clearTimeout(late);
    }
  }

  async stop(): Promise<void> {
    this.#kill();
    await Promise.allSettled([this.#writer.abort(), this.#reader.cancel(), this.#child.status]);
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#rest += value;
    }
  }
}

function outcomeOf(line: string): Outcome {
  const { kind, text } = JSON.parse(line);
  if (kind === "built" || kind === "refused" || kind === "panicked") {
    return { kind, text: String(text) };
  }
  throw new Error(`The peer could not be run: ${messageOf(text)}`);
}
