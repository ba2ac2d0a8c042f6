/**
 * ImagePolicy: outcomes, with the repository under the test's control.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ImagePolicyStatus } from "../../crds/mod.ts";
import { fail, ok } from "../../lib/base/mod.ts";
import type { ReflectorParts } from "./context.ts";
import {
  fakeContext,
  type Fields,
  imagePolicy,
  imageRepository,
  readyCondition,
} from "./fakes_test.ts";
import { reconcileImagePolicy } from "./image_policy.ts";

const IMAGE = "ghcr.io/org/app";
const REF = {
  apiVersion: "image.toolkit.fluxcd.io/v1",
  kind: "ImageRepository",
  namespace: "apps",
  name: "app",
};

function contextWithTags(parts: Partial<ReflectorParts> = {}, namespace = "apps") {
  const ctx = fakeContext<ImagePolicyStatus>(parts);
  ctx.tags.write({ namespace, name: "app" }, IMAGE, { tags: ["1.1.0", "1.0.0"] });
  return ctx;
}

Deno.test("a first choice is news and has nothing before it", async () => {
  const got = await reconcileImagePolicy(imagePolicy(), contextWithTags());

  const message = "Latest image tag for ghcr.io/org/app resolved to 1.1.0";
  assert.deepEqual(got, {
    kind: "ready",
    reason: "Succeeded",
    message,
    status: { latestRef: { name: IMAGE, tag: "1.1.0" }, observedPreviousRef: undefined },
    events: [{ type: "Normal", reason: "Succeeded", message }],
  });
});

Deno.test("the same choice again is a trace", async () => {
  const message = "Latest image tag for ghcr.io/org/app resolved to 1.1.0";
  const status = {
    latestRef: { name: IMAGE, tag: "1.1.0" },
    conditions: [readyCondition("True", "Succeeded", message)],
  };

  const got = await reconcileImagePolicy(imagePolicy({}, { status }), contextWithTags());

  assert.deepEqual(got.events, [{ type: "Trace", reason: "Succeeded", message }]);
});

Deno.test("a new choice names the one before, and keeps naming it", async () => {
  const before = { name: IMAGE, tag: "1.0.0", digest: "sha256:ab" };
  const message = "Latest image tag for ghcr.io/org/app resolved to 1.1.0 " +
    "(previously ghcr.io/org/app:1.0.0@sha256:ab)";

  const got = await reconcileImagePolicy(
    imagePolicy({}, { status: { latestRef: before } }),
    contextWithTags(),
  );
  const again = await reconcileImagePolicy(
    imagePolicy({}, { status: { ...got.status } }),
    contextWithTags(),
  );

  assert.equal(got.message, message);
  assert.deepEqual(got.status?.observedPreviousRef, before);
  assert.equal(again.message, message);
  assert.deepEqual(again.status, got.status);
});

Deno.test("a policy without its repository waits for it", async () => {
  const readRepository = () =>
    Promise.resolve(fail("NotFound", 'ImageRepository.image.toolkit.fluxcd.io "app" not found'));

  const got = await reconcileImagePolicy(imagePolicy(), contextWithTags({ readRepository }));

  const reason = "DependencyNotReady";
  const message = "failed to get the referred ImageRepository: referenced ImageRepository does " +
    'not exist: ImageRepository.image.toolkit.fluxcd.io "app" not found';
  assert.deepEqual(got, {
    kind: "wait",
    reason,
    message,
    until: { kind: "dependency", objects: [REF], retryMs: 30_000 },
    events: [{ type: "Warning", reason, message }],
  });
});

Deno.test("an API server that does not answer is tried again", async () => {
  const readRepository = () => Promise.resolve(fail("Unreachable", "no answer"));

  const got = await reconcileImagePolicy(imagePolicy(), contextWithTags({ readRepository }));

  assert.deepEqual([got.kind, got.reason, got.message], [
    "retry",
    "DependencyNotReady",
    "failed to get the referred ImageRepository: no answer",
  ]);
});

const NO_TAGS: readonly { name: string; repository: Fields; policy: Fields; events: number }[] = [
  { name: "quietly during the first scan", repository: {}, policy: {}, events: 0 },
  {
    name: "with a warning when the scan failed",
    repository: { conditions: [readyCondition("False", "ReadOperationFailed", "scan failed: x")] },
    policy: {},
    events: 1,
  },
  {
    name: "and does not repeat the warning",
    repository: { conditions: [readyCondition("False", "ReadOperationFailed", "scan failed: x")] },
    policy: {
      conditions: [
        readyCondition(
          "False",
          "DependencyNotReady",
          "retrying in 30s error: no tags in database",
        ),
      ],
    },
    events: 0,
  },
];

for (const { name, repository, policy, events } of NO_TAGS) {
  Deno.test(`a policy without tags waits ${name}`, async () => {
    const readRepository = () => Promise.resolve(ok(imageRepository({}, { status: repository })));

    const got = await reconcileImagePolicy(
      imagePolicy({}, { status: policy }),
      fakeContext({ readRepository }),
    );

    assert.equal(got.kind, "wait");
    assert.equal(got.reason, "DependencyNotReady");
    assert.equal(got.message, "retrying in 30s error: no tags in database");
    assert.equal(got.events?.length, events);
  });
}

Deno.test("after a start of the process a choice stands until the repository is scanned", async () => {
  const lastScanResult = { tagCount: 2, revision: "1" };
  const readRepository = () =>
    Promise.resolve(ok(imageRepository({}, { status: { lastScanResult } })));
  const status = { observedGeneration: 1, latestRef: { name: IMAGE, tag: "1.1.0" } };

  const kept = await reconcileImagePolicy(
    imagePolicy({}, { status }),
    fakeContext({ readRepository }),
  );
  const edited = await reconcileImagePolicy(
    imagePolicy({}, { metadata: { name: "app", namespace: "apps", generation: 2 }, status }),
    fakeContext({ readRepository }),
  );

  assert.deepEqual(kept, {
    kind: "ready",
    reason: "Succeeded",
    message: "Latest image tag for ghcr.io/org/app resolved to 1.1.0",
    afterMs: 30_000,
  });
  assert.equal(edited.kind, "wait");
});

Deno.test("tags of the image that the repository named before do not count", async () => {
  const readRepository = () => Promise.resolve(ok(imageRepository({ image: "ghcr.io/org/new" })));

  const got = await reconcileImagePolicy(imagePolicy(), contextWithTags({ readRepository }));

  assert.equal(got.kind, "wait");
});

const CHOICES: readonly { code: string; message: string; kind: string; reason: string }[] = [
  {
    code: "InvalidPolicy",
    message: 'invalid policy: improper constraint: "not a range"',
    kind: "stalled",
    reason: "InvalidPolicy",
  },
  {
    code: "Timeout",
    message: "failed to filter tags: context deadline exceeded",
    kind: "retry",
    reason: "Failure",
  },
  {
    code: "NoMatch",
    message: "unable to determine latest version from provided list",
    kind: "retry",
    reason: "Failure",
  },
];

for (const { code, message, kind, reason } of CHOICES) {
  Deno.test(`a choice that fails as ${code} is ${kind}`, async () => {
    const chooseTag = () => Promise.resolve(fail(code, message));

    const got = await reconcileImagePolicy(imagePolicy(), contextWithTags({ chooseTag }));

    assert.deepEqual(got, {
      kind,
      reason,
      message,
      events: [{ type: "Warning", reason, message }],
    });
  });
}

const team = { namespaceSelectors: [{ matchLabels: { team: "a", stage: "prod" } }] };
const ACCESS: readonly {
  name: string;
  accessFrom?: Fields;
  labels: Record<string, string>;
  want: string;
}[] = [
  {
    name: "without accessFrom",
    labels: {},
    want: "'images/app' can't be accessed due to missing ACL labels on 'accessFrom'",
  },
  {
    name: "with a label missing",
    accessFrom: team,
    labels: { team: "a" },
    want: "'images/app' can't be accessed due to ACL labels mismatch on namespace 'apps'",
  },
  {
    name: "with no selector",
    accessFrom: { namespaceSelectors: [] },
    labels: {},
    want: "'images/app' can't be accessed due to ACL labels mismatch on namespace 'apps'",
  },
  {
    name: "with all labels",
    accessFrom: team,
    labels: { team: "a", stage: "prod", x: "y" },
    want: "",
  },
  {
    name: "with an empty selector",
    accessFrom: { namespaceSelectors: [{}] },
    labels: {},
    want: "",
  },
];

for (const { name, accessFrom, labels, want } of ACCESS) {
  Deno.test(`a repository in another namespace ${name} is ${want === "" ? "read" : "denied"}`, async () => {
    const foreign = imageRepository(accessFrom === undefined ? {} : { accessFrom }, {
      metadata: { name: "app", namespace: "images" },
    });
    const ctx = contextWithTags({
      readRepository: () => Promise.resolve(ok(foreign)),
      readNamespaceLabels: () => Promise.resolve(ok(labels)),
    }, "images");
    const policy = imagePolicy({ imageRepositoryRef: { name: "app", namespace: "images" } });

    const got = await reconcileImagePolicy(policy, ctx);

    if (want === "") assert.equal(got.kind, "ready");
    else assert.deepEqual([got.kind, got.reason, got.message], ["retry", "AccessDenied", want]);
  });
}

Deno.test("--no-cross-namespace-refs denies every other namespace", async () => {
  const policy = imagePolicy({ imageRepositoryRef: { name: "app", namespace: "images" } });

  const got = await reconcileImagePolicy(policy, contextWithTags({ noCrossNamespaceRefs: true }));

  assert.deepEqual([got.kind, got.reason, got.message], [
    "retry",
    "AccessDenied",
    "cannot access 'ImageRepository/images/app', cross-namespace references have been blocked",
  ]);
});
