/**
 * Objects and a context for the tests of this folder.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Condition, ImagePolicy, ImageRepository } from "../../crds/mod.ts";
import { defaultBudget, fail, ok } from "../../lib/base/mod.ts";
import { openBuildDates } from "../../lib/delivery/mod.ts";
import type { TagList } from "../../lib/oci/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { fakeRun, silentLog } from "../../lib/testing/fake_run.ts";
import { memoryDisk } from "../../lib/testing/memory_disk.ts";
import { openUnfinishedOrders } from "./build_date.ts";
import type { ReflectorContext, ReflectorParts } from "./context.ts";
import { openTagStore } from "./tag_store.ts";

/** Any JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** An ImageRepository `apps/app`; `spec` and the rest are merged in. */
export function imageRepository(spec: Fields = {}, rest: Fields = {}): ImageRepository {
  const decoded = ImageRepository.decode({
    apiVersion: ImageRepository.apiVersion,
    kind: ImageRepository.kind,
    metadata: { name: "app", namespace: "apps", generation: 1 },
    ...rest,
    spec: { image: "ghcr.io/org/app", interval: "10m", ...spec },
  });
  assert.ok(decoded.ok, "the test's own ImageRepository must be right");
  return decoded.value;
}

/** An ImagePolicy `apps/app` on the repository above. */
export function imagePolicy(spec: Fields = {}, rest: Fields = {}): ImagePolicy {
  const decoded = ImagePolicy.decode({
    apiVersion: ImagePolicy.apiVersion,
    kind: ImagePolicy.kind,
    metadata: { name: "app", namespace: "apps", generation: 1 },
    ...rest,
    spec: { imageRepositoryRef: { name: "app" }, policy: { alphabetical: {} }, ...spec },
  });
  assert.ok(decoded.ok, "the test's own ImagePolicy must be right");
  return decoded.value;
}

/** A Ready condition. */
export function readyCondition(
  status: Condition["status"],
  reason: string,
  message: string,
): Condition {
  return {
    type: "Ready",
    status,
    reason,
    message,
    observedGeneration: 1,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
}

/** The list of a registry that says nothing about when it changes. */
export function tagList(tags: readonly string[]): TagList {
  return { tags, pages: new Map(), pageSize: 1000 };
}

/** A context that also keeps the steps a run named. */
export type FakeContext<Status> = ReflectorContext<Status> & { readonly steps: readonly string[] };

/** A context whose registry has `1.0.0`, `1.1.0` and a signature; `parts` replaces what a case is about. */
export function fakeContext<Status>(
  parts: Partial<ReflectorParts> = {},
  clock: FakeClock = new FakeClock(),
): FakeContext<Status> {
  const steps: string[] = [];
  const usual: ReflectorParts = {
    tags: openTagStore(),
    dates: openBuildDates({ disk: memoryDisk(clock), path: "dates", log: silentLog }),
    unfinished: openUnfinishedOrders(),
    openReader: () => Promise.resolve(fail("Unreachable", "this test has no registry")),
    canonicalName: (image) => ok(image),
    readAccess: ({ spec: { image } }) =>
      Promise.resolve(ok({ image, insecure: false, login: undefined })),
    listTags: () => Promise.resolve(ok(tagList(["1.0.0", "sha256-abc.sig", "1.1.0"]))),
    chooseTag: (_spec, [first]) =>
      Promise.resolve(
        first === undefined ? fail("NoMatch", "version list argument cannot be empty") : ok(first),
      ),
    readRepository: () => Promise.resolve(ok(imageRepository())),
    scanAgain: ({ name }) => assert.fail(`the tags of ${name} are there`),
    readNamespaceLabels: () => Promise.resolve(ok({})),
    budget: defaultBudget,
    noCrossNamespaceRefs: false,
  };
  const run = fakeRun<Status>({ clock, onProgress: (message) => steps.push(message) });
  return { ...usual, ...parts, ...run, steps };
}
