import assert from "node:assert/strict";
import { fail, type Result } from "../base/mod.ts";
import { type FakeClock, settle } from "../testing/fake_clock.ts";
import type { Exchange } from "../testing/recorded_fetch.ts";
import { discoveryExchanges, openRecorded, refusal } from "../testing/recorded_cluster.ts";
import { codeOf } from "../testing/results.ts";
import type { Cluster, WriteGuard } from "./cluster.ts";

const WEB = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "web" };
const OBJECT = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "web", namespace: "apps" },
};
const PATH = "/api/v1/namespaces/apps/configmaps/web";
const BY = { fieldManager: "m" };
const LEASE_MS = 5_000;

const writes: { name: string; write: (cluster: Cluster) => Promise<Result<unknown>> }[] = [
  { name: "create", write: (cluster) => cluster.create(OBJECT, BY) },
  { name: "update", write: (cluster) => cluster.update(OBJECT, BY) },
  { name: "apply", write: (cluster) => cluster.apply(OBJECT, BY) },
  { name: "patch", write: (cluster) => cluster.patch(WEB, {}, { ...BY, type: "merge" }) },
  { name: "remove", write: (cluster) => cluster.remove(WEB) },
];

for (const { name, write } of writes) {
  Deno.test(`guardedBy() sends no ${name} that its guard refuses, under any identity`, async () => {
    await using recorded = await openRecorded(discoveryExchanges());
    const guarded = recorded.cluster.guardedBy(() => fail("NotLeader", "the lease is lost"));
    const tenant = { namespace: "apps", name: "tenant" };

    const got = [
      await write(guarded),
      await write(guarded.as(tenant)),
      await write(recorded.cluster.as(tenant).guardedBy(() => fail("NotLeader", "as well"))),
    ];

    assert.deepEqual(got.map(codeOf), ["NotLeader", "NotLeader", "NotLeader"]);
  });
}

Deno.test("guardedBy() asks nothing about reads and dry-runs", async () => {
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    { request: `GET ${PATH}`, answer: { json: OBJECT } },
    { request: `PATCH ${PATH}?fieldManager=m&dryRun=All`, answer: { json: OBJECT } },
  ]);
  const guarded = recorded.cluster.guardedBy(() => fail("NotLeader", "the lease is lost"));

  const got = [await guarded.get(WEB), await guarded.apply(OBJECT, { ...BY, dryRun: true })];

  assert.deepEqual(got.map(codeOf), ["ok", "ok"]);
});

const waits: { name: string; exchanges: Exchange[]; before: (cluster: Cluster) => void }[] = [
  {
    name: "waited for its place",
    exchanges: Array.from({ length: 32 }, () => ({
      request: `GET ${PATH}`,
      answer: { hangs: true },
    })),
    before(cluster) {
      for (let places = 32; places > 0; places--) void cluster.get(WEB);
    },
  },
  {
    name: "waits to be sent again",
    exchanges: [{
      request: `PATCH ${PATH}?fieldManager=m`,
      answer: {
        status: 429,
        headers: { "retry-after": "10" },
        json: refusal(429, "TooManyRequests", "later"),
      },
    }],
    before() {},
  },
];

for (const { name, exchanges, before } of waits) {
  Deno.test(`a write that ${name} is not sent after the lease ran out`, async () => {
    await using recorded = await openRecorded([...discoveryExchanges(), ...exchanges]);
    const { cluster, clock } = recorded;
    const guarded = cluster.guardedBy(untilMs(clock, LEASE_MS));
    await cluster.resourceOf({ group: "", version: "v1", kind: "ConfigMap" });
    before(cluster);

    const pending = guarded.apply(OBJECT, BY);
    await settle();
    await clock.advance(30_000);

    // Had it gone out, the recording would have no exchange for it.
    assert.equal(codeOf(await pending), "NotLeader");
  });
}

/** Lets writes through for a time, as a lease does. */
function untilMs(clock: FakeClock, deadlineMs: number): WriteGuard {
  return () =>
    clock.monotonicMs() < deadlineMs ? undefined : fail("NotLeader", "the lease is lost");
}
