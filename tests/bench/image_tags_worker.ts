/**
 * Scans as a process of its own, as the image reflector scans: one line names an image, one line says what it took.
 *
 * @module
 */
import type { ScannedTags } from "../../controllers/image_reflector/context.ts";
import { keepTags, scanResult } from "../../controllers/image_reflector/scan.ts";
import { defaultBudget, systemClock } from "../../lib/base/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { openOci } from "../../lib/oci/mod.ts";
import { print } from "../../tools/terminal.ts";
import type { Cost } from "./cost.ts";
import { linesOf, timeStep, valueOf } from "./worker.ts";

/** What a scan took inside the process. */
export interface ScanAnswer extends Cost {
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
  [requests, bytes] = [0, 0];
  const { value: tags, cost } = await timeStep(() => scan(image));
  print(JSON.stringify({ ...cost, tags, requests, bytes } satisfies ScanAnswer));
}

/** Gives how many tags there are. */
async function scan(image: string): Promise<number> {
  const access = { image, insecure: true, login: undefined };
  const list = valueOf(await listTags(access, defaultBudget(), kept.get(image)?.list));
  const tags = valueOf(await keepTags(list.tags, EXCLUSIONS, defaultBudget()));
  kept.set(image, { tags, list });
  return scanResult(tags, systemClock.now()).tagCount;
}
