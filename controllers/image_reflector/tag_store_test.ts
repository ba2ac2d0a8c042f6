/**
 * Which tags are kept, and what becomes of policies whose tags are not.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ImagePolicyStatus } from "../../crds/mod.ts";
import { ok } from "../../lib/base/mod.ts";
import { tagListBytes } from "../../lib/oci/mod.ts";
import type { ReflectorParts } from "./context.ts";
import {
  fakeContext,
  imagePolicy,
  imageRepository,
  readyCondition,
  tagList,
} from "./fakes_test.ts";
import { reconcileImagePolicy } from "./image_policy.ts";
import { openTagStore } from "./tag_store.ts";

const IMAGE = "ghcr.io/org/app";
const TAGS = Array.from({ length: 100 }, (_, at) => `v${at}`);
/** What one repository with these tags takes. */
const ONE = tagListBytes(tagList(TAGS)) + 8 * TAGS.length;

function named(name: string) {
  return { namespace: "apps", name };
}

/** A store with room for two repositories of three, after what `touch` does before the third comes. */
function leftOf(touch: (store: ReturnType<typeof openTagStore>) => void) {
  const store = openTagStore(2 * ONE);
  for (const name of ["a", "b", "c"]) {
    if (name === "c") touch(store);
    store.write(named(name), IMAGE, { tags: TAGS, list: tagList(TAGS) });
  }
  const has = (name: string) => store.read(named(name), IMAGE) !== undefined;
  return { store, left: ["a", "b", "c"].filter(has) };
}

Deno.test("the tag store lets go of the tags that were not asked for longest, and knows it", () => {
  const { store, left } = leftOf((store) => void store.read(named("a"), IMAGE));

  assert.deepEqual(left, ["a", "c"]);
  assert.deepEqual(["a", "b", "c", "d"].map((name) => store.hasLetGo(named(name))), [
    false,
    true,
    false,
    false,
  ]);
  assert.equal(store.lastList(named("b"), IMAGE), undefined);
});

Deno.test("the tag store has room again for what was let go, and forgets what is removed", () => {
  const { store } = leftOf(() => {});
  assert.ok(store.hasLetGo(named("a")));

  store.remove(named("b"));
  store.write(named("a"), IMAGE, { tags: TAGS, list: tagList(TAGS) });

  const has = ["a", "b", "c"].map((name) => store.read(named(name), IMAGE) !== undefined);
  assert.deepEqual(has, [true, false, true]);
  assert.deepEqual(["a", "b"].map((name) => store.hasLetGo(named(name))), [false, false]);
});

Deno.test("the tag store keeps tags whose pages are too much for it without these", () => {
  const store = openTagStore(ONE);
  const page = { etag: '"1"', tags: TAGS, next: undefined };
  const pages = new Map([[`https://reg.io/${"x".repeat(8_000)}`, page]]);

  store.write(named("a"), IMAGE, { tags: TAGS, list: { ...tagList(TAGS), pages } });

  assert.deepEqual(store.read(named("a"), IMAGE), TAGS);
  assert.equal(store.lastList(named("a"), IMAGE), undefined);
});

Deno.test("the tag store has nothing of the image that was named before", () => {
  const store = openTagStore();
  store.write(named("a"), IMAGE, { tags: TAGS });

  assert.equal(store.read(named("a"), "ghcr.io/org/other"), undefined);
});

Deno.test("tags that had to go are scanned for again, and that is no news", async () => {
  const asked: string[] = [];
  const tags = openTagStore(200);
  const parts: Partial<ReflectorParts> = {
    tags,
    scanAgain: ({ namespace, name }) => asked.push(`${namespace}/${name}`),
    readRepository: () => {
      const conditions = [readyCondition("True", "Succeeded", "scanned")];
      const lastScanResult = { tagCount: 1, revision: "1" };
      return Promise.resolve(ok(imageRepository({}, { status: { conditions, lastScanResult } })));
    },
  };
  const ctx = fakeContext<ImagePolicyStatus>(parts);
  tags.write(named("app"), IMAGE, { tags: ["1.1.0", "1.0.0"] });
  tags.write(named("other"), IMAGE, { tags: ["1.0.0", "1.1.0", "1.2.0"] });

  const first = await reconcileImagePolicy(imagePolicy(), ctx);
  const status = { observedGeneration: 1, latestRef: { name: IMAGE, tag: "1.0.0" } };
  const chosen = await reconcileImagePolicy(imagePolicy({}, { status }), ctx);

  assert.deepEqual([first.kind, first.reason, first.events], ["wait", "DependencyNotReady", []]);
  assert.deepEqual([chosen.kind, chosen.reason, chosen.afterMs], ["ready", "Succeeded", 30_000]);
  assert.deepEqual(asked, ["apps/app", "apps/app"]);
});

Deno.test("tags that had to go are left to the next try where the last scan failed", async () => {
  const tags = openTagStore(200);
  const conditions = [readyCondition("False", "ReadOperationFailed", "scan failed: try later")];
  const ctx = fakeContext<ImagePolicyStatus>({
    tags,
    readRepository: () => Promise.resolve(ok(imageRepository({}, { status: { conditions } }))),
    scanAgain: () => assert.fail("the registry asked to be left alone"),
  });
  tags.write(named("app"), IMAGE, { tags: ["1.1.0", "1.0.0"] });
  tags.write(named("other"), IMAGE, { tags: ["1.0.0", "1.1.0", "1.2.0"] });
  assert.ok(tags.hasLetGo(named("app")));

  const outcome = await reconcileImagePolicy(imagePolicy(), ctx);

  assert.deepEqual([outcome.kind, outcome.reason], ["wait", "DependencyNotReady"]);
});
