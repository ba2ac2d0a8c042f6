/**
 * Which change of an ImageRepository starts which policies.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Change } from "../../lib/kube/mod.ts";
import { type Fields, imagePolicy, imageRepository, readyCondition } from "./fakes_test.ts";
import { followRepositories, repositoryKeysOf, watchRepositories } from "./follow.ts";

/** An informer that tells what a test tells it, after one object that was there before. */
function fakeChanges() {
  const handlers = new Set<(change: Change) => void>();
  return {
    onChange(handler: (change: Change) => void) {
      handlers.add(handler);
      handler({ type: "added", object: imageRepository() });
      return () => void handlers.delete(handler);
    },
    tell(change: Change) {
      for (const handler of handlers) handler(change);
    },
    handlers,
  };
}

function scanned(revision: string, rest: Fields = {}, scanTime = "2026-01-01T00:00:00Z") {
  return imageRepository({}, {
    status: { lastScanResult: { tagCount: 1, revision, scanTime }, ...rest },
  });
}

const sameTags: Change = {
  type: "updated",
  object: scanned("1", {}, "2026-01-02T00:00:00Z"),
  previous: scanned("1"),
};

const FOLLOWED: readonly {
  name: string;
  change: Change;
  missed?: readonly string[];
  want: readonly string[];
  left?: readonly string[];
}[] = [
  { name: "a new object", change: { type: "added", object: scanned("1") }, want: [] },
  {
    name: "a first scan",
    change: { type: "updated", object: scanned("1"), previous: imageRepository() },
    want: ["apps/app: tags 1"],
  },
  {
    name: "other tags",
    change: { type: "updated", object: scanned("2"), previous: scanned("1") },
    want: ["apps/app: tags 2"],
  },
  { name: "the same tags", change: sameTags, missed: ["apps/b"], want: [], left: ["apps/b"] },
  {
    name: "the same tags, which a policy has missed,",
    change: sameTags,
    missed: ["apps/app", "apps/b"],
    want: ["apps/app: tags 1"],
    left: ["apps/b"],
  },
  {
    name: "what is no scan, while a policy waits for one,",
    change: {
      type: "updated",
      object: scanned("1", { conditions: [readyCondition("Unknown", "Progressing", "scanning")] }),
      previous: scanned("1"),
    },
    missed: ["apps/app"],
    want: [],
    left: ["apps/app"],
  },
  {
    name: "a deletion",
    change: { type: "deleted", object: scanned("2") },
    missed: ["apps/app"],
    want: [],
  },
];

for (const { name, change, missed = [], want, left = [] } of FOLLOWED) {
  Deno.test(`followRepositories(): ${name} starts ${want.length === 0 ? "nothing" : "policies"}`, () => {
    const repositories = fakeChanges();
    const started: string[] = [];
    const policies = {
      informer: {
        byIndex: (_index: string, key: string) => key === "apps/app" ? [imagePolicy()] : [],
      },
      enqueue: (namespace: string, object: string, why: string) =>
        void started.push(`${namespace}/${object}: ${why}`),
    };
    const waiting = new Set(missed);
    const stop = followRepositories(repositories, policies, waiting);

    repositories.tell(change);
    stop();

    assert.deepEqual(started, want);
    assert.deepEqual([...waiting], left);
    assert.equal(repositories.handlers.size, 0);
  });
}

const failing = { conditions: [readyCondition("False", "ReadOperationFailed", "scan failed: x")] };
const retrying = { conditions: [readyCondition("False", "ReadOperationFailed", "scan failed: y")] };
const REF = { apiVersion: "image.toolkit.fluxcd.io/v1", kind: "ImageRepository", name: "app" };
const WAKING: readonly { name: string; change: Change; want: number }[] = [
  { name: "its creation", change: { type: "added", object: imageRepository() }, want: 1 },
  { name: "its deletion", change: { type: "deleted", object: imageRepository() }, want: 1 },
  { name: "a scan", change: sameTags, want: 1 },
  {
    name: "its first failure",
    change: {
      type: "updated",
      object: imageRepository({}, { status: failing }),
      previous: imageRepository(),
    },
    want: 1,
  },
  {
    name: "no further failure",
    change: {
      type: "updated",
      object: imageRepository({}, { status: retrying }),
      previous: imageRepository({}, { status: failing }),
    },
    want: 0,
  },
  {
    name: "no other repository",
    change: {
      type: "added",
      object: imageRepository({}, { metadata: { name: "app", namespace: "other" } }),
    },
    want: 0,
  },
];

for (const { name, change, want } of WAKING) {
  Deno.test(`watchRepositories() is woken by ${name}`, () => {
    const repositories = fakeChanges();
    let woken = 0;
    const stop = watchRepositories(
      repositories,
      [{ ...REF, namespace: "apps" }],
      () => woken++,
    );

    assert.equal(woken, 0);
    repositories.tell(change);
    stop();

    assert.equal(woken, want);
    assert.equal(repositories.handlers.size, 0);
  });
}

Deno.test("repositoryKeysOf() files a policy under its repository's namespace, its own by default", () => {
  const foreign = imagePolicy({ imageRepositoryRef: { name: "x", namespace: "images" } });

  assert.deepEqual(repositoryKeysOf(imagePolicy()), ["apps/app"]);
  assert.deepEqual(repositoryKeysOf(foreign), ["images/x"]);
  assert.deepEqual(repositoryKeysOf({ ...foreign, spec: {} }), []);
});
