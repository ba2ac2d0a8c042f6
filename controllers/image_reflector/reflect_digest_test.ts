/**
 * Digests of chosen tags, with the registry under the test's control.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ImagePolicyStatus } from "../../crds/mod.ts";
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import type { ImageAccess } from "../../lib/oci/mod.ts";
import { fakeContext, type Fields, imagePolicy, imageRepository } from "./fakes_test.ts";
import { reconcileImagePolicy } from "./image_policy.ts";

const IMAGE = "ghcr.io/org/app";
const NEW = `sha256:${"b".repeat(64)}`;
const OLD = `sha256:${"a".repeat(64)}`;
const SAME_TAG = { name: IMAGE, tag: "1.1.0" };
const RESOLVED = `Latest image tag for ${IMAGE} resolved to 1.1.0`;
const ALWAYS = { digestReflectionPolicy: "Always", interval: "90s" };
const ONCE = { digestReflectionPolicy: "IfNotPresent" };

const cases: {
  name: string;
  spec: Fields;
  before?: Fields;
  asks: number;
  want: Fields;
  message: string;
  afterMs?: number;
}[] = [
  {
    name: "Never asks for nothing, and takes away what was there",
    spec: { digestReflectionPolicy: "Never" },
    before: { ...SAME_TAG, digest: OLD },
    asks: 0,
    want: SAME_TAG,
    message: `${RESOLVED} (previously ${IMAGE}:1.1.0@${OLD})`,
  },
  {
    name: "IfNotPresent asks for a tag that is new",
    spec: ONCE,
    before: { name: IMAGE, tag: "1.0.0", digest: OLD },
    asks: 1,
    want: { ...SAME_TAG, digest: NEW },
    message: `${RESOLVED} with digest ${NEW} (previously ${IMAGE}:1.0.0@${OLD})`,
  },
  {
    name: "IfNotPresent asks when the digest is missing",
    spec: ONCE,
    before: SAME_TAG,
    asks: 1,
    want: { ...SAME_TAG, digest: NEW },
    message: `${RESOLVED} with digest ${NEW} (previously ${IMAGE}:1.1.0)`,
  },
  {
    name: "IfNotPresent keeps what it knows",
    spec: ONCE,
    before: { ...SAME_TAG, digest: OLD },
    asks: 0,
    want: { ...SAME_TAG, digest: OLD },
    message: `${RESOLVED} with digest ${OLD}`,
  },
  {
    name: "Always asks each time, and comes back at its interval",
    spec: ALWAYS,
    before: { ...SAME_TAG, digest: OLD },
    asks: 1,
    want: { ...SAME_TAG, digest: NEW },
    message: `${RESOLVED} with digest ${NEW} (previously ${IMAGE}:1.1.0@${OLD})`,
    afterMs: 90_000,
  },
  {
    name: "Always says nothing new of a digest that stays",
    spec: ALWAYS,
    before: { ...SAME_TAG, digest: NEW },
    asks: 1,
    want: { ...SAME_TAG, digest: NEW },
    message: `${RESOLVED} with digest ${NEW}`,
    afterMs: 90_000,
  },
];

for (const { name, spec, before, asks, want, message, afterMs } of cases) {
  Deno.test(`digestReflectionPolicy ${name}`, async () => {
    const { ctx, asked } = contextWithDigest(ok(NEW));
    const policy = imagePolicy(spec, { status: before && { latestRef: before } });

    const got = await reconcileImagePolicy(policy, ctx);

    assert.equal(got.kind, "ready", got.message);
    assert.deepEqual(got.status?.latestRef, want);
    assert.equal(got.message, message);
    assert.equal(got.afterMs, afterMs);
    assert.equal(asked.length, asks);
  });
}

Deno.test("the digest is asked for with all that the repository names", async () => {
  const access = { image: IMAGE, insecure: true, login: { username: "u", password: "p" } };
  const { ctx, asked } = contextWithDigest(ok(NEW), access);

  await reconcileImagePolicy(imagePolicy(ONCE), ctx);

  assert.deepEqual(asked, [{ access, tag: "1.1.0" }]);
});

Deno.test("Always without an interval is stalled until it has one", async () => {
  const { ctx } = contextWithDigest(ok(NEW));

  const got = await reconcileImagePolicy(imagePolicy({ digestReflectionPolicy: "Always" }), ctx);

  assert.deepEqual([got.kind, got.reason], ["stalled", "IntervalNotConfigured"]);
});

const failures: { name: string; digest: Result<string>; reason: string; afterMs?: number }[] = [
  { name: "refuses", digest: fail("NotFound", "HEAD …: no such tag"), reason: "Failure" },
  {
    name: "is busy",
    digest: fail("TooManyRequests", "HEAD …: too many", { status: 429, retryAfterMs: 40_000 }),
    reason: "Failure",
    afterMs: 40_000,
  },
];

for (const { name, digest, reason, afterMs } of failures) {
  Deno.test(`a registry that ${name} leaves the choice before, and is tried again`, async () => {
    const { ctx } = contextWithDigest(digest);

    const got = await reconcileImagePolicy(imagePolicy(ONCE), ctx);

    assert.deepEqual([got.kind, got.reason, got.afterMs], ["retry", reason, afterMs]);
    assert.match(got.message, /^failed to fetch the digest of ghcr\.io\/org\/app:1\.1\.0: HEAD/);
    assert.equal(got.status, undefined);
  });
}

Deno.test("an account that may not be named stalls the policy, too", async () => {
  const readAccess = () => Promise.resolve(fail("FeatureGateDisabled", "enable the gate"));
  const ctx = fakeContext<ImagePolicyStatus>({ readAccess });
  ctx.tags.write({ namespace: "apps", name: "app" }, IMAGE, { tags: ["1.1.0"] });

  const got = await reconcileImagePolicy(imagePolicy(ONCE), ctx);

  assert.deepEqual([got.kind, got.reason], ["stalled", "FeatureGateDisabled"]);
});

function contextWithDigest(
  digest: Result<string>,
  access: ImageAccess = { image: IMAGE, insecure: false, login: undefined },
) {
  const asked: { access: ImageAccess; tag: string }[] = [];
  const ctx = fakeContext<ImagePolicyStatus>({
    readRepository: () => Promise.resolve(ok(imageRepository())),
    readAccess: () => Promise.resolve(ok(access)),
    openReader: (given) =>
      Promise.resolve(ok({
        fetchDigest: (tag) => {
          asked.push({ access: given, tag });
          return Promise.resolve(digest);
        },
        fetchCreated: () => Promise.resolve(fail("NotFound", "nobody asks for a date")),
      })),
  });
  ctx.tags.write({ namespace: "apps", name: "app" }, IMAGE, { tags: ["1.1.0", "1.0.0"] });
  return { ctx, asked };
}
