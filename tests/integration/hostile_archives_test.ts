/**
 * Artifacts that mean harm, with the digest that their source claims (reliability, rows 45 to 52): nothing of them is
 * applied, and the next good one heals.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { joinBytes } from "../../lib/base/mod.ts";
import { paxRecord, rawEntry, sizedEntry, TAR_END } from "../../lib/testing/raw_tar.ts";
import { readinessOf } from "../../tools/demo/observe.ts";
import { configMapRef, configMapYaml, valueOf } from "../support/app.ts";
import { useTestCluster } from "../support/control_plane.ts";
import {
  type Expected,
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
  useToolkit,
} from "../support/toolkit.ts";

const cluster = useTestCluster();
// No source controller runs: the test says what the artifact is.
const toolkit = useToolkit(cluster, { components: ["kustomize"], flags: ["--http-retry=0"] });

/** The manifest that must not be applied stands in front of what is wrong. */
const BAD = rawEntry({ path: "map.yaml", content: configMapYaml("map", "bad") });
const tar = (...parts: readonly Uint8Array[]) => gzipSync(joinBytes(BAD, ...parts, TAR_END));
const pax = (key: string, value: string) => rawEntry({ type: "x", content: paxRecord(key, value) });

/** No two neighbours of this list have the same message: it tells them apart. */
const archives: { name: string; archive: () => Uint8Array; message: string }[] = [
  {
    name: "a path that climbs out",
    archive: () => tar(rawEntry({ path: "a/../../x" })),
    message: 'The path "a/../../x" contains ".."',
  },
  {
    name: "a neighbour whose name begins as ours",
    archive: () => tar(rawEntry({ path: "../app-evil/x" })),
    message: 'The path "../app-evil/x" contains ".."',
  },
  {
    name: "a hard link",
    archive: () => tar(rawEntry({ path: "l", type: "1", target: "../../x" })),
    message: 'l is neither a file nor a folder (type "1")',
  },
  {
    name: "a device",
    archive: () => tar(rawEntry({ path: "d", type: "3" })),
    message: 'd is neither a file nor a folder (type "3")',
  },
  {
    name: "a file that is a folder too",
    archive: () => tar(rawEntry({ path: "a" }), rawEntry({ path: "a/x" })),
    message: '"a" is a file and a folder',
  },
  {
    name: "a negative size",
    archive: () => tar(sizedEntry([0xff, ...Array(11).fill(0xff)])),
    message: "A header has a wrong size",
  },
  {
    name: "a zero byte in a path",
    archive: () => tar(pax("path", "a\0../../x"), rawEntry()),
    message: "A pax record has a wrong path",
  },
  {
    name: "a size of 2^63",
    archive: () => tar(sizedEntry([0x80, 0, 0, 0, 0x80, ...Array(7).fill(0)])),
    message: "A header has a wrong size",
  },
  {
    name: "a sparse file",
    archive: () => tar(pax("GNU.sparse.map", "0,1"), rawEntry()),
    message: "The archive holds a sparse file",
  },
  {
    name: "a hundred thousand folders in each other",
    archive: () => tar(pax("path", "a/".repeat(100_000) + "b"), rawEntry()),
    message: "is deeper than",
  },
  {
    name: "a gzip bomb",
    archive: () => gzipSync(new Uint8Array(64 << 20)),
    message: "The archive holds more than",
  },
  {
    name: "two paths for one entry",
    archive: () => tar(pax("path", "b"), pax("path", "c"), rawEntry()),
    message: "Two header records speak of one entry",
  },
  {
    name: "half of itself",
    archive: () => gzipSync(BAD.subarray(0, -512)),
    message: "The archive is cut off",
  },
];

Deno.test("of a hostile archive nothing is applied, and the next good one heals", async (t) => {
  const served = new Map<string, Uint8Array<ArrayBuffer>>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const bytes = served.get(new URL(request.url).pathname);
    return new Response(bytes ?? null, { status: bytes === undefined ? 404 : 200 });
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => server.shutdown());
  const namespace = stack.use(await cluster.openNamespace());
  const ns = namespace.name;
  const [source, applied] = [gitRepositoryRef(ns, "app"), kustomizationRef(ns, "app")];
  let published = 0;
  async function publish(archive: Uint8Array): Promise<string> {
    const path = `/${++published}.tar.gz`;
    served.set(path, new Uint8Array(archive));
    const revision = `main@sha1:${String(published).padStart(40, "0")}`;
    const artifact = {
      path: path.slice(1),
      url: `http://127.0.0.1:${server.addr.port}${path}`,
      revision,
      digest: `sha256:${createHash("sha256").update(archive).digest("hex")}`,
      lastUpdateTime: new Date(1_700_000_000_000 + published * 1_000).toISOString(),
    };
    const conditions = [{
      type: "Ready",
      status: "True",
      reason: "Succeeded",
      message: "",
      lastTransitionTime: artifact.lastUpdateTime,
    }];
    const patched = await toolkit.cluster.patch(source, {
      status: { artifact, observedGeneration: 1, conditions },
    }, { fieldManager: "test", type: "merge", subresource: "status" });
    assert.ok(patched.ok, patched.ok ? "" : patched.message);
    return revision;
  }
  const good = (value: string) =>
    gzipSync(joinBytes(
      rawEntry({ path: "map.yaml", mode: 0o6777, content: configMapYaml("map", value) }),
      TAR_END,
    ));

  await toolkit.apply(gitRepository(ns, "app", { url: "https://git.invalid/app" }));
  let revision = await publish(good("one"));
  await toolkit.apply(kustomization(ns, "app", { targetNamespace: ns, path: "./" }));
  await toolkit.untilReady(applied, { status: "True", commit: revision });
  const before = await toolkit.read(configMapRef(ns, "map"));

  for (const { name, archive, message } of archives) {
    await t.step(name, async () => {
      await publish(archive());

      const expected: Expected = { status: "False", reason: "ArtifactFailed", message };
      const failed = await toolkit.untilReady(applied, expected);

      assert.ok((readinessOf(failed)?.message ?? "").length < 1_024, "a short message");
      assert.deepEqual(await toolkit.read(configMapRef(ns, "map")), before, "nothing is touched");
    });
  }

  revision = await publish(good("two"));
  await toolkit.untilReady(applied, { status: "True", commit: revision });
  assert.equal(valueOf(await toolkit.read(configMapRef(ns, "map"))), "two");
  await toolkit.cluster.remove(applied);
});
