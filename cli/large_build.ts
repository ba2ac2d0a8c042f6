/**
 * Builds that may exhaust the heap, in a thread: then there is a message instead of a crash.
 *
 * @module
 */
import { getHeapStatistics } from "node:v8";
import { defaultBudget, fail, ok, type Result, systemClock } from "../lib/base/mod.ts";
import { type Answer, PART_CHARS, startThread, type StopWord } from "../lib/delivery/mod.ts";
import type { Build } from "../lib/kustomize/mod.ts";
import { type BuildFlags, buildFolder } from "./kustomize_build.ts";

/** What is printed of a build. */
export type Printed = Pick<Build, "warnings" | "toYaml">;

/** What the thread is told. */
export interface FolderRequest {
  /** Folder, as the caller gave it. */
  readonly dir: string;
  /** How to build. */
  readonly flags: BuildFlags;
  /** Time. */
  readonly limitMs: number;
}

/** What the thread says before the YAML. */
export interface FolderHead {
  readonly result: Result<Pick<Build, "warnings">>;
  /** The build asks for remote bases, which it has only where they are fetched. */
  readonly needsHosts: boolean;
}

/** Nobody waits for longer. */
const LIMIT_MS = 60 * 60_000;

/** Builds in a thread that may have as much memory as the process itself; nothing when that needs other hosts. */
export async function buildInThread(
  dir: string,
  flags: BuildFlags,
): Promise<Result<Printed> | undefined> {
  const heapMib = Math.floor(getHeapStatistics().heap_size_limit / 2 ** 20);
  const thread = startThread<FolderRequest, FolderHead>({
    url: workerUrl(),
    heapMib,
    clock: systemClock,
  });
  if (!thread.ok) return thread;
  const parts: string[] = [];
  const head = await thread.value.run({
    limitMs: () => LIMIT_MS,
    request: (limitMs) => ({ dir, flags, limitMs }),
    signal: new AbortController().signal,
    onPart: (text) => parts.push(text),
  });
  await thread.value.end();
  if (!head.ok) return fail(head.code, `the build was given up: ${head.message}`, head);
  const { result, needsHosts } = head.value;
  if (needsHosts) return undefined;
  if (!result.ok) return result;
  return ok({ warnings: result.value.warnings, toYaml: () => parts.join("") });
}

/** Builds, inside of the thread. */
export function buildLargeFolder(
  { dir, flags, limitMs }: FolderRequest,
  stop: StopWord,
): Answer<FolderHead> {
  const budget = { ...defaultBudget(), time: stop.timeLimit(limitMs) };
  let needsHosts = false;
  const built = buildFolder(dir, flags, {
    budget,
    fetchRemote(address) {
      needsHosts = true;
      return fail("RemoteNeeded", `"${address}" is not fetched here`);
    },
  });
  if (!built.ok) {
    return { head: { result: fail(built.code, built.message), needsHosts }, parts: [] };
  }
  const { warnings } = built.value;
  return { head: { result: ok({ warnings }), needsHosts }, parts: partsOf(built.value) };
}

function* partsOf(build: Build): Generator<string> {
  let text = "";
  for (const [index, resource] of build.resources.entries()) {
    text += (index === 0 ? "" : "---\n") + resource.toYaml();
    if (text.length < PART_CHARS) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

/** Beside this module, or beside the bundle that holds it. */
function workerUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./build_worker.${extension}`, import.meta.url);
}
