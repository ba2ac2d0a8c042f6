import assert from "node:assert/strict";
import { settle } from "../testing/fake_clock.ts";
import {
  discoveredResource,
  discoveredVersion,
  discoveryExchanges,
  openRecorded,
  type RecordedCluster,
  refusal,
} from "../testing/recorded_cluster.ts";
import { type Exchange, RecordedStream } from "../testing/recorded_fetch.ts";
import type { Informer } from "./cluster.ts";

const CONFIG_MAP = { group: "", version: "v1", kind: "ConfigMap" };
const LIST = "GET /api/v1/configmaps?limit=500";

function configMap(name: string, version: string, data: Record<string, string> = {}) {
  return {
    metadata: { name, namespace: "apps", uid: `u-${name}`, resourceVersion: version },
    data,
  };
}

function list(version: string, ...items: unknown[]): Exchange {
  return { request: LIST, answer: { json: { metadata: { resourceVersion: version }, items } } };
}

function watch(version: string, answer: Exchange["answer"]): Exchange {
  return {
    request: "GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true" +
      `&resourceVersion=${version}&timeoutSeconds=300`,
    answer,
  };
}

/** What an informer tells, as text. */
function listen(informer: Informer): string[] {
  const heard: string[] = [];
  informer.onChange(({ type, object }) => {
    heard.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`);
  });
  return heard;
}

async function openInformer(
  ...exchanges: Exchange[]
): Promise<{ recorded: RecordedCluster; informer: Informer; heard: string[] }> {
  const recorded = await openRecorded([...discoveryExchanges(), ...exchanges]);
  const informer = recorded.cluster.informer(CONFIG_MAP);
  const heard = listen(informer);
  return { recorded, informer, heard };
}

Deno.test("an informer lists, watches from there, and goes on from the last version it saw", async () => {
  const first = new RecordedStream();
  const second = new RecordedStream();
  const { recorded, informer, heard } = await openInformer(
    list("10", configMap("a", "5")),
    watch("10", { stream: first }),
    watch("30", { stream: second }),
  );
  await using _ = recorded;
  await informer.synced;
  await settle();

  first.event("ADDED", configMap("b", "11"));
  first.event("MODIFIED", configMap("a", "12", { x: "1" }));
  first.event("DELETED", configMap("b", "13"));
  first.event("BOOKMARK", { metadata: { resourceVersion: "30" } });
  first.event("SOMETHING", { metadata: {} });
  await settle();
  await recorded.clock.advance(10_000);
  first.end();
  await settle();

  assert.deepEqual(heard, ["added a@5", "added b@11", "updated a@12", "deleted b@13"]);
  assert.deepEqual(informer.get("a", "apps")?.data, { x: "1" });
  assert.equal(informer.get("a", "apps")?.kind, "ConfigMap");
  assert.equal(informer.trouble, undefined);
});

Deno.test("a version that is too old is answered by a list, and no delete is lost", async () => {
  const cases: { name: string; broken: Exchange["answer"]; write?: (s: RecordedStream) => void }[] =
    [
      {
        name: "410 as an answer",
        broken: { status: 410, json: refusal(410, "Expired", "too old resource version: 10 (20)") },
      },
      {
        name: "410 as an event",
        broken: { stream: new RecordedStream() },
        write: (s) =>
          s.event("ERROR", refusal(410, "Expired", "too old resource version: 10 (20)")),
      },
      {
        name: "another error as an event",
        broken: { stream: new RecordedStream() },
        write: (s) =>
          s.event("ERROR", refusal(500, "InternalError", "storage is (re)initializing")),
      },
      {
        name: "a line that is no event",
        broken: { stream: new RecordedStream() },
        write: (s) => s.write("<html>\n"),
      },
    ];

  for (const { name, broken, write } of cases) {
    const { recorded, informer, heard } = await openInformer(
      list("10", configMap("a", "5"), configMap("b", "6")),
      watch("10", broken),
      list("20", configMap("b", "6"), configMap("c", "15")),
      watch("20", { stream: new RecordedStream() }),
    );
    await using _ = recorded;
    await informer.synced;
    if (broken.stream !== undefined) write?.(broken.stream);
    await recorded.clock.advance(1_000);

    assert.deepEqual(heard, ["added a@5", "added b@6", "deleted a@5", "added c@15"], name);
    assert.equal(informer.trouble, undefined, name);
  }
});

Deno.test("a watch that is silent for 75 s is given up over new connections", async () => {
  const silent = new RecordedStream();
  const { recorded, informer } = await openInformer(
    list("10"),
    watch("10", { stream: silent }),
    watch("10", { stream: new RecordedStream() }),
  );
  await using _ = recorded;
  await informer.synced;
  const pools = recorded.pools.length;

  await recorded.clock.advance(74_000);
  const before = recorded.server.requests.length;
  await recorded.clock.advance(1_000);
  await recorded.clock.advance(1_000);

  assert.equal(recorded.server.requests.length, before + 1);
  assert.equal(recorded.pools.length, pools + 2);
});

Deno.test("bookmarks keep a quiet watch alive", async () => {
  const quiet = new RecordedStream();
  const { recorded, informer } = await openInformer(list("10"), watch("10", { stream: quiet }));
  await using _ = recorded;
  await informer.synced;

  for (let minute = 0; minute < 4; minute++) {
    await recorded.clock.advance(60_000);
    quiet.event("BOOKMARK", { metadata: { resourceVersion: String(11 + minute) } });
  }
  await recorded.clock.advance(60_000);

  assert.equal(recorded.server.requests.length, 4);
});

Deno.test("a server that is away is tried again at growing intervals, from the same version", async () => {
  const error = "error sending request for url (x): client error (Connect): tcp connect error: " +
    "Connection refused (os error 111)";
  const first = new RecordedStream();
  const { recorded, informer, heard } = await openInformer(
    list("10", configMap("a", "5")),
    watch("10", { stream: first }),
    ...Array.from({ length: 6 }, () => watch("10", { error })),
    watch("10", { stream: new RecordedStream() }),
  );
  await using _ = recorded;
  await informer.synced;
  await settle();

  first.break(new TypeError("connection reset"));
  await settle();
  const waits: (number | undefined)[] = [];
  for (let attempt = 0; attempt < 7; attempt++) {
    waits.push(recorded.clock.nextInMs);
    if (attempt === 3) {
      assert.deepEqual(informer.trouble, {
        code: "Unreachable",
        message:
          "Cannot reach https://10.0.0.1:6443: tcp connect error: Connection refused (os error 111)",
      });
    }
    await recorded.clock.advance(recorded.clock.nextInMs ?? 0);
  }

  assert.deepEqual(waits, [100, 200, 400, 800, 1600, 2500, 2500]);
  assert.equal(informer.trouble, undefined);
  assert.deepEqual(heard, ["added a@5"]);
});

Deno.test("a kind that may not be listed or cannot be watched is reported", async () => {
  const forbidden = 'configmaps is forbidden: User "x" cannot list resource "configmaps"';
  const answer = { status: 403, json: refusal(403, "Forbidden", forbidden) };
  await using recorded = await openRecorded([...discoveryExchanges(), { request: LIST, answer }]);

  const refused = recorded.cluster.informer(CONFIG_MAP);
  const unwatchable = recorded.cluster.informer({ group: "", version: "v1", kind: "Binding" });
  await Promise.all([refused.answered, unwatchable.answered]);

  assert.deepEqual(refused.trouble, { code: "Forbidden", message: forbidden });
  assert.equal(unwatchable.trouble?.code, "MethodNotAllowed");
});

Deno.test("an informer of a missing kind starts as soon as discovery finds it", async () => {
  const widgets = [discoveredVersion("v1", [discoveredResource("Widget", "widgets")])];
  const path = "GET /apis/example.com/v1/widgets";
  await using recorded = await openRecorded([
    ...discoveryExchanges({}),
    ...discoveryExchanges({ "example.com": widgets }),
    {
      request: `${path}?limit=500`,
      answer: { json: { metadata: { resourceVersion: "3" }, items: [] } },
    },
    {
      request: `${path}?watch=true&allowWatchBookmarks=true&resourceVersion=3&timeoutSeconds=300`,
      answer: { stream: new RecordedStream() },
    },
  ]);
  const informer = recorded.cluster.informer({
    group: "example.com",
    version: "v1",
    kind: "Widget",
  });
  await settle();
  const before = informer.trouble?.code;

  await recorded.clock.advance(2_000);
  await informer.synced;
  await settle();

  assert.equal(before, "NoMatch");
  assert.equal(informer.trouble, undefined);
});

Deno.test("selection, metadata and strip reach both list and watch", async () => {
  const stream = new RecordedStream();
  const query = "labelSelector=a%3Db&fieldSelector=metadata.name%3Dx";
  const path = "GET /api/v1/namespaces/apps/configmaps";
  const base = "g=meta.k8s.io;v=v1";
  const impersonate = { "impersonate-user": "system:serviceaccount:apps:viewer" };
  const partial = { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata" };
  await using recorded = await openRecorded([
    ...discoveryExchanges(),
    {
      request: `${path}?${query}&limit=500`,
      headers: { ...impersonate, accept: `application/json;as=PartialObjectMetadataList;${base}` },
      answer: {
        json: {
          metadata: { resourceVersion: "1" },
          items: [{ ...partial, ...configMap("x", "1") }],
        },
      },
    },
    {
      request:
        `${path}?${query}&watch=true&allowWatchBookmarks=true&resourceVersion=1&timeoutSeconds=300`,
      headers: { ...impersonate, accept: `application/json;as=PartialObjectMetadata;${base}` },
      answer: { stream },
    },
  ]);
  const informer = recorded.cluster.as({ namespace: "apps", name: "viewer" }).informer(CONFIG_MAP, {
    namespace: "apps",
    labelSelector: "a=b",
    fieldSelector: "metadata.name=x",
    metadataOnly: true,
    strip: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata, stripped: true }),
  });
  await informer.synced;
  await settle();
  stream.event("ADDED", { ...partial, ...configMap("y", "2") });
  await settle();

  const kept = informer.list().map(({ apiVersion, kind, metadata, ...rest }) => ({
    is: `${apiVersion} ${kind} ${metadata.name}`,
    rest,
  }));
  assert.deepEqual(kept, [
    { is: "v1 ConfigMap x", rest: { stripped: true } },
    { is: "v1 ConfigMap y", rest: { stripped: true } },
  ]);
});

Deno.test("closing ends the watch, the handlers and the timers", async () => {
  const stream = new RecordedStream();
  const { recorded, informer, heard } = await openInformer(list("10"), watch("10", { stream }));
  await using _ = recorded;
  await informer.synced;
  await settle();

  await informer[Symbol.asyncDispose]();
  stream.event("ADDED", configMap("a", "11"));
  await settle();

  assert.deepEqual(heard, []);
  assert.equal(recorded.clock.pending, 0);
});
