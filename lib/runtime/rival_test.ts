import assert from "node:assert/strict";
import { FakeCluster } from "../testing/fake_cluster.ts";
import { findRival } from "./rival.ts";

const NOW = Date.UTC(2026, 0, 1);
const PLAIN = "source-controller-leader-election";

interface Seeded {
  readonly name?: string;
  readonly holder?: string;
  readonly ageSeconds?: number;
}

const cases = [
  { name: "Flux at work is a rival", lease: {}, want: "source-controller-5d_1" },
  { name: "Sluice is none", lease: { holder: "sluice_a_1" }, want: undefined },
  { name: "a free Lease is none", lease: { holder: "" }, want: undefined },
  { name: "one that died is none", lease: { ageSeconds: 120 }, want: undefined },
  {
    name: "another component is none",
    lease: { name: "helm-controller-leader-election" },
    want: undefined,
  },
  {
    name: "a shard is one to who sees everything",
    lease: { name: `${PLAIN}-1a2b` },
    want: "source-controller-5d_1",
  },
  {
    name: "who sees everything is one to a shard",
    lease: {},
    ownLease: `${PLAIN}-ffff`,
    want: "source-controller-5d_1",
  },
  {
    name: "another shard is none to a shard",
    lease: { name: `${PLAIN}-1a2b` },
    ownLease: `${PLAIN}-ffff`,
    want: undefined,
  },
];

for (const { name, lease, ownLease, want } of cases) {
  Deno.test(`findRival(): ${name}`, async () => {
    const cluster = new FakeCluster();
    seedLease(cluster, lease);

    const got = await findRival(cluster, {
      controller: "source-controller",
      ownLease: ownLease ?? PLAIN,
      nowMs: NOW,
    });

    assert.ok(got.ok);
    assert.equal(got.value?.holder, want);
  });
}

function seedLease(
  cluster: FakeCluster,
  { name = PLAIN, holder = "source-controller-5d_1", ageSeconds = 5 }: Seeded,
): void {
  cluster.seed({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace: "flux-system", name },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: 35,
      renewTime: new Date(NOW - ageSeconds * 1000).toISOString().replace("Z", "000Z"),
    },
  });
}
