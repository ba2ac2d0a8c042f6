import assert from "node:assert/strict";
import { fail } from "../base/mod.ts";
import type { KubeObject } from "../kube/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { FakeCluster } from "../testing/fake_cluster.ts";
import { silentLog } from "../testing/fake_run.ts";
import { type Leadership, openLeadership } from "./lease.ts";
import { openMetrics } from "./metrics.ts";

const NAME = "source-controller-leader-election";
const REF = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  namespace: "flux-system",
  name: NAME,
};

Deno.test("openLeadership() takes a Lease that is not there and leads", async () => {
  const { cluster, clock, enter, metrics } = harness();

  const a = enter("a");
  await clock.advance(0);

  assert.deepEqual(a.log, ["a leads"]);
  assert.equal(a.leadership.holds(), true);
  assert.deepEqual(cluster.peek(REF)?.spec, {
    holderIdentity: "a",
    leaseDurationSeconds: 35,
    acquireTime: "2026-01-01T00:00:00.000000Z",
    renewTime: "2026-01-01T00:00:00.000000Z",
    leaseTransitions: 0,
  });
  assert.equal(cluster.writes[0]?.fieldManager, "source-controller");
  assert.match(await metrics.text(), /leader_election_master_status\{name="source-.*"\} 1/);
});

Deno.test("the holder renews every five seconds with one request, others leave it alone", async () => {
  const { cluster, clock, enter } = harness();
  enter("a");
  await clock.advance(0);
  const b = enter("b");
  cluster.requests.length = 0;

  await clock.advance(60_000);

  assert.deepEqual(b.log, []);
  assert.equal(b.leadership.holds(), false);
  assert.equal(cluster.writes.length, 12);
  assert.deepEqual(spec(cluster).renewTime, "2026-01-01T00:01:00.000000Z");
  assert.deepEqual(spec(cluster).acquireTime, "2026-01-01T00:00:00.000000Z");
});

Deno.test("a holder that cannot renew stops after 30 s by its own clock, before anyone can follow", async () => {
  const { cluster, clock, enter } = harness();
  const a = enter("a");
  await clock.advance(0);
  cluster.inject({ verb: "update" }, { failure: fail("Unreachable", "no answer"), times: 99 });
  const unreachable = { failure: fail("Unreachable", "no answer"), times: 99 };
  cluster.inject({ verb: "get" }, unreachable);

  await clock.advance(29_999);
  assert.equal(a.leadership.holds(), true);
  assert.deepEqual(a.log, ["a leads"]);
  await clock.advance(1);

  assert.equal(a.leadership.holds(), false);
  assert.deepEqual(a.log, ["a leads", "a stops"]);
});

Deno.test("a renewal that is never answered does not hide the loss", async () => {
  const { cluster, clock, enter } = harness();
  const a = enter("a");
  await clock.advance(0);
  cluster.inject({ verb: "update" }, { before: () => new Promise<void>(() => {}), times: 99 });
  cluster.inject({ verb: "get" }, { before: () => new Promise<void>(() => {}), times: 99 });

  await clock.advance(30_000);

  assert.deepEqual([a.leadership.holds(), a.log], [false, ["a leads", "a stops"]]);
});

Deno.test("who lost the Lease takes it again when it can, and leads anew", async () => {
  const { cluster, clock, enter } = harness();
  const a = enter("a");
  await clock.advance(0);
  const restore = [
    cluster.inject({ verb: "update" }, { failure: fail("Unreachable", "no"), times: 99 }),
    cluster.inject({ verb: "get" }, { failure: fail("Unreachable", "no"), times: 99 }),
  ];
  await clock.advance(60_000);

  for (const heal of restore) heal();
  await clock.advance(11_000);

  assert.deepEqual(a.log, ["a leads", "a stops", "a leads"]);
  assert.equal(spec(cluster).leaseTransitions, 0);
});

Deno.test("a Lease that its holder no longer renews is taken 35 s after its last renewal was seen", async () => {
  const { cluster, clock, enter } = harness();
  // Whatever times it names: clocks of other machines say nothing.
  cluster.seed(lease("dead", "2031-01-01T00:00:00.000000Z"));
  const b = enter("b");

  await clock.advance(34_999);
  assert.deepEqual(b.log, []);
  await clock.advance(8_001);

  assert.deepEqual(b.log, ["b leads"]);
  assert.equal(spec(cluster).holderIdentity, "b");
  assert.equal(spec(cluster).leaseTransitions, 4);
});

Deno.test("a Lease that was given back is taken at the next try", async () => {
  const { cluster, clock, enter } = harness();
  cluster.seed(lease("", "2025-01-01T00:00:00.000000Z"));

  const b = enter("b");
  await clock.advance(0);

  assert.deepEqual(b.log, ["b leads"]);
});

Deno.test("a holder that finds another's name in the Lease stops at once", async () => {
  const { cluster, clock, enter } = harness();
  const a = enter("a");
  await clock.advance(0);
  cluster.seed(lease("thief", "2026-01-01T00:00:01.000000Z"));

  await clock.advance(5_000);

  assert.deepEqual([a.leadership.holds(), a.log], [false, ["a leads", "a stops"]]);
  assert.equal(spec(cluster).holderIdentity, "thief");
});

Deno.test("a Lease that somebody deleted is made again without a break", async () => {
  const { cluster, clock, enter } = harness();
  const a = enter("a");
  await clock.advance(0);
  cluster.drop(REF);

  await clock.advance(5_000);

  assert.deepEqual([a.leadership.holds(), a.log], [true, ["a leads"]]);
  assert.equal(spec(cluster).holderIdentity, "a");
});

Deno.test("disposing ends the work first and gives the Lease back then", async () => {
  const { cluster, clock, enter } = harness();
  const a = enter("a", { stopMs: 2_000 });
  await clock.advance(0);

  const closing = a.leadership[Symbol.asyncDispose]();
  await clock.advance(1_999);
  const during = spec(cluster).holderIdentity;
  await clock.advance(1);
  await closing;
  const b = enter("b");
  await clock.advance(0);

  assert.equal(during, "a");
  assert.deepEqual(a.log, ["a leads", "a stops"]);
  assert.deepEqual(b.log, ["b leads"]);
  assert.equal(clock.pending > 0, true, "only b has timers");
});

Deno.test("disposing in the middle of a renewal gives the Lease back, for good", async () => {
  const { cluster, clock, enter } = harness();
  const a = enter("a");
  await clock.advance(0);
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  cluster.inject({ verb: "update" }, { before: () => arrived, times: 1 });
  await clock.advance(5_000);

  const disposed = a.leadership[Symbol.asyncDispose]();
  await clock.advance(0);
  arrive();
  await disposed;
  await clock.advance(0);

  assert.deepEqual([a.leadership.holds(), spec(cluster).holderIdentity], [false, ""]);
});

Deno.test("disposing one that never led leaves the Lease alone", async () => {
  const { cluster, clock, enter } = harness();
  cluster.seed(lease("other", "2026-01-01T00:00:00.000000Z"));
  const b = enter("b");
  await clock.advance(0);

  await b.leadership[Symbol.asyncDispose]();

  assert.deepEqual(cluster.writes, []);
  assert.equal(clock.pending, 0);
});

Deno.test("work that ends by itself, or fails, gives the Lease back and is begun again later", async () => {
  const { cluster, clock, enter } = harness();
  const a = enter("a", { failing: true });
  await clock.advance(0);
  const between = spec(cluster).holderIdentity;

  await clock.advance(11_000);

  assert.equal(between, "");
  assert.deepEqual(a.log, ["a leads", "a leads"]);
});

Deno.test("of two that try at the same moment one leads", async () => {
  const { clock, enter } = harness();

  const [a, b] = [enter("a"), enter("b")];
  await clock.advance(0);

  assert.deepEqual([...a.log, ...b.log].length, 1);
  assert.notEqual(a.leadership.holds(), b.leadership.holds());
});

Deno.test("never do two hold the Lease at once, whatever is lost or late", async () => {
  for (let seed = 1; seed <= 4; seed++) {
    const random = dice(seed);
    const { cluster, clock, enter } = harness(random);
    const all = ["a", "b", "c"].map((name) => enter(name));
    for (let step = 0; step < 40; step++) {
      if (random() < 0.3) {
        const verb = random() < 0.5 ? "update" : "get";
        cluster.inject({ verb }, {
          failure: fail("Unreachable", "lost"),
          after: random() < 0.5,
          times: Math.floor(random() * 12),
        });
      }
      await clock.advance(Math.floor(random() * 4_000));
      const holders = all.filter(({ leadership }) => leadership.holds());
      assert.ok(holders.length <= 1, `seed ${seed}, step ${step}`);
    }
    await Promise.all(all.map(({ leadership }) => leadership[Symbol.asyncDispose]()));
  }
});

/** The same numbers for the same seed. */
function dice(seed: number): () => number {
  let state = seed * 2_654_435_761 % 2 ** 32;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function lease(holderIdentity: string, renewTime: string): KubeObject {
  return {
    apiVersion: REF.apiVersion,
    kind: REF.kind,
    metadata: { name: NAME, namespace: REF.namespace },
    spec: { holderIdentity, renewTime, leaseDurationSeconds: 35, leaseTransitions: 3 },
  };
}

function spec(cluster: FakeCluster): Record<string, unknown> {
  const found = cluster.peek(REF)?.spec;
  return typeof found === "object" && found !== null ? { ...found } : {};
}

interface Contender {
  leadership: Leadership;
  log: string[];
}

function harness(random: () => number = () => 0.5) {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const metrics = openMetrics();
  function enter(
    identity: string,
    { stopMs = 0, failing = false }: { stopMs?: number; failing?: boolean } = {},
  ): Contender {
    const log: string[] = [];
    const leadership = openLeadership({
      ...{ cluster, clock, random, metrics, identity },
      log: silentLog,
      namespace: REF.namespace,
      name: NAME,
      lead(signal) {
        log.push(`${identity} leads`);
        if (failing) return Promise.reject(new Error("no"));
        return new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            clock.after(stopMs, () => {
              log.push(`${identity} stops`);
              resolve();
            });
          })
        );
      },
    });
    return { leadership, log };
  }
  return { clock, cluster, metrics, enter };
}
