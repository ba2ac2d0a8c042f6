/**
 * Image policies as a process of its own: one line says which images, and how many tags each has, one line says
 * what it took to choose. The policies run as in the image reflector; registry and cluster answer at once.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  fakeContext,
  type Fields,
  imagePolicy,
  imageRepository,
} from "../../controllers/image_reflector/fakes_test.ts";
import { reconcileImagePolicy } from "../../controllers/image_reflector/image_policy.ts";
import type { ImagePolicy, ImagePolicyStatus } from "../../crds/mod.ts";
import { openDisk } from "../../lib/artifact/mod.ts";
import { ok } from "../../lib/base/mod.ts";
import { openBuildDates } from "../../lib/delivery/mod.ts";
import { chooseTag } from "../../lib/image/mod.ts";
import { silentLog } from "../../lib/testing/fake_run.ts";
import { print } from "../../tools/terminal.ts";
import type { Cost } from "./cost.ts";
import { linesOf, timeStep } from "./worker.ts";

/** How a part of the policies chooses. */
export interface PolicyOrder {
  /** As the table calls it. */
  readonly name: string;
  /** `spec` without the reference. */
  readonly spec: Fields;
  /** By what `sluice.dev/order` says. */
  readonly isByDate?: boolean;
  /** The tag that must be chosen of so many. */
  want(tags: number): string;
}

const MAIN = "^main-[a-f0-9]{8}-(?P<n>[0-9]+)$";

/** All ways there are; each gets as many policies. */
export const ORDERS: readonly PolicyOrder[] = [
  {
    name: "semver",
    spec: { policy: { semver: { range: ">=1.0.0 <2.0.0" } } },
    want: (tags) => `1.${tags / 2 - 1}.0`,
  },
  {
    name: "numerical, extracted",
    spec: { filterTags: { pattern: MAIN, extract: "$n" }, policy: { numerical: {} } },
    want: (tags) => mainTag(tags / 2 - 1),
  },
  {
    name: "alphabetical, filtered",
    spec: { filterTags: { pattern: "^1\\.9" }, policy: { alphabetical: { order: "asc" } } },
    want: () => "1.99.0",
  },
  {
    // A hundred tags of each image: more would take a run several times.
    name: "build date, of 100 tags",
    spec: {
      filterTags: { pattern: "^main-[a-f0-9]{8}-[0-9]{1,2}$" },
      policy: { alphabetical: {} },
    },
    isByDate: true,
    want: () => mainTag(0),
  },
];

/** A line: images whose names begin so, with at least 200 tags each. */
export interface PoliciesQuestion {
  readonly images: string;
  readonly tags: number;
}

/** What the answer to a line says, for each order. */
export type PoliciesAnswer = Readonly<Record<string, Cost>>;

/** `main-` with a hash that sorts anyhow, and a count. */
function mainTag(count: number): string {
  return `main-${((count * 2_654_435_761) >>> 0).toString(16).padStart(8, "0")}-${count}`;
}

if (import.meta.main) await answerLines(Number(Deno.args[0]), Deno.args[1] ?? "");

async function answerLines(size: number, folder: string): Promise<void> {
  const dates = openBuildDates({ disk: openDisk(folder), path: "dates", log: silentLog });
  const reader = {
    fetchDigest: (image: string, tag: string) => Promise.resolve(ok(digestOf(image, tag))),
    // The first tag of each image is its newest.
    fetchCreated: (digest: string) =>
      Promise.resolve(ok(new Date(2e12 - 1e6 * parseInt(digest.slice(-4), 16)).toISOString())),
  };
  const ctx = fakeContext<ImagePolicyStatus>({
    chooseTag,
    dates,
    readRepository: ({ name }) => Promise.resolve(ok(repositoryOf(name))),
    openReader: ({ image }) =>
      Promise.resolve(ok({ ...reader, fetchDigest: (tag) => reader.fetchDigest(image, tag) })),
  });
  for await (const line of linesOf(Deno.stdin.readable)) {
    const { images, tags: count }: PoliciesQuestion = JSON.parse(line);
    const tags = tagsOf(count);
    const answer: Record<string, Cost> = {};
    for (const [at, order] of ORDERS.entries()) {
      const names = Array.from(
        { length: Math.ceil(size / ORDERS.length) },
        (_, i) => `${images}${at}-${i}`,
      );
      for (const name of names) {
        ctx.tags.write({ namespace: "apps", name }, imageOf(name), { tags });
      }
      const { cost } = await timeStep(async () => {
        for (const name of names) {
          const outcome = await reconcileImagePolicy(policyOf(name, order), ctx);
          assert.equal(outcome.status?.latestRef?.tag, order.want(count), outcome.message);
        }
      });
      answer[order.name] = cost;
    }
    print(JSON.stringify(answer satisfies PoliciesAnswer));
  }
}

function tagsOf(count: number): readonly string[] {
  const half = Array.from({ length: count / 2 }, (_, at) => at);
  return half.flatMap((at) => [`1.${at}.0`, mainTag(at)]).sort().reverse();
}

function imageOf(name: string): string {
  return `example.test/${name}`;
}

/** Two images have no digest in common; its end is the count of the tag. */
function digestOf(image: string, tag: string): string {
  const count = Number(tag.slice(tag.lastIndexOf("-") + 1)).toString(16).padStart(4, "0");
  const owner = [...image].map((char) => char.charCodeAt(0).toString(16)).join("");
  return `sha256:${(owner + count).slice(-64).padStart(64, "0")}`;
}

function repositoryOf(name: string) {
  const metadata = { name, namespace: "apps", generation: 1 };
  return imageRepository({ image: imageOf(name) }, { metadata });
}

function policyOf(name: string, { spec, isByDate }: PolicyOrder): ImagePolicy {
  const annotations = isByDate === true ? { "sluice.dev/order": "build-date" } : {};
  const metadata = { name, namespace: "apps", generation: 1, annotations };
  return imagePolicy({ imageRepositoryRef: { name }, ...spec }, { metadata });
}
