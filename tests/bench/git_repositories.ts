/**
 * Repositories to measure git clients with: made by `git fast-import`, the same each time.
 *
 * @module
 */
import { captureText } from "../../tools/process.ts";

/** What a repository holds. */
export interface RepositoryShape {
  readonly files: number;
  /** Bytes of each file; half again as many as it takes in a pack, where nothing says otherwise. */
  readonly fileBytes: number;
  /** Commits after the first; each changes one file. */
  readonly commits: number;
  /** What the files are like: noise shrinks by a quarter, manifests to nearly nothing. */
  readonly content: "noise" | "manifests";
}

/** The repositories of the benchmark, by name; the first is for trying it out. */
export const REPOSITORIES: Readonly<Record<string, RepositoryShape>> = {
  tiny: { files: 40, fileBytes: 400, commits: 3, content: "manifests" },
  files: { files: 6_000, fileBytes: 5_900, commits: 0, content: "noise" },
  large: { files: 800, fileBytes: 148_000, commits: 0, content: "noise" },
  many: { files: 50_000, fileBytes: 300, commits: 0, content: "manifests" },
  history: { files: 600, fileBytes: 2_000, commits: 2_470, content: "manifests" },
};

const PER_FOLDER = 50;
const MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n";

/** Makes a bare repository in `folder`, packed as a hoster packs. */
export async function makeRepository(folder: string, shape: RepositoryShape): Promise<void> {
  await git("init", "--quiet", "--bare", "--initial-branch=main", folder);
  await fastImport(folder, history(shape));
  // Noise has nothing in common: to look for it would take a minute.
  const window = shape.content === "noise" ? ["--window=0"] : [];
  await git("-C", folder, "repack", "-a", "-d", "-q", ...window);
  for (const setting of ["uploadpack.allowFilter=true", "http.uploadpack=true"]) {
    await git("-C", folder, "config", ...setting.split("="));
  }
}

/** Adds a commit that changes one file. */
export async function commitOneFile(
  folder: string,
  shape: RepositoryShape,
  turn: number,
): Promise<void> {
  const seed = 1_000_000 + turn;
  const parent = "from refs/heads/main^0\n";
  await fastImport(folder, [commitHead(seed, parent) + file(shape, turn % shape.files, seed)]);
}

/** Bytes of the packs of a repository. */
export async function packBytes(folder: string): Promise<number> {
  const counted = await git("-C", folder, "count-objects", "-v");
  const [, kib = "0"] = counted.match(/^size-pack: (\d+)$/m) ?? [];
  return Number(kib) * 1024;
}

async function git(...args: string[]): Promise<string> {
  const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const printed = await captureText(["git", ...args], { env });
  if (!printed.ok) throw new Error(printed.message);
  return printed.value;
}

async function fastImport(folder: string, commands: Iterable<string>): Promise<void> {
  const child = new Deno.Command("git", {
    args: ["-C", folder, "fast-import", "--quiet"],
    stdin: "piped",
  }).spawn();
  await ReadableStream.from(commands).pipeThrough(new TextEncoderStream()).pipeTo(child.stdin);
  const { success } = await child.status;
  if (!success) throw new Error(`git fast-import fails in ${folder}`);
}

function* history(shape: RepositoryShape): Generator<string> {
  yield commitHead(0, "");
  for (let number = 0; number < shape.files; number++) yield file(shape, number, number);
  for (let turn = 1; turn <= shape.commits; turn++) {
    yield commitHead(turn, "") + file(shape, (turn * 7) % shape.files, shape.files + turn);
  }
}

/** The committer's time makes equal repositories equal. */
function commitHead(turn: number, parent: string): string {
  const message = `change ${turn}`;
  return `commit refs/heads/main\ncommitter Bench <bench@example.com> ${
    1_700_000_000 + turn
  } +0000\n` +
    `data ${message.length}\n${message}\n${parent}`;
}

function file(shape: RepositoryShape, number: number, seed: number): string {
  const path = `apps/g${Math.floor(number / PER_FOLDER)}/f${number}.yaml`;
  const content = shape.content === "noise"
    ? noise(seed, shape.fileBytes)
    : manifest(seed, shape.fileBytes);
  return `M 100644 inline ${path}\ndata ${content.length}\n${content}\n`;
}

function manifest(seed: number, size: number): string {
  let text = MANIFEST;
  for (let line = 0; text.length < size; line++) {
    text += `  key-${line}: value-${seed * 31 + line}\n`;
  }
  return text;
}

/** Base64 of numbers that follow from the seed (xorshift32). */
function noise(seed: number, size: number): string {
  const words = new Uint32Array(Math.ceil(size * 3 / 16));
  let state = (seed + 1) * 2_654_435_761 | 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer).toBase64();
}
