import assert from "node:assert/strict";
import type { KubeObject } from "./object.ts";
import { ObjectStore } from "./object_store.ts";

function pod(
  name: string,
  version: string,
  options: { uid?: string; node?: string } = {},
): KubeObject {
  const { uid = `uid-${name}`, node = "n1" } = options;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "apps", uid, resourceVersion: version },
    node,
  };
}

function openStore(): { store: ObjectStore; heard: string[]; errors: unknown[] } {
  const heard: string[] = [];
  const errors: unknown[] = [];
  const store = new ObjectStore({
    indexes: { node: ({ node }) => typeof node === "string" ? [node] : [] },
    onError: (thrown) => errors.push(thrown),
  });
  store.onChange(({ type, object, previous }) => {
    const { name, resourceVersion } = object.metadata;
    heard.push(`${type} ${name} ${previous?.metadata.resourceVersion ?? "-"}>${resourceVersion}`);
  });
  return { store, heard, errors };
}

Deno.test("replace() tells of what was deleted and remade unseen, and nothing of what is the same", () => {
  const { store, heard } = openStore();
  store.replace([pod("a", "1"), pod("b", "2"), pod("c", "3"), pod("d", "4")]);
  heard.length = 0;

  store.replace([pod("b", "2"), pod("c", "5"), pod("d", "6", { uid: "another" })]);

  assert.deepEqual(heard, [
    "deleted a 1>1",
    "updated c 3>5",
    "deleted d 4>4",
    "added d ->6",
  ]);
});

Deno.test("indexes follow each change", () => {
  const { store } = openStore();
  const on = (node: string) => store.byIndex("node", node).map(({ metadata }) => metadata.name);

  store.replace([pod("a", "1"), pod("b", "2", { node: "n2" })]);
  store.put(pod("a", "3", { node: "n2" }));
  const both = on("n2");
  store.take(pod("b", "4", { node: "n9" }));

  assert.deepEqual([both, on("n1"), on("n2"), on("n9")], [["b", "a"], [], ["a"], []]);
  assert.throws(() => store.byIndex("other", ""), RangeError);
});

Deno.test("a deleted object is told with its last state, and only once", () => {
  const { store, heard } = openStore();
  store.put(pod("a", "1"));
  heard.length = 0;

  store.take(pod("a", "2"));
  store.take(pod("a", "2"));

  assert.deepEqual(heard, ["deleted a 1>2"]);
  assert.equal(store.size, 0);
});

Deno.test("a handler that throws keeps nobody from hearing", () => {
  const { store, heard, errors } = openStore();
  store.onChange(() => {
    throw new Error("a bug");
  });
  const late: string[] = [];
  const stop = store.onChange(({ type }) => void late.push(type));

  store.put(pod("a", "1"));
  stop();
  store.put(pod("a", "2"));

  assert.deepEqual([heard.length, late, errors.length], [2, ["added"], 2]);
});
