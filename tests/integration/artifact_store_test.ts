import assert from "node:assert/strict";
import {
  type ArtifactServer,
  fetchArtifact,
  openArtifactStore,
  openDisk,
  serveArtifacts,
} from "../../lib/artifact/mod.ts";
import { defaultBudget, treeOf } from "../../lib/base/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";

const OWNER = { kind: "GitRepository", namespace: "apps", name: "web" };
const REVISION = `main@sha1:${"ab".repeat(20)}`;

Deno.test("an artifact goes through a real disk and a real server", async () => {
  await using place = await openPlace();
  const tree = treeOf({ "a/b.yaml": "x: 1\n", "big.yaml": "line\n".repeat(200_000) });
  await using http = openHttp();

  const published = await place.store.publish(OWNER, { revision: REVISION, tree });
  assert.ok(published.ok, published.ok ? "" : published.message);
  const verified = await openArtifactStore(place.disk, { host: "x" }).verify(published.value);
  const fetched = await fetchArtifact(http, published.value, defaultBudget());

  assert.ok(verified.ok);
  assert.ok(fetched.ok, fetched.ok ? "" : fetched.message);
  assert.deepEqual([...fetched.value.keys()], ["a/b.yaml", "big.yaml"]);
  assert.equal(fetched.value.get("big.yaml")?.read().length, 1_000_000);
});

Deno.test("the disk keeps files to itself and leaves nothing half written", async () => {
  await using place = await openPlace();
  const folder = `${place.root}/gitrepository/apps/web`;
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(new Uint8Array(100));
    throw new RangeError("the maker's own");
  }

  await place.store.publish(OWNER, { revision: REVISION, tree: treeOf({ a: "1" }) });
  await assert.rejects(place.disk.write("gitrepository/apps/web/x.tar.gz", broken()), RangeError);

  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  assert.deepEqual(names, [`${"ab".repeat(20)}.tar.gz`]);
  const info = await Deno.stat(`${folder}/${names[0]}`);
  assert.equal((info.mode ?? 0) & 0o777, 0o600);
});

Deno.test("the store sees links for what they are, and its disk's refusals as failures", async () => {
  await using place = await openPlace();
  const published = await place.store.publish(OWNER, {
    revision: REVISION,
    tree: treeOf({ a: "1" }),
  });
  assert.ok(published.ok);
  const file = `${place.root}/${published.value.path}`;
  await Deno.rename(file, `${place.root}/elsewhere`);
  await Deno.symlink(`${place.root}/elsewhere`, file);
  await Deno.writeTextFile(`${place.root}/bucket`, "a file where a folder should be");

  const link = await place.store.verify(published.value);
  const refused = await place.store.publish(
    { ...OWNER, kind: "Bucket" },
    { revision: REVISION, tree: treeOf({ a: "1" }) },
  );

  assert.equal(!link.ok && link.code, "NotFound");
  assert.equal(!refused.ok && refused.code, "StorageFailed");
  assert.doesNotMatch(refused.ok ? "" : refused.message, /os error|\.tmp/);
});

Deno.test("remove() of a real disk takes the folder too, once it is empty", async () => {
  await using place = await openPlace();
  await place.store.publish(OWNER, { revision: REVISION, tree: treeOf({ a: "1" }) });

  const removed = await place.store.remove(OWNER);

  assert.equal(removed.ok && removed.value.length, 1);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${place.root}/gitrepository/apps`)), []);
});

Deno.test("serveArtifacts() says when its port is taken", async () => {
  await using place = await openPlace();

  const got = serveArtifacts(place.disk, `127.0.0.1:${place.server.port}`);

  assert.equal(!got.ok && got.code, "Unavailable");
});

async function openPlace() {
  const root = await Deno.makeTempDir({ prefix: "sluice-artifacts-" });
  const disk = openDisk(root);
  const started = serveArtifacts(disk, "127.0.0.1:0");
  assert.ok(started.ok);
  const server: ArtifactServer = started.value;
  return {
    root,
    disk,
    server,
    store: openArtifactStore(disk, { host: `127.0.0.1:${server.port}` }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(root, { recursive: true });
    },
  };
}
