/**
 * ImagePolicy by build date: outcomes, with the registry under the test's control.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ImagePolicy, ImagePolicyStatus } from "../../crds/mod.ts";
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import type { ImageReader } from "../../lib/oci/mod.ts";
import type { ReflectorParts } from "./context.ts";
import {
  type FakeContext,
  fakeContext,
  type Fields,
  imagePolicy,
  imageRepository,
} from "./fakes_test.ts";
import { finalizeImagePolicy, reconcileImagePolicy } from "./image_policy.ts";

const IMAGE = "ghcr.io/org/app";
const DATES: Readonly<Record<string, string>> = {
  zulu: "2024-01-01T00:00:00Z",
  alpha: "2024-03-01T00:00:00Z",
  mike: "2024-02-01T00:00:00Z",
  undated: "",
};

interface World {
  readonly ctx: FakeContext<ImagePolicyStatus>;
  /** Questions, in their order. */
  readonly asked: readonly string[];
  /** Tags of the last scan. */
  scan(tags: readonly string[]): void;
}

function world(tags: readonly string[], parts: Partial<ReflectorParts> = {}): World {
  const asked: string[] = [];
  let revision = 1;
  const reader: ImageReader = {
    fetchDigest(tag) {
      asked.push(tag);
      return Promise.resolve(ok(`sha256:${tag}`));
    },
    fetchCreated(digest) {
      asked.push(digest);
      const tag = digest.slice("sha256:".length);
      return Promise.resolve(ok(DATES[tag] ?? "2023-01-01T00:00:00Z"));
    },
  };
  const ctx = fakeContext<ImagePolicyStatus>({
    openReader: () => Promise.resolve(ok(reader)),
    readRepository: () => {
      const lastScanResult = { tagCount: 1, revision: `${revision}` };
      return Promise.resolve(ok(imageRepository({}, { status: { lastScanResult } })));
    },
    ...parts,
  });
  const scan = (found: readonly string[]) => {
    revision++;
    ctx.tags.write({ namespace: "apps", name: "app" }, IMAGE, { tags: found });
  };
  scan(tags);
  return { ctx, asked, scan };
}

function byDate(spec: Fields = {}, status: Fields = {}, order = "build-date"): ImagePolicy {
  const annotations = { "sluice.dev/order": order };
  const metadata = { name: "app", namespace: "apps", generation: 1, annotations };
  return imagePolicy(spec, { metadata, status });
}

Deno.test("by build date the newest image is chosen, whatever its name and the policy are", async () => {
  const { ctx } = world(["zulu", "alpha", "mike"]);

  const got = await reconcileImagePolicy(byDate({ policy: { semver: { range: "9" } } }), ctx);

  assert.deepEqual([got.kind, got.status?.latestRef], ["ready", { name: IMAGE, tag: "alpha" }]);
});

Deno.test("by build date the filter comes first, and nothing else is asked for", async () => {
  const { ctx, asked } = world(["zulu", "alpha", "mike"]);

  const got = await reconcileImagePolicy(byDate({ filterTags: { pattern: "^[mz]" } }), ctx);

  assert.equal(got.status?.latestRef?.tag, "mike");
  assert.deepEqual(asked.toSorted(), ["mike", "sha256:mike", "sha256:zulu", "zulu"]);
});

Deno.test("an image without a date is a failure that names the tag, until the next scan", async () => {
  const { ctx, asked } = world(["zulu", "undated"]);
  const policy = byDate({}, { latestRef: { name: IMAGE, tag: "zulu" } });

  const got = await reconcileImagePolicy(policy, ctx);
  await reconcileImagePolicy(policy, ctx);

  assert.deepEqual([got.kind, got.reason, got.afterMs], ["retry", "Failure", 600_000]);
  assert.match(got.message, /^tag 'undated': the image sha256:undated has no creation date; /);
  assert.equal(got.events?.length, 1);
  // What was chosen before stays where it is.
  assert.equal(got.status, undefined);
  assert.equal(asked.filter((it) => it === "sha256:undated").length, 1);
});

Deno.test("a big repository takes several runs, tells how far it is and asks nothing twice", async () => {
  const tags = Array.from({ length: 200 }, (_, at) => `t${at}`);
  const { ctx, asked } = world([...tags, "alpha"]);

  const first = await reconcileImagePolicy(byDate(), ctx);
  const second = await reconcileImagePolicy(byDate(), ctx);

  assert.deepEqual([first.kind, first.reason, first.message], [
    "wait",
    "Progressing",
    "the build dates of 49 of 201 tags are known so far",
  ]);
  assert.deepEqual(first.until, { kind: "time", delayMs: 1_000 });
  assert.deepEqual(first.events ?? [], []);
  assert.equal(second.status?.latestRef?.tag, "alpha");
  assert.equal(asked.length, 402);
  assert.equal(new Set(asked).size, 402);
});

Deno.test("an order that is begun anew asks which images the tags stand for, not for their dates", async () => {
  const { ctx, asked, scan } = world(["zulu", "alpha"]);
  await reconcileImagePolicy(byDate(), ctx);
  const before = asked.length;

  scan(["zulu", "alpha", "mike"]);
  const got = await reconcileImagePolicy(byDate(), ctx);
  await finalizeImagePolicy(byDate(), ctx);

  assert.equal(got.status?.latestRef?.tag, "alpha");
  assert.deepEqual(asked.slice(before).toSorted(), ["alpha", "mike", "sha256:mike", "zulu"]);
});

const refusals: {
  name: string;
  parts: Partial<ReflectorParts>;
  want: readonly (string | number | undefined)[];
}[] = [
  {
    name: "a registry that wants to be left alone is left alone that long",
    parts: { openReader: refusing(fail("TooManyRequests", "slow down", { retryAfterMs: 90_000 })) },
    want: ["retry", "Failure", "slow down", 90_000],
  },
  {
    name: "a login that cannot be read is a failure",
    parts: { readAccess: refusing(fail("NotFound", 'secrets "x" not found')) },
    want: ["retry", "Failure", 'secrets "x" not found', undefined],
  },
];

for (const { name, parts, want } of refusals) {
  Deno.test(`by build date ${name}`, async () => {
    const { ctx } = world(["zulu"], parts);

    const { kind, reason, message, afterMs } = await reconcileImagePolicy(byDate(), ctx);

    assert.deepEqual([kind, reason, message, afterMs], want);
  });
}

function refusing(failure: Result<never>): () => Promise<Result<never>> {
  return () => Promise.resolve(failure);
}

for (const order of ["newest", "Build-Date", ""]) {
  Deno.test(`sluice.dev/order: "${order}" is refused, and what there is is named`, async () => {
    const { ctx } = world(["zulu"]);

    const { kind, reason, message } = await reconcileImagePolicy(byDate({}, {}, order), ctx);

    assert.deepEqual([kind, reason, message], [
      "stalled",
      "InvalidAnnotation",
      `metadata.annotations["sluice.dev/order"] is "${order}": use build-date`,
    ]);
  });
}
