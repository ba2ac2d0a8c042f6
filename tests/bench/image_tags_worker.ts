/**
 * Scans as a process of its own, as the image reflector scans: one line names an image, one line says what it took.
 *
 * @module
 */
import process from "node:process";
import type { ScannedTags } from "../../controllers/image_reflector/context.ts";
import { keepTags, scanResult } from "../../controllers/image_reflector/scan.ts";
import { defaultBudget, type Result, systemClock } from "../../lib/base/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { openOci } from "../../lib/oci/mod.ts";
import { print } from "../../tools/terminal.ts";
import { linesOf } from "./git_worker.ts";

/** What a scan took inside the process. */
export interface ScanAnswer {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly tags: number;
  readonly requests: number;
  readonly bytes: number;
}

const EXCLUSIONS = ["^.*\\.sig$"] as const;

await using http = openHttp();
let [requests, bytes] = [0, 0];
const { listTags } = openOci({
  ...http,
  async fetch(request) {
    requests++;
    const got = await http.fetch(request);
    if (got.ok) bytes += got.value.body.length;
    return got;
  },
});
const kept = new Map<string, ScannedTags>();

for await (const image of linesOf(Deno.stdin.readable)) {
  const before = process.cpuUsage();
  const began = systemClock.monotonicMs();
  [requests, bytes] = [0, 0];
  const access = { image, insecure: true, login: undefined };
  const list = valueOf(await listTags(access, defaultBudget(), kept.get(image)?.list));
  const tags = valueOf(await keepTags(list.tags, EXCLUSIONS, defaultBudget()));
  kept.set(image, { tags, list });
  const { tagCount } = scanResult(tags, systemClock.now());
  const wallSeconds = (systemClock.monotonicMs() - began) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1_000_000;
  const answer: ScanAnswer = { wallSeconds, cpuSeconds, tags: tagCount, requests, bytes };
  print(JSON.stringify(answer));
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}
