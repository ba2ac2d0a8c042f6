import assert from "node:assert/strict";
import { Kustomization } from "../../crds/mod.ts";
import { fail, ok } from "../../lib/base/mod.ts";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { FakeCluster } from "../../lib/testing/fake_cluster.ts";
import { readSource, SourceWatch, watchArtifact } from "./sources.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

function sourceObject(kind: string, status?: unknown): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind,
    metadata: { name: "app", namespace: "apps" },
    spec: { whatever: true },
    ...(status !== undefined && { status }),
  };
}

function artifact(revision: string, digest = DIGEST) {
  return {
    path: "x",
    url: "http://x/x",
    revision,
    digest,
    lastUpdateTime: "2026-01-01T00:00:00Z",
  };
}

function kustomizationOf(
  sourceRef: Record<string, string>,
  status?: Kustomization["status"],
): Kustomization {
  const decoded = Kustomization.decode({
    apiVersion: Kustomization.apiVersion,
    kind: "Kustomization",
    metadata: { name: "app", namespace: "apps" },
    spec: { interval: "1m", prune: true, sourceRef: { name: "app", ...sourceRef } },
    ...(status !== undefined && { status }),
  });
  if (!decoded.ok) throw new Error(decoded.message);
  return decoded.value;
}

function openWatch() {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  return { clock, cluster, sources: new SourceWatch((gvk) => cluster.informer(gvk)) };
}

for (const kind of ["GitRepository", "OCIRepository", "Bucket", "ExternalArtifact"]) {
  Deno.test(`readSource() finds the artifact of a ${kind}, whatever version is named`, async () => {
    const { cluster, sources } = openWatch();
    cluster.seed(sourceObject(kind, { artifact: artifact("1.0@sha256:1") }));
    const apiVersion = "source.toolkit.fluxcd.io/v1beta2";

    const got = await readSource(kustomizationOf({ kind, apiVersion }), sources, cluster);

    assert.ok(got.ok);
    assert.equal(got.value.artifact?.revision, "1.0@sha256:1");
    await sources[Symbol.asyncDispose]();
  });
}

const failures = [
  {
    name: "a source that is not there, in Flux's words",
    code: "NotFound",
    message: /^Bucket\.source\.toolkit\.fluxcd\.io "app" not found$/,
  },
  {
    name: "a status that somebody wrote by hand, and wrong",
    status: { artifact: artifact("1", "none") },
    code: "InvalidObject",
    message: /status\.artifact\.digest/,
  },
];

for (const { name, status, code, message } of failures) {
  Deno.test(`readSource() refuses ${name}`, async () => {
    const { cluster, sources } = openWatch();
    if (status !== undefined) cluster.seed(sourceObject("Bucket", status));

    const got = await readSource(kustomizationOf({ kind: "Bucket" }), sources, cluster);

    assert.ok(!got.ok);
    assert.equal(got.code, code);
    assert.match(got.message, message);
    await sources[Symbol.asyncDispose]();
  });
}

Deno.test("SourceWatch watches a kind once it is asked for, and tells of all of them", async () => {
  const { clock, cluster, sources } = openWatch();
  const before = cluster.informers.length;
  const seen: string[] = [];
  const stop = sources.onChange(({ object }) => seen.push(object.kind));

  sources.ensure("Bucket");
  await Promise.all(["Bucket", "GitRepository"].map((kind) => sources.ensure(kind).synced));
  cluster.seed(sourceObject("Bucket"));
  cluster.seed(sourceObject("GitRepository"));
  cluster.seed(sourceObject("OCIRepository"));
  await clock.advance(1);
  stop();
  cluster.drop({ ...sourceObject("Bucket"), name: "app", namespace: "apps" });
  await clock.advance(1);

  assert.deepEqual([before, cluster.informers.length], [1, 2]);
  assert.deepEqual(seen.sort(), ["Bucket", "GitRepository"]);
  await sources[Symbol.asyncDispose]();
  assert.equal(cluster.informers.length, 0);
});

Deno.test("readSource() asks, once, before it takes another revision than the last one", async () => {
  const { cluster, sources } = openWatch();
  const kind = "GitRepository";
  const [one, two] = ["main@sha1:1", "main@sha1:2"];
  const known = cluster.seed(sourceObject(kind, { artifact: artifact(one) }));
  await sources.ensure(kind).synced;
  // The copy is behind: there was another revision since, and this controller has applied it.
  const now = { ...sourceObject(kind, { artifact: artifact(two) }), metadata: known.metadata };
  const metadata = { ...known.metadata, resourceVersion: `${known.metadata.resourceVersion}0` };
  let asked = 0;
  const server = {
    get: () => {
      asked++;
      return Promise.resolve(ok({ ...now, metadata }));
    },
  };
  const after = (last: string) => kustomizationOf({ kind }, { lastAttemptedRevision: last });
  const read = async (last: string) => {
    const got = await readSource(after(last), sources, server);
    return got.ok ? got.value.artifact?.revision : got.code;
  };

  const same = [await read(one), asked];
  const both = await Promise.all([read(two), read(two)]);
  using moved = watchArtifact(sources, after(two), artifact(two));
  using other = watchArtifact(
    sources,
    after(one),
    artifact("main@sha1:0", DIGEST.replace("0", "1")),
  );

  assert.deepEqual(same, [one, 0]);
  assert.deepEqual([both, asked], [[two, two], 1]);
  // What is known to be behind ends no download, whatever it offers.
  assert.deepEqual([moved.signal.aborted, other.signal.aborted], [false, false]);
  await sources[Symbol.asyncDispose]();
});

Deno.test("readSource() goes on with what it has where the server gives no answer", async () => {
  const { cluster, sources } = openWatch();
  cluster.seed(sourceObject("GitRepository", { artifact: artifact("main@sha1:2") }));
  await sources.ensure("GitRepository").synced;
  const kustomization = kustomizationOf(
    { kind: "GitRepository" },
    { lastAttemptedRevision: "main@sha1:1" },
  );
  const read = async (code: string) => {
    const server = { get: () => Promise.resolve(fail(code, "no")) };
    const got = await readSource(kustomization, sources, server);
    return got.ok ? got.value.artifact?.revision : got.code;
  };

  assert.deepEqual([await read("Timeout"), await read("NotFound")], ["main@sha1:2", "NotFound"]);
  await sources[Symbol.asyncDispose]();
});
