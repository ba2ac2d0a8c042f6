/**
 * Digests that policies tell: what is written of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ImagePolicy } from "../../crds/mod.ts";
import { automation, FakeRemote, manifest, policy, run } from "./fakes_test.ts";

const OLD = `sha256:${"a".repeat(64)}`;
const NEW = `sha256:${"b".repeat(64)}`;

function policyWith(digest: string): ImagePolicy {
  const status = { latestRef: { name: "ghcr.io/org/app", tag: "2", digest } };
  return { ...policy("app", "2"), status };
}

Deno.test("a digest is written beside its tag, and a new one of the same tag is an update", async () => {
  const remote = new FakeRemote({ "app.yaml": manifest("1") });
  const listPolicies = (digest: string) => () => Promise.resolve([policyWith(digest)]);

  const first = await run(automation(), remote, { listPolicies: listPolicies(OLD) });
  const status = { ...first.status };
  const again = await run(automation({}, {}, { status }), remote, {
    listPolicies: listPolicies(NEW),
  });

  assert.deepEqual(remote.tip("main").files, { "app.yaml": manifest(`2@${NEW}`) });
  assert.deepEqual(remote.pushes, ["refs/heads/main", "refs/heads/main"]);
  assert.equal(first.status?.observedPolicies?.["app"]?.digest, OLD);
  assert.equal(again.status?.observedPolicies?.["app"]?.digest, NEW);
});
