/**
 * A thread that builds, but for some paths, with which it does what no build should.
 *
 * @module
 */
import { type BuildHead, type BuildRequest, doBuild } from "../delivery/build_job.ts";
import { serveJobs, type StopWord } from "../delivery/serve_jobs.ts";
import type { Answer } from "../delivery/thread_messages.ts";

/** Longer than any test waits, short enough that a test that fails leaves no thread behind for long. */
const SPIN_MS = 20_000;

function misbehave(request: BuildRequest, stop: StopWord): Answer<BuildHead> {
  switch (request.spec.path) {
    case "spin":
      spin(SPIN_MS);
      break;
    case "spin-a-little":
      spin(700);
      break;
    case "throw":
      throw new TypeError("a mistake of ours");
    case "exit":
      Deno.exit(3);
      break;
    case "heap":
      exhaust();
  }
  return doBuild({ ...request, spec: { ...request.spec, path: "" } }, stop);
}

/** Looks at no limit. */
function spin(forMs: number): void {
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs);
}

function exhaust(): never {
  const kept: unknown[] = [];
  for (;;) kept.push({ number: kept.length, text: `text ${kept.length}` });
}

serveJobs(misbehave);
