import assert from "node:assert/strict";
import { settle } from "../testing/fake_clock.ts";
import { discoveryExchanges, openRecorded, refusal } from "../testing/recorded_cluster.ts";
import { type Exchange, RecordedStream } from "../testing/recorded_fetch.ts";

const CONFIG_MAP = { group: "", version: "v1", kind: "ConfigMap" };
const LIST = "/api/v1/configmaps?";
/** Says nothing else than that it is behind, with the server's own words. */
const BEHIND: Exchange["answer"] = {
  status: 504,
  json: refusal(504, "Timeout", "Too large resource version: 20, current: 10", {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
  }),
};

function configMap(name: string, version: string) {
  return { metadata: { name, namespace: "apps", uid: `u-${name}`, resourceVersion: version } };
}

function list(version: string, ...items: unknown[]): Exchange {
  return { request: `GET ${LIST}limit=500`, answer: listed(version, ...items) };
}

function listed(version: string, ...items: unknown[]): Exchange["answer"] {
  return { json: { metadata: { resourceVersion: version }, items } };
}

function listSince(version: string, answer: Exchange["answer"]): Exchange {
  const since = `resourceVersion=${version}&resourceVersionMatch=NotOlderThan`;
  return { request: `GET ${LIST}${since}&limit=500`, answer };
}

function watch(version: string, answer: Exchange["answer"]): Exchange {
  const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${version}&timeoutSeconds=300`;
  return { request: `GET ${LIST}${query}`, answer };
}

async function follow(...exchanges: Exchange[]) {
  const recorded = await openRecorded([...discoveryExchanges(), ...exchanges]);
  const informer = recorded.cluster.informer(CONFIG_MAP);
  const heard: string[] = [];
  informer.onChange(({ type, object: { metadata } }) => {
    heard.push(`${type} ${metadata.name}@${metadata.resourceVersion}`);
  });
  await informer.synced;
  await settle();
  return { recorded, informer, heard };
}

Deno.test("a list of the past is not believed: it is asked for again, from the version that was seen", async () => {
  const first = new RecordedStream();
  const { recorded, heard, informer } = await follow(
    list("10", configMap("a", "5")),
    watch("10", { stream: first }),
    list("8", configMap("a", "4"), configMap("gone", "3")),
    listSince("20", listed("21", configMap("a", "20"))),
    watch("21", { stream: new RecordedStream() }),
  );
  await using _ = recorded;

  first.event("MODIFIED", configMap("a", "20"));
  first.event("ERROR", refusal(410, "Expired", "too old resource version"));
  await recorded.clock.advance(1_000);

  assert.deepEqual(heard, ["added a@5", "updated a@20"]);
  assert.equal(informer.trouble, undefined);
});

const backwards: readonly { name: string; write: (stream: RecordedStream) => void }[] = [
  {
    name: "a bookmark",
    write: (s) => s.event("BOOKMARK", { metadata: { resourceVersion: "15" } }),
  },
  { name: "a change", write: (s) => s.event("MODIFIED", configMap("a", "15")) },
  { name: "a delete", write: (s) => s.event("DELETED", configMap("a", "15")) },
];

for (const { name, write } of backwards) {
  Deno.test(`${name} from before the one that came last ends the watch, and a list says what is`, async () => {
    const first = new RecordedStream();
    const { recorded, heard } = await follow(
      list("10", configMap("a", "5")),
      watch("10", { stream: first }),
      list("30", configMap("a", "20")),
      watch("30", { stream: new RecordedStream() }),
    );
    await using _ = recorded;

    first.event("MODIFIED", configMap("a", "20"));
    write(first);
    await recorded.clock.advance(1_000);

    assert.deepEqual(heard, ["added a@5", "updated a@20"]);
  });
}

Deno.test("a server that was restored from a backup is believed after a while", async () => {
  const first = new RecordedStream();
  const refused = Array.from(
    { length: 5 },
    () => [list("10", configMap("a", "5")), listSince("20", BEHIND)],
  );
  const { recorded, heard, informer } = await follow(
    list("20", configMap("a", "20")),
    watch("20", { stream: first }),
    ...refused.flat(),
    list("10", configMap("a", "5")),
    watch("10", { stream: new RecordedStream() }),
  );
  await using _ = recorded;

  first.event("BOOKMARK", { metadata: { resourceVersion: "10" } });
  await recorded.clock.advance(2_000);
  assert.equal(informer.trouble?.code, "Timeout");
  await recorded.clock.advance(30_000);

  assert.deepEqual(heard, ["added a@20", "updated a@5"]);
  assert.equal(informer.trouble, undefined);
  assert.deepEqual(recorded.logged, ["the API server went back in time, going on from there"]);
});

Deno.test("a watch that a server cannot open yet since it is behind starts with a list", async () => {
  const { recorded, heard } = await follow(
    list("20", configMap("a", "20")),
    watch("20", BEHIND),
    list("21", configMap("a", "21")),
    watch("21", { stream: new RecordedStream() }),
  );
  await using _ = recorded;
  await recorded.clock.advance(1_000);

  assert.deepEqual(heard, ["added a@20", "updated a@21"]);
});

Deno.test("an event that got lost on its way is made up for by the list of the next hour", async () => {
  const first = new RecordedStream();
  const second = new RecordedStream();
  const { recorded, heard } = await follow(
    list("10", configMap("a", "5")),
    watch("10", { stream: first }),
    watch("12", { stream: second }),
    list("13"),
    watch("13", { stream: new RecordedStream() }),
  );
  await using _ = recorded;

  await recorded.clock.advance(10_000);
  first.event("BOOKMARK", { metadata: { resourceVersion: "12" } });
  first.end();
  await settle();
  for (let minute = 0; minute < 60; minute++) {
    second.event("BOOKMARK", { metadata: { resourceVersion: "12" } });
    await recorded.clock.advance(60_000);
  }
  second.end();
  await settle();

  assert.deepEqual(heard, ["added a@5", "deleted a@5"]);
});
