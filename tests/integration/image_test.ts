/**
 * Tags of a real registry, and the one that a policy picks.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { MoodyRegistry } from "../support/moody_registry.ts";
import { type Registry, REGISTRY_LOGIN, startRegistry } from "../support/registry.ts";
import { type Expected, useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["image-reflector"] });

let open: Registry;
let closed: Registry;
Deno.test.beforeAll(async () => {
  open = await started(startRegistry());
  closed = await started(startRegistry({ auth: true }));
  for (const tag of ["1.2.0", "1.10.0", "2.0.0-rc.1", "main-abc-7", "main-def-12", "x.sig"]) {
    await open.pushImage("web", tag);
  }
  await closed.pushImage("web", "3.0.0");
});
Deno.test.afterAll(async () => {
  await open?.stop();
  await closed?.stop();
});

async function started(starting: ReturnType<typeof startRegistry>): Promise<Registry> {
  const registry = await starting;
  if (!registry.ok) throw new Error(registry.message);
  return registry.value;
}

function ref(kind: "ImageRepository" | "ImagePolicy", namespace: string, name: string): ObjectRef {
  return { apiVersion: "image.toolkit.fluxcd.io/v1", kind, namespace, name };
}

function object(
  kind: "ImageRepository" | "ImagePolicy",
  namespace: string,
  name: string,
  spec: Record<string, unknown>,
): KubeObject {
  const apiVersion = "image.toolkit.fluxcd.io/v1";
  return { apiVersion, kind, metadata: { namespace, name }, spec };
}

function repository(
  namespace: string,
  image: string,
  spec: Record<string, unknown> = {},
): KubeObject {
  return object("ImageRepository", namespace, "web", {
    image,
    interval: "10m",
    insecure: true,
    ...spec,
  });
}

const POLICIES = [
  { name: "semver", spec: { policy: { semver: { range: ">=1.0.0" } } }, want: "1.10.0" },
  { name: "alphabetical", spec: { policy: { alphabetical: { order: "desc" } } }, want: "1.10.0" },
  {
    name: "numerical",
    spec: {
      filterTags: { pattern: "^main-[a-z]+-(?P<n>\\d+)$", extract: "$n" },
      policy: { numerical: { order: "asc" } },
    },
    want: "main-def-12",
  },
];

Deno.test("policies are created before their repository and pick once it is scanned", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  for (const { name, spec } of POLICIES) {
    const imageRepositoryRef = { name: "web" };
    await toolkit.apply(object("ImagePolicy", ns, name, { imageRepositoryRef, ...spec }));
  }

  await toolkit.apply(repository(ns, `${open.host}/web`));

  for (const { name, want } of POLICIES) {
    const ready = await toolkit.untilReady(ref("ImagePolicy", ns, name), { status: "True" });
    assert.equal(fieldOf(ready, "status", "latestRef", "tag"), want, name);
  }
  const scanned = await toolkit.untilReady(ref("ImageRepository", ns, "web"), { status: "True" });
  assert.equal(fieldOf(scanned, "status", "lastScanResult", "tagCount"), 5);
});

Deno.test("a new tag is picked after a request, and the choice before it is named", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const image = `web-${ns}`;
  await open.pushImage(image, "1.0.0");
  await toolkit.apply(
    repository(ns, `${open.host}/${image}`),
    object("ImagePolicy", ns, "web", {
      imageRepositoryRef: { name: "web" },
      policy: { semver: { range: "*" } },
    }),
  );
  await toolkit.untilReady(ref("ImagePolicy", ns, "web"), { status: "True" });

  await open.pushImage(image, "1.1.0");
  await toolkit.nudge(ref("ImageRepository", ns, "web"));

  await toolkit.untilReady(ref("ImagePolicy", ns, "web"), {
    status: "True",
    message: `resolved to 1.1.0 (previously ${open.host}/${image}:1.0.0)`,
  });
});

Deno.test("a registry that wants a login gets the one of the Secret", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const { username, password } = REGISTRY_LOGIN;
  await namespace.kubectl([
    "create",
    "secret",
    "docker-registry",
    "login",
    `--docker-server=${closed.host}`,
    `--docker-username=${username}`,
    `--docker-password=${password}`,
  ]);

  await toolkit.apply(repository(ns, `${closed.host}/web`, { secretRef: { name: "login" } }));

  const ready = await toolkit.untilReady(ref("ImageRepository", ns, "web"), { status: "True" });
  assert.deepEqual(fieldOf(ready, "status", "lastScanResult", "latestTags"), ["3.0.0"]);
});

Deno.test("a busy registry is left alone for as long as it asks for, and what it said stays", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  await using registry = new MoodyRegistry();
  const [repositoryRef, policyRef] = [
    ref("ImageRepository", ns, "web"),
    ref("ImagePolicy", ns, "web"),
  ];
  await toolkit.apply(
    repository(ns, `${registry.host}/web`),
    object("ImagePolicy", ns, "web", {
      imageRepositoryRef: { name: "web" },
      policy: { semver: { range: "*" } },
    }),
  );
  await toolkit.untilReady(policyRef, { status: "True" });

  registry.busySeconds = 2;
  await toolkit.nudge(repositoryRef);
  const failed = await toolkit.untilReady(repositoryRef, {
    status: "False",
    reason: "ReadOperationFailed",
    message: "TOOMANYREQUESTS: slow down",
  });
  registry.busySeconds = 0;

  assert.deepEqual(fieldOf(failed, "status", "lastScanResult", "latestTags"), ["1.0.0"]);
  await toolkit.untilReady(policyRef, { status: "True" });
  await toolkit.untilReady(repositoryRef, { status: "True" });
  // Once, or, where this test was slow to see it, a few times.
  const statuses = registry.lists.map(({ status }) => status);
  assert.match(statuses.join(" "), /^200( 429)+ 304$/);
  for (const [index, { atMs }] of registry.lists.slice(2).entries()) {
    const waitedMs = atMs - (registry.lists[index + 1]?.atMs ?? 0);
    assert.ok(waitedMs >= 1_900, `it was asked again after ${waitedMs} ms`);
  }
});

interface Failing {
  readonly name: string;
  readonly spec: () => Record<string, unknown>;
  readonly expected: Expected;
}

const FAILING: readonly Failing[] = [
  {
    name: "a login that is missing",
    spec: () => ({ image: `${closed.host}/web` }),
    expected: { status: "False", reason: "ReadOperationFailed" },
  },
  {
    name: "a Secret that is not there",
    spec: () => ({ image: `${closed.host}/web`, secretRef: { name: "gone" } }),
    expected: { status: "False", reason: "AuthenticationFailed", message: '"gone" not found' },
  },
  {
    name: "a name with a tag",
    spec: () => ({ image: `${open.host}/web:1.0.0` }),
    expected: { status: "False", reason: "ImageURLInvalid", message: "should not include a tag" },
  },
  {
    name: "an image that is not there",
    spec: () => ({ image: `${open.host}/nothing` }),
    expected: { status: "False", reason: "ReadOperationFailed" },
  },
  {
    name: "a registry that is not the provider's",
    spec: () => ({ image: `${open.host}/web`, provider: "aws" }),
    expected: { status: "False", reason: "AuthenticationFailed", message: "of spec.provider aws" },
  },
];

for (const { name, spec, expected } of FAILING) {
  Deno.test(`${name}: the ImageRepository says so and holds no secret`, async () => {
    await using namespace = await cluster.openNamespace();
    const ns = namespace.name;

    await toolkit.apply(repository(ns, "x", spec()));

    const failed = await toolkit.untilReady(ref("ImageRepository", ns, "web"), expected);
    assert.ok(!JSON.stringify(failed.status).includes(REGISTRY_LOGIN.password));
  });
}
