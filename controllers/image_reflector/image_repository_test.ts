/**
 * ImageRepository: outcomes, with the registry and time under the test's control.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ImageRepositoryStatus } from "../../crds/mod.ts";
import { fail, formatTime, ok } from "../../lib/base/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import {
  fakeContext,
  type Fields,
  imageRepository,
  readyCondition,
  tagList,
} from "./fakes_test.ts";
import { finalizeImageRepository, reconcileImageRepository } from "./image_repository.ts";
import { scanResult } from "./scan.ts";

const NAME = { namespace: "apps", name: "app" };
const IMAGE = "ghcr.io/org/app";
const START = Date.UTC(2026, 0, 1);
const RESULT = scanResult(["1.1.0", "1.0.0"], START);
const MESSAGE = `successful scan: found 2 tags with checksum ${RESULT.revision}`;

function scannedStatus(status: Fields = {}): Fields {
  return {
    observedGeneration: 1,
    canonicalImageName: IMAGE,
    lastScanResult: RESULT,
    observedExclusionList: ["^.*\\.sig$"],
    conditions: [readyCondition("True", "Succeeded", MESSAGE)],
    ...status,
  };
}

function contextWithTags(clock = new FakeClock()) {
  const ctx = fakeContext<ImageRepositoryStatus>({}, clock);
  ctx.tags.write(NAME, IMAGE, { tags: ["1.1.0", "1.0.0"] });
  return ctx;
}

Deno.test("a first scan keeps the tags that are not excluded, newest name first", async () => {
  const ctx = fakeContext<ImageRepositoryStatus>();

  const got = await reconcileImageRepository(imageRepository(), ctx);

  assert.deepEqual(got, {
    kind: "ready",
    reason: "Succeeded",
    message: MESSAGE,
    status: {
      canonicalImageName: IMAGE,
      lastScanResult: {
        tagCount: 2,
        revision: RESULT.revision,
        scanTime: "2026-01-01T00:00:00Z",
        latestTags: ["1.1.0", "1.0.0"],
      },
      observedExclusionList: ["^.*\\.sig$"],
    },
    events: [{ type: "Normal", reason: "Succeeded", message: MESSAGE }],
  });
  assert.deepEqual(ctx.steps, ["scanning: first scan"]);
  assert.deepEqual(ctx.tags.read(NAME, IMAGE), ["1.1.0", "1.0.0"]);
  assert.match(RESULT.revision ?? "", /^\d+$/);
});

const WHY: readonly {
  why: string;
  spec?: Fields;
  metadata?: Fields;
  status?: Fields;
  laterMs?: number;
  forgetful?: boolean;
}[] = [
  {
    why: "reconcile requested",
    metadata: { annotations: { "reconcile.fluxcd.io/requestedAt": "t2" } },
    status: { lastHandledReconcileAt: "t1" },
  },
  { why: "new image name", status: { canonicalImageName: "ghcr.io/org/other" } },
  { why: "updated exclusion list", spec: { exclusionList: ["sig$"] } },
  { why: "no tags in database", forgetful: true },
  { why: "triggered by interval", laterMs: 599_000 },
];

for (const { why, spec, metadata, status, laterMs = 60_000, forgetful = false } of WHY) {
  Deno.test(`a later run scans: ${why}`, async () => {
    const clock = new FakeClock(START + laterMs);
    const ctx = forgetful ? fakeContext<ImageRepositoryStatus>({}, clock) : contextWithTags(clock);
    const repository = imageRepository(spec, {
      metadata: { ...NAME, generation: 1, ...metadata },
      status: scannedStatus(status),
    });

    const got = await reconcileImageRepository(repository, ctx);

    assert.deepEqual(ctx.steps, [`scanning: ${why}`]);
    assert.equal(got.status?.lastScanResult?.scanTime, formatTime(START + laterMs));
    const message = "tags did not change, next scan in 10m0s";
    assert.deepEqual(got.events, [{ type: "Trace", reason: "Succeeded", message }]);
  });
}

for (const reason of ["AuthenticationFailed", "ReadOperationFailed"]) {
  Deno.test(`a scan that failed with ${reason} is made again before its time`, async () => {
    const ctx = contextWithTags(new FakeClock(START + 60_000));
    const conditions = [readyCondition("False", reason, "no")];
    const repository = imageRepository({}, { status: scannedStatus({ conditions }) });

    const got = await reconcileImageRepository(repository, ctx);

    assert.deepEqual(ctx.steps, ["scanning: last scan failed"]);
    assert.deepEqual(got.events, [{ type: "Normal", reason: "Succeeded", message: MESSAGE }]);
  });
}

Deno.test("a run before its time scans nothing and comes back when it is", async () => {
  const ctx = contextWithTags(new FakeClock(START + 60_400));
  const repository = imageRepository({}, { status: scannedStatus() });

  const got = await reconcileImageRepository(repository, ctx);

  assert.deepEqual(got, {
    kind: "ready",
    reason: "Succeeded",
    message: MESSAGE,
    afterMs: 539_600,
    events: [{
      type: "Trace",
      reason: "Succeeded",
      message: "no change in repository configuration since last scan, next scan in 9m0s",
    }],
  });
  assert.deepEqual(ctx.steps, []);
});

Deno.test("a handled request is no reason to scan again", async () => {
  const ctx = contextWithTags();
  const annotations = { "reconcile.fluxcd.io/requestedAt": "t1" };
  const repository = imageRepository({}, {
    metadata: { ...NAME, annotations },
    status: scannedStatus({ lastHandledReconcileAt: "t1" }),
  });

  await reconcileImageRepository(repository, ctx);

  assert.deepEqual(ctx.steps, []);
});

Deno.test("new tags are news, and so is a recovery", async () => {
  const listTags = () => Promise.resolve(ok(tagList(["1.0.0", "1.1.0", "2.0.0"])));
  const annotations = { "reconcile.fluxcd.io/requestedAt": "t1" };
  const failed = { conditions: [readyCondition("False", "ReadOperationFailed", "scan failed: x")] };

  const grown = await reconcileImageRepository(
    imageRepository({}, { metadata: { ...NAME, annotations }, status: scannedStatus() }),
    fakeContext({ listTags }),
  );
  const recovered = await reconcileImageRepository(
    imageRepository({}, { metadata: { ...NAME, annotations }, status: scannedStatus(failed) }),
    fakeContext(),
  );

  assert.equal(grown.events?.[0]?.type, "Normal");
  assert.notEqual(grown.status?.lastScanResult?.revision, RESULT.revision);
  assert.deepEqual(recovered.events, [{ type: "Normal", reason: "Succeeded", message: MESSAGE }]);
});

Deno.test("the same tags in another order are the same revision", () => {
  assert.equal(scanResult(["b", "a"], 0).revision, scanResult(["b", "a"], 1).revision);
  assert.notEqual(scanResult(["b", "a"], 0).revision, scanResult(["ba"], 0).revision);
});

const WRONG: readonly { spec: Fields; reason: string; message: string }[] = [
  {
    spec: { image: "https://ghcr.io/org/app" },
    reason: "ImageURLInvalid",
    message: "image 'https://ghcr.io/org/app' should not include URL scheme; remove 'https://'",
  },
  {
    spec: { image: "localhost:5000/app:v1" },
    reason: "ImageURLInvalid",
    message: "image 'localhost:5000/app:v1' should not include a tag; remove ':v1'",
  },
];

for (const { spec, reason, message } of WRONG) {
  Deno.test(`a spec with ${JSON.stringify(spec)} is stalled`, async () => {
    const got = await reconcileImageRepository(imageRepository(spec), fakeContext());

    assert.deepEqual(got, {
      kind: "stalled",
      reason,
      message,
      events: [{ type: "Warning", reason, message }],
    });
  });
}

Deno.test("a port is no tag", async () => {
  const got = await reconcileImageRepository(
    imageRepository({ image: "localhost:5000/app" }),
    fakeContext(),
  );

  assert.equal(got.kind, "ready");
});

Deno.test("a name that cannot be one is stalled", async () => {
  const canonicalName = () => fail("InvalidImage", "could not parse reference: a b");

  const got = await reconcileImageRepository(imageRepository(), fakeContext({ canonicalName }));

  assert.deepEqual([got.kind, got.reason], ["stalled", "ImageURLInvalid"]);
});

Deno.test("failures are retried with Flux's reasons and words", async () => {
  const noSecret = fakeContext<ImageRepositoryStatus>({
    readAccess: () => Promise.resolve(fail("NotFound", 'secrets "x" not found')),
  });
  const refused = fakeContext<ImageRepositoryStatus>({
    listTags: () =>
      Promise.resolve(
        fail("NameUnknown", "GET http://r/v2/a/tags/list?n=1000: NAME_UNKNOWN: name unknown"),
      ),
  });

  const outcomes = [
    await reconcileImageRepository(imageRepository(), noSecret),
    await reconcileImageRepository(imageRepository(), refused),
    await reconcileImageRepository(imageRepository({ exclusionList: ["("] }), fakeContext()),
  ];

  assert.deepEqual(outcomes.map(({ kind, reason }) => [kind, reason]), [
    ["retry", "AuthenticationFailed"],
    ["retry", "ReadOperationFailed"],
    ["retry", "ReadOperationFailed"],
  ]);
  assert.equal(
    outcomes[0]?.message,
    'failed to configure authentication options: secrets "x" not found',
  );
  assert.equal(
    outcomes[1]?.message,
    "scan failed: GET http://r/v2/a/tags/list?n=1000: NAME_UNKNOWN: name unknown",
  );
  assert.match(outcomes[2]?.message ?? "", /^scan failed: spec\.exclusionList: '\('/);
  assert.equal(refused.tags.read(NAME, IMAGE), undefined);
});

Deno.test("a listing that takes longer than the timeout is called off", async () => {
  const clock = new FakeClock();
  const ctx = fakeContext<ImageRepositoryStatus>({
    listTags: (_listing, budget) =>
      new Promise((resolve) => {
        budget.signal.addEventListener("abort", () => resolve(fail("Timeout", "took too long")));
      }),
  }, clock);

  const running = reconcileImageRepository(imageRepository({ timeout: "20s" }), ctx);
  await clock.advance(20_000);

  assert.equal((await running).message, "scan failed: took too long");
});

Deno.test("a deleted repository leaves no tags", async () => {
  const ctx = contextWithTags();

  const got = await finalizeImageRepository(imageRepository(), ctx);

  assert.equal(got.kind, "ready");
  assert.equal(ctx.tags.read(NAME, IMAGE), undefined);
});

Deno.test("an account that may not be named stalls the repository", async () => {
  const readAccess = () => Promise.resolve(fail("FeatureGateDisabled", "enable the gate"));

  const got = await reconcileImageRepository(imageRepository(), fakeContext({ readAccess }));

  assert.deepEqual([got.kind, got.reason, got.message], [
    "stalled",
    "FeatureGateDisabled",
    "enable the gate",
  ]);
});

Deno.test("a registry is left alone for as long as it asks for", async () => {
  const cause = { status: 429, retryAfterMs: 120_000 };
  const listTags = () => Promise.resolve(fail("TooManyRequests", "GET …: too many", cause));

  const got = await reconcileImageRepository(imageRepository(), fakeContext({ listTags }));

  assert.deepEqual([got.kind, got.afterMs], ["retry", 120_000]);
});

Deno.test("the registry is shown the list of the last scan, but not that of another image", async () => {
  const shown: unknown[] = [];
  const list = tagList(["1.0.0"]);
  const ctx = fakeContext<ImageRepositoryStatus>({
    listTags: (_listing, _budget, before) => {
      shown.push(before);
      return Promise.resolve(ok(list));
    },
  });

  await reconcileImageRepository(imageRepository(), ctx);
  await reconcileImageRepository(imageRepository(), ctx);
  await reconcileImageRepository(imageRepository({ image: "ghcr.io/org/other" }), ctx);

  assert.deepEqual(shown, [undefined, list, undefined]);
});
