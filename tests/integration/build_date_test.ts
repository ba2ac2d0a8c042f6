/**
 * The newest image by its date, from a real registry, before and after the controllers died.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget } from "../../lib/base/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { openOci } from "../../lib/oci/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { until } from "../support/kube_client.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["image-reflector"] });

const ZERO = "0001-01-01T00:00:00Z";

async function start(): Promise<Registry> {
  const registry = await startRegistry();
  assert.ok(registry.ok, JSON.stringify(registry));
  return registry.value;
}

function imageObject(kind: string, namespace: string, rest: Partial<KubeObject>): KubeObject {
  return {
    apiVersion: "image.toolkit.fluxcd.io/v1",
    kind,
    ...rest,
    metadata: { namespace, name: "web", ...rest.metadata },
  };
}

/** The configurations that were read, with repetitions. */
function blobsRead({ requests }: Registry): readonly string[] {
  return requests.filter((request) => request.startsWith("GET /v2/web/blobs/"));
}

Deno.test("fetchCreated() gives the date that a pushed image has, of a whole session's images", async () => {
  await using registry = await start();
  await using http = openHttp();
  const digest = await registry.pushImage("web", "a", { created: "2024-05-06T07:08:09.5Z" });
  const access = { image: `${registry.host}/web`, insecure: true, login: undefined };
  const oci = openOci(http);

  const alone = await oci.fetchCreated(access, digest, defaultBudget());
  const reader = await oci.openReader(access, defaultBudget());
  assert.ok(reader.ok, JSON.stringify(reader));
  const tagged = await reader.value.fetchDigest("a");
  const created = await reader.value.fetchCreated(digest);

  assert.deepEqual(alone, { ok: true, value: "2024-05-06T07:08:09.5Z" });
  assert.deepEqual(tagged, { ok: true, value: digest });
  assert.deepEqual(created, alone);
});

Deno.test("the newest image is chosen though its name sorts elsewhere", async (t) => {
  await using registry = await start();
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const [repository, policy] = ["ImageRepository", "ImagePolicy"].map((kind): ObjectRef => ({
    apiVersion: "image.toolkit.fluxcd.io/v1",
    kind,
    namespace: ns,
    name: "web",
  }));
  assert.ok(repository !== undefined && policy !== undefined);

  await t.step("of three images the one in the middle of the alphabet", async () => {
    await registry.pushImage("web", "a", { created: "2024-01-01T00:00:00Z" });
    await registry.pushImage("web", "m", { created: "2024-03-01T00:00:00Z" });
    await registry.pushImage("web", "z", { created: "2024-02-01T00:00:00Z" });
    await toolkit.apply(
      imageObject("ImageRepository", ns, {
        spec: { image: `${registry.host}/web`, interval: "10m", insecure: true },
      }),
      imageObject("ImagePolicy", ns, {
        metadata: { name: "web", annotations: { "sluice.dev/order": "build-date" } },
        spec: { imageRepositoryRef: { name: "web" }, policy: { alphabetical: {} } },
      }),
    );
    await toolkit.untilReady(policy, { status: "True", message: "resolved to m" });
  });

  await t.step("after a death the newer one, and no date is asked for again", async () => {
    await toolkit.crash(async () => {
      await registry.pushImage("web", "b", { created: "2024-04-01T00:00:00Z" });
    });
    await toolkit.nudge(repository);
    const message = `resolved to b (previously ${registry.host}/web:m)`;
    await toolkit.untilReady(policy, { status: "True", message });
  });

  await t.step("an image without a date is named, and the choice stays", async () => {
    await registry.pushImage("web", "reproducible", { created: ZERO });
    await toolkit.nudge(repository);
    const failed = await toolkit.untilReady(policy, {
      status: "False",
      reason: "Failure",
      message: "tag 'reproducible': ",
    });
    assert.equal(fieldOf(failed, "status", "latestRef", "tag"), "b");
  });

  // Five images: three before the death, two after it, each read once. The log is behind what it tells.
  await until(() => blobsRead(registry).length >= 5);
  assert.equal(blobsRead(registry).length, 5);
  assert.equal(new Set(blobsRead(registry)).size, 5);
});
