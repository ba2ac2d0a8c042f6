/**
 * Informers against a real API server that goes away, falls silent, and forgets.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Informer, type KubeObject, refOf } from "../../lib/kube/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { openTestClient, until, valueOf } from "../support/kube_client.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

const testCluster = useTestCluster();
const CONFIG_MAP = { group: "", version: "v1", kind: "ConfigMap" };

function configMap(namespace: string, name: string, data: Record<string, string> = {}): KubeObject {
  const labels = { test: "informer" };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels }, data };
}

/** What an informer tells, as text. */
function listen(informer: Informer): string[] {
  const heard: string[] = [];
  informer.onChange(({ type, object }) => heard.push(`${type} ${object.metadata.name}`));
  return heard;
}

/** A proxy in front of the API server. */
async function openProxy(): Promise<TcpProxy> {
  const text = await Deno.readTextFile(testCluster.kubeconfigPath);
  const [, hostname = "", port] = /https:\/\/([\w.]+):(\d+)/.exec(text) ?? [];
  return new TcpProxy({ hostname, port: Number(port) });
}

Deno.test("an informer sees objects come, change and go", async () => {
  await using namespace = await testCluster.openNamespace();
  await using client = await openTestClient(testCluster);
  const write = (data: Record<string, string>) =>
    client.apply(configMap(namespace.name, "a", data), { fieldManager: "test" });
  await using informer = client.informer(CONFIG_MAP, {
    namespace: namespace.name,
    labelSelector: "test=informer",
    indexes: { value: ({ data }) => Object.values(data ?? {}).map(String) },
  });
  await informer.synced;
  const heard = listen(informer);

  valueOf(await write({ x: "1" }));
  await until(() => informer.byIndex("value", "1").length === 1);
  valueOf(await write({ x: "2" }));
  await until(() => informer.byIndex("value", "2").length === 1);
  valueOf(await client.remove(refOf(configMap(namespace.name, "a"))));
  await until(() => informer.list().length === 0);

  assert.deepEqual(heard, ["added a", "updated a", "deleted a"]);
});

Deno.test("metadata alone is fetched when that is what was asked for", async () => {
  await using namespace = await testCluster.openNamespace();
  await using client = await openTestClient(testCluster);
  const object = configMap(namespace.name, "a", { secret: "x" });
  valueOf(await client.apply(object, { fieldManager: "test" }));
  await using informer = client.informer(CONFIG_MAP, {
    namespace: namespace.name,
    labelSelector: "test",
    metadataOnly: true,
  });
  await informer.synced;
  valueOf(
    await client.apply(configMap(namespace.name, "b", { secret: "x" }), { fieldManager: "test" }),
  );
  await until(() => informer.list().length === 2);

  const kept = informer.list().map(({ apiVersion, kind, data }) => [apiVersion, kind, data]);
  assert.deepEqual(kept, [["v1", "ConfigMap", undefined], ["v1", "ConfigMap", undefined]]);
});

Deno.test("an API server that was away is followed again, deletes included", async () => {
  await using namespace = await testCluster.openNamespace();
  await using proxy = await openProxy();
  await using direct = await openTestClient(testCluster);
  await using client = await openTestClient(testCluster, {
    server: `https://127.0.0.1:${proxy.port}`,
  });
  const write = (name: string) =>
    direct.apply(configMap(namespace.name, name), { fieldManager: "test" });
  valueOf(await write("a"));
  valueOf(await write("b"));
  await using informer = client.informer(CONFIG_MAP, {
    namespace: namespace.name,
    labelSelector: "test=informer",
  });
  await informer.synced;
  const heard = listen(informer);

  await proxy.stop();
  await until(() => informer.trouble !== undefined);
  const away = informer.trouble?.code;
  valueOf(await direct.remove(refOf(configMap(namespace.name, "a"))));
  valueOf(await write("c"));
  const refused = await client.get(refOf(configMap(namespace.name, "b")));
  await proxy.start();
  await until(() => heard.length === 4);
  const back = await client.get(refOf(configMap(namespace.name, "b")));

  assert.equal(away, "Unreachable");
  assert.ok(!refused.ok && refused.code === "Unreachable");
  assert.deepEqual(heard, ["added a", "added b", "deleted a", "added c"]);
  assert.equal(informer.trouble, undefined);
  assert.ok(back.ok);
});

Deno.test("connections that fall silent are given up", async () => {
  await using namespace = await testCluster.openNamespace();
  await using proxy = await openProxy();
  await using direct = await openTestClient(testCluster);
  const clock = new FakeClock();
  await using client = await openTestClient(testCluster, {
    server: `https://127.0.0.1:${proxy.port}`,
    timeoutMs: 1_000,
    clock,
  });
  const object = valueOf(
    await direct.apply(configMap(namespace.name, "a"), { fieldManager: "test" }),
  );
  valueOf(await client.get(refOf(object)));

  proxy.silence();
  const asking = client.get(refOf(object));
  await until(() => clock.pending > 0);
  await clock.advance(1_000);
  const silent = await asking;
  const after = await client.get(refOf(object));

  assert.ok(!silent.ok);
  assert.equal(silent.code, "Timeout");
  assert.ok(after.ok);
});

Deno.test("a version that the server has forgotten is answered by a list", async () => {
  await using namespace = await testCluster.openNamespace();
  await using direct = await openTestClient(testCluster);
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  let watches = 0;
  await using client = await openTestClient(testCluster, {
    // The first watch asks for a version from before the cluster's oldest, as after a compaction.
    fetch: async (url, init) => {
      if (!url.includes("watch=true") || ++watches > 1) return await fetch(url, init);
      await held;
      return await fetch(url.replace(/resourceVersion=\d+/, "resourceVersion=1"), init);
    },
  });
  valueOf(await direct.apply(configMap(namespace.name, "a"), { fieldManager: "test" }));
  await using informer = client.informer(CONFIG_MAP, {
    namespace: namespace.name,
    labelSelector: "test=informer",
  });
  await informer.synced;
  const heard = listen(informer);

  valueOf(await direct.remove(refOf(configMap(namespace.name, "a"))));
  valueOf(await direct.apply(configMap(namespace.name, "b"), { fieldManager: "test" }));
  release();
  await until(() => heard.length === 3);

  assert.deepEqual(heard, ["added a", "deleted a", "added b"]);
  assert.equal(informer.trouble, undefined);
});
