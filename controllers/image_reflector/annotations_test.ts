/**
 * Sluice's own annotations on ImageRepository and ImagePolicy.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ImagePolicyStatus, ImageRepositoryStatus } from "../../crds/mod.ts";
import { fakeContext, imagePolicy, imageRepository } from "./fakes_test.ts";
import { reconcileImagePolicy } from "./image_policy.ts";
import { reconcileImageRepository } from "./image_repository.ts";

const NAME = { namespace: "apps", name: "app" };

Deno.test("an annotation of ours that means nothing here is refused by name", async () => {
  const annotations = { "sluice.dev/prune": "confirm", "sluice.dev/lock": "ann: freeze" };
  const metadata = { ...NAME, generation: 1, annotations };
  const ctx = fakeContext<ImageRepositoryStatus>();

  const got = await reconcileImageRepository(imageRepository({}, { metadata }), ctx);

  assert.deepEqual([got.kind, got.reason, got.message], [
    "stalled",
    "Unsupported",
    'metadata.annotations["sluice.dev/lock"] is not supported yet: remove it, see "Not yet" in the README',
  ]);
});

Deno.test("an annotation of ours that nobody knows is refused by name", async () => {
  const annotations = { "sluice.dev/hold": "1.1.0 abc", "sluice.dev/ordr": "build-date" };
  const policy = imagePolicy({}, { metadata: { name: "app", namespace: "apps", annotations } });

  const { kind, reason, message } = await reconcileImagePolicy(
    policy,
    fakeContext<ImagePolicyStatus>(),
  );

  assert.deepEqual([kind, reason, message], [
    "stalled",
    "Unsupported",
    'metadata.annotations["sluice.dev/ordr"] is not supported yet: remove it, see "Not yet" in the README',
  ]);
});

Deno.test("a lock keeps the choice and says who wants it so", async () => {
  const annotations = { "sluice.dev/lock": "ann: release freeze", "sluice.dev/hold": "1.1.0 abc" };
  const policy = imagePolicy({}, { metadata: { name: "app", namespace: "apps", annotations } });

  const { kind, reason, message, status } = await reconcileImagePolicy(policy, fakeContext());

  assert.deepEqual([kind, reason], ["stalled", "Locked"]);
  assert.equal(message, "locked by sluice.dev/lock: ann: release freeze");
  assert.equal(status, undefined);
});
