/**
 * Watches that break, fall silent, forget, tell of the past, or leave something out: what is known in the end is
 * what is there, and on the way nothing comes twice or goes that did not (rows 4 to 9 of the table).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Cluster, Informer } from "../../lib/kube/mod.ts";
import { openCluster } from "../../lib/kube/mod.ts";
import { useApiProxy } from "../support/api_proxy.ts";
import { isLongRun, openChance } from "../support/chance.ts";
import { useTestCluster } from "../support/control_plane.ts";
import {
  type Answer,
  answerWith,
  type Call,
  changeJson,
  type EventFault,
  type FaultProxy,
  HTML_PAGE,
  keepSilent,
  refuse,
} from "../support/fault_proxy.ts";
import { until, valueOf } from "../support/kube_client.ts";
import { lacks } from "../support/requirements.ts";
import { refusal } from "../../lib/testing/recorded_cluster.ts";

const ignore = lacks("openssl", "install openssl");
const testCluster = useTestCluster();
const api = useApiProxy(testCluster);
const CONFIG_MAP = { group: "", version: "v1", kind: "ConfigMap" };
const LABEL = "sluice.test/watch";
const [FOLLOWERS, ROUNDS] = isLongRun() ? [40, 25] : [12, 3];

/** An informer of its own objects, and what it told so far. */
interface Follower {
  readonly name: string;
  readonly informer: Informer;
  readonly heard: string[];
  /** Its watch, as the proxy has it open now. */
  readonly path: RegExp;
  put(object: string, value?: string): Promise<void>;
  drop(object: string): Promise<void>;
  /** Waits until it knows exactly what is there, and checks that its story holds together. */
  settle(): Promise<void>;
}

/** A namespace, a client that writes to it directly, and one that looks at it through the proxy. */
class Scene implements AsyncDisposable {
  readonly direct: Cluster;
  readonly client: Cluster;
  readonly namespace: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    { direct, client, namespace, stack }: {
      direct: Cluster;
      client: Cluster;
      namespace: string;
      stack: AsyncDisposableStack;
    },
  ) {
    this.direct = direct;
    this.client = client;
    this.namespace = namespace;
    this.#stack = stack;
  }

  static async open(): Promise<Scene> {
    const stack = new AsyncDisposableStack();
    const namespace = stack.use(await testCluster.openNamespace()).name;
    const kubeconfig = await Deno.readTextFile(testCluster.kubeconfigPath);
    const direct = stack.use(valueOf(await openCluster({ kubeconfig })));
    const client = stack.use(valueOf(
      await openCluster({
        kubeconfig: api.kubeconfig,
        timeoutMs: 3_000,
        watchIdleMs: 1_500,
        relistMs: 2_000,
      }),
    ));
    return new Scene({ direct, client, namespace, stack });
  }

  async follow(name: string): Promise<Follower> {
    const { direct, namespace } = this;
    const selection = { namespace, labelSelector: `${LABEL}=${name}` };
    const informer = this.client.informer(CONFIG_MAP, selection);
    const heard: string[] = [];
    informer.onChange(({ type, object }) => heard.push(`${type} ${object.metadata.name}`));
    const ref = (object: string) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace,
      name: `${name}-${object}`,
    });
    const path = new RegExp(`labelSelector=${encodeURIComponent(LABEL)}%3D${name}&.*watch=true`);
    const follower: Follower = {
      name,
      informer,
      heard,
      path,
      async put(object, value = "") {
        const { name: full, apiVersion, kind } = ref(object);
        const metadata = { name: full, namespace, labels: { [LABEL]: name } };
        const written = await direct.apply({ apiVersion, kind, metadata, data: { value } }, {
          fieldManager: "test",
        });
        valueOf(written);
      },
      async drop(object) {
        valueOf(await direct.remove(ref(object)));
      },
      async settle() {
        const { items } = valueOf(await direct.list(CONFIG_MAP, selection));
        const want = items.map(nameAndVersion).sort();
        const now = () => informer.list().map(nameAndVersion).sort();
        await until(() => now().join() === want.join());
        assert.deepEqual(replay(heard), items.map(({ metadata }) => metadata.name).sort());
      },
    };
    await informer.synced;
    await until(() => api.proxy.watchesOf(path).length === 1);
    return follower;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

function nameAndVersion(
  { metadata }: { metadata: { name: string; resourceVersion?: string } },
): string {
  return `${metadata.name}@${metadata.resourceVersion}`;
}

/** What is there by a story; one in which something comes twice, or goes that is not there, is none. */
function replay(heard: readonly string[]): string[] {
  const there = new Set<string>();
  for (const line of heard) {
    const [type = "", name = ""] = line.split(" ");
    assert.equal(there.has(name), type !== "added", `${line} in ${heard.join(", ")}`);
    if (type === "deleted") there.delete(name);
    else there.add(name);
  }
  return [...there].sort();
}

function watchOf(follower: Follower) {
  const [watch] = api.proxy.watchesOf(follower.path);
  assert.ok(watch, `${follower.name} has no watch open`);
  return watch;
}

Deno.test({ name: "watches that break inside an event lose nothing", ignore }, async (t) => {
  await using scene = await Scene.open();
  const followers = await Promise.all(
    Array.from({ length: FOLLOWERS }, (_, index) => scene.follow(`cut-${index}`)),
  );
  for (let round = 0; round < ROUNDS; round++) {
    const { chance, seed } = openChance(round);
    await t.step(
      `${FOLLOWERS} at any byte, round ${round + 1} of ${ROUNDS} (${seed})`,
      async () => {
        const cuts = followers.map(() => chance.below(1_000) / 1_000);
        const breaks = followers.map(() => chance.pick<"close" | "reset">(["close", "reset"]));
        await Promise.all(followers.map(async (follower, index) => {
          await until(() => api.proxy.watchesOf(follower.path).length === 1);
          const watch = watchOf(follower);
          watch.cutAt = cuts[index];
          watch.breaks = breaks[index] ?? "close";
          await follower.put(`a${round}`);
          await follower.put("always", String(round));
          if (round > 0) await follower.drop(`a${round - 1}`);
          await follower.settle();
        }));
      },
    );
  }
});

/** What happens to one watch, while something changes behind its back. */
const broken: readonly {
  readonly row: string;
  readonly name: string;
  readonly begin: (follower: Follower, proxy: FaultProxy) => unknown;
  /** Runs after the change, before the end. */
  readonly then?: (follower: Follower) => unknown;
}[] = [
  {
    row: "4",
    name: "is reset",
    begin: (follower) => watchOf(follower).wire.reset(),
  },
  {
    row: "5",
    name: "is told that its version is too old",
    begin: (follower) => watchOf(follower).onEvent = replaceBy(expired()),
  },
  {
    row: "5",
    name: "is refused as too old when it comes again",
    begin(follower, proxy) {
      proxy.disturb({ path: follower.path }, refuse(410, "Expired", "too old"), 1);
      watchOf(follower).wire.reset();
    },
  },
  {
    row: "6",
    name: "falls silent without an end",
    begin: (follower) => watchOf(follower).silence(),
  },
  {
    row: "8",
    name: "misses an object that comes and goes, and one that goes",
    begin: (follower) => watchOf(follower).onEvent = () => [],
    then: (follower) => watchOf(follower).wire.reset(),
  },
  {
    row: "9",
    name: "is sent an event of a type that nobody knows",
    begin(follower) {
      watchOf(follower).onEvent = (event) => [
        { type: "REFRESHED", object: { metadata: { name: "x" }, spec: { unknown: true } } },
        event,
      ];
    },
  },
  {
    row: "9",
    name: "is sent bookmarks of the past",
    begin(follower) {
      watchOf(follower).onEvent = (event) => [event, bookmark("1")];
    },
  },
  {
    row: "9",
    name: "is sent each event twice, and the deletes again behind all others",
    begin(follower) {
      const deletes: Parameters<EventFault>[0][] = [];
      watchOf(follower).onEvent = (event) => {
        if (event.type === "DELETED") deletes.push(event);
        return [event, event, ...deletes];
      };
    },
  },
  {
    row: "9",
    name: "is told of an error that is none of its own",
    begin(follower) {
      const error = refusal(500, "InternalError", "etcdserver: leader changed");
      watchOf(follower).onEvent = replaceBy({ type: "ERROR", object: asRecord(error) });
    },
  },
  {
    row: "62",
    name: "is answered with a page of HTML",
    begin(follower, proxy) {
      proxy.disturb({ path: follower.path }, answerWith(HTML_PAGE), 2);
      watchOf(follower).wire.reset();
    },
  },
  {
    row: "2",
    name: "gets no answer when it comes again",
    begin(follower, proxy) {
      proxy.disturb({ path: follower.path }, keepSilent, 1);
      watchOf(follower).wire.reset();
    },
  },
];

Deno.test({ name: "whatever becomes of a watch, the end is what is there", ignore }, async (t) => {
  await using scene = await Scene.open();
  // They wait for their own back-offs: all at the same time.
  const ends = await Promise.allSettled(broken.map(async (fault, index) => {
    const follower = await scene.follow(`broken-${index}`);
    for (const name of ["stays", "goes", "comes-back"]) await follower.put(name);
    await follower.settle();
    const told = follower.heard.length;
    await until(() => api.proxy.watchesOf(follower.path).length === 1);
    await fault.begin(follower, api.proxy);
    await follower.put("stays", "changed");
    await follower.drop("goes");
    await follower.put("comes-and-goes");
    await follower.drop("comes-and-goes");
    await follower.drop("comes-back");
    await follower.put("comes-back");
    await follower.put("is-new");
    await fault.then?.(follower);
    await follower.settle();
    // What a slow machine made of it may last a little longer than what is asked about here.
    await until(() => follower.informer.trouble === undefined);
    const news = follower.heard.slice(told).sort();
    assert.deepEqual(news, [...new Set(news)], "nothing is told twice");
  }));
  for (const [index, { row, name }] of broken.entries()) {
    await t.step(`a watch that ${name} (row ${row})`, () => {
      const end = ends[index];
      if (end?.status === "rejected") throw end.reason;
    });
  }
});

Deno.test({ name: "lists that break, repeat the past, or grow old", ignore }, async (t) => {
  await using scene = await Scene.open();

  await t.step(
    "a list that expires between two pages is taken again in one piece (row 5)",
    async () => {
      const follower = await scene.follow("pages");
      for (let index = 0; index < 5; index++) await follower.put(`p${index}`);
      await follower.settle();
      const isPage = { path: /%3Dpages&limit=500$/ };
      const stop = api.proxy.disturb(isPage, async (call) => call.send(await firstPageOnly(call)));
      const next = { path: /%3Dpages&limit=500&continue=/ };
      api.proxy.disturb(
        next,
        refuse(410, "Expired", "The provided continue parameter is too old"),
        1,
      );
      watchOf(follower).onEvent = replaceBy(expired());
      await follower.drop("p0");
      await follower.put("p5");
      await follower.settle();
      stop();
      assert.ok(
        api.proxy.calls.some((call) => next.path.test(call)),
        "no second page was asked for",
      );
    },
  );

  await t.step("an old list out of a cache on the way is not believed (row 7)", async () => {
    const follower = await scene.follow("old");
    const isList = { path: /%3Dold&limit=500/ };
    let old: Answer | undefined;
    const keep = api.proxy.disturb(isList, async (call) => call.send(old = await call.ask()));
    await follower.put("a", "1");
    watchOf(follower).onEvent = replaceBy(expired());
    await follower.put("a", "2");
    await follower.settle();
    keep();
    const cache = old;
    assert.ok(cache);

    await follower.drop("a");
    await follower.put("a", "3");
    await follower.put("b", "1");
    await follower.settle();
    const told = follower.heard.length;
    const stop = api.proxy.disturb(isList, answerWith(cache));
    watchOf(follower).onEvent = replaceBy(expired());
    await follower.put("b", "2");
    await follower.settle();
    stop();
    assert.deepEqual(follower.heard.slice(told), ["updated old-b"]);
  });

  await t.step("what no event told of is found by the next list (row 8)", async () => {
    const follower = await scene.follow("lost");
    await follower.put("phantom");
    await follower.settle();
    watchOf(follower).onEvent = () => [];
    await follower.drop("phantom");
    await follower.put("unseen");
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await api.proxy.watchesOf(follower.path)[0]?.end();
    await follower.settle();
  });

  await t.step(
    "a list that is answered by HTML is none, and nothing is forgotten (row 62)",
    async () => {
      const follower = await scene.follow("html");
      await follower.put("a");
      await follower.settle();
      const told = follower.heard.length;
      api.proxy.disturb({ path: /%3Dhtml&limit=500/ }, answerWith(HTML_PAGE), 2);
      watchOf(follower).onEvent = replaceBy(expired());
      await follower.put("a", "2");
      await follower.settle();
      assert.deepEqual(follower.heard.slice(told), ["updated html-a"]);
    },
  );
});

function replaceBy(event: Parameters<EventFault>[0]): EventFault {
  return () => [event];
}

function expired(): Parameters<EventFault>[0] {
  return { type: "ERROR", object: asRecord(refusal(410, "Expired", "too old resource version")) };
}

function bookmark(resourceVersion: string): Parameters<EventFault>[0] {
  return { type: "BOOKMARK", object: { kind: "ConfigMap", metadata: { resourceVersion } } };
}

/** The first two of a list, with a token for more. */
async function firstPageOnly(call: Call): Promise<Answer> {
  return changeJson(await call.ask(), (body) => {
    const { metadata, items, ...rest } = asRecord(body);
    const page = Array.isArray(items) ? items.slice(0, 2) : [];
    return { ...rest, metadata: { ...asRecord(metadata), continue: "next" }, items: page };
  });
}

function asRecord(value: unknown): Record<string, unknown> {
  assert.ok(typeof value === "object" && value !== null);
  return { ...value };
}
