import assert from "node:assert/strict";
import { fail } from "../../lib/base/mod.ts";
import { deployment, openStage } from "./fakes_test.ts";

const SPEC = {
  healthChecks: [{ apiVersion: "apps/v1", kind: "Deployment", namespace: "other", name: "theirs" }],
};
/** Healthy, applied by somebody else, and of a kind that is watched for our own sake. */
const THEIRS = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    namespace: "other",
    name: "theirs",
    labels: { "kustomize.toolkit.fluxcd.io/name": "theirs" },
  },
  spec: { replicas: 0 },
  status: { observedGeneration: 1, conditions: [{ type: "Available", status: "True" }] },
};

const looks = [
  { name: "with the controller's own rights", account: undefined, want: "ready" },
  {
    name: "with an account's rights, which are none there",
    account: { namespace: "apps", name: "tenant" },
    want: "wait",
  },
];

for (const { name, account, want } of looks) {
  Deno.test(`healthChecks look at others' objects ${name}`, async () => {
    const stage = openStage({ "web.yaml": deployment("web") });
    stage.account = account;
    stage.cluster.seed(THEIRS);
    const failure = fail("Forbidden", "may not get");
    const as = "system:serviceaccount:apps:tenant";
    stage.cluster.inject({ verb: "get", namespace: "other", as }, { failure, times: 9 });
    // The first run opens the watch; by the second it shows what is there.
    await stage.run(SPEC);
    await stage.clock.advance(0);

    const outcome = await stage.run(SPEC);

    assert.equal(outcome.kind, want);
  });
}
