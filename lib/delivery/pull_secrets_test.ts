/**
 * Which login a pod's images are pulled with.
 *
 * @module
 */
import assert from "node:assert/strict";
import { encodeBase64, fail, ok, type Result } from "../base/mod.ts";
import type { Cluster, KubeObject, ObjectRef } from "../kube/mod.ts";
import { readPodLogin } from "./pull_secrets.ts";

const IMAGE = "ghcr.io/org/app";
const DOCKER_CONFIG = "kubernetes.io/dockerconfigjson";

function secret(name: string, host: string, type: string = DOCKER_CONFIG): KubeObject {
  const config = host === "" ? "{" : JSON.stringify({
    auths: { [host]: { username: name, password: "p" } },
  });
  const data = { ".dockerconfigjson": encodeBase64(new TextEncoder().encode(config)) };
  return { apiVersion: "v1", kind: "Secret", metadata: { namespace: "apps", name }, type, data };
}

function account(name: string, ...secrets: string[]): KubeObject {
  const imagePullSecrets = secrets.map((name) => ({ name }));
  const metadata = { namespace: "apps", name };
  return { apiVersion: "v1", kind: "ServiceAccount", metadata, imagePullSecrets };
}

const NONE = { secrets: [], serviceAccount: "" };

const cases: {
  name: string;
  objects: readonly KubeObject[];
  names?: Partial<typeof NONE> | { readonly secrets: readonly string[] };
  want: string | undefined;
}[] = [
  { name: "nothing where nothing is named", objects: [], want: undefined },
  {
    name: "the Secret that the pod names",
    objects: [secret("mine", "ghcr.io")],
    names: { secrets: ["mine"] },
    want: "mine",
  },
  {
    name: "the first Secret that has the registry",
    objects: [secret("a", "quay.io"), secret("b", "ghcr.io"), secret("c", "ghcr.io")],
    names: { secrets: ["gone", "a", "b", "c"] },
    want: "b",
  },
  {
    name: "the Secret of the pod's account",
    objects: [account("puller", "theirs"), secret("theirs", "ghcr.io")],
    names: { serviceAccount: "puller" },
    want: "theirs",
  },
  {
    name: "the Secret of the namespace's own account",
    objects: [account("default", "common"), secret("common", "ghcr.io")],
    want: "common",
  },
  {
    name: "no Secret of another type",
    objects: [secret("mine", "ghcr.io", "Opaque")],
    names: { secrets: ["mine"] },
    want: undefined,
  },
  {
    name: "no Secret that may not be read",
    objects: [secret("mine", "ghcr.io")],
    names: { secrets: ["forbidden", "mine"] },
    want: "mine",
  },
];

function fakeCluster(objects: readonly KubeObject[]): Pick<Cluster, "get"> {
  return {
    get({ kind, namespace, name }: ObjectRef): Promise<Result<KubeObject>> {
      if (name === "forbidden") return Promise.resolve(fail("Forbidden", "no"));
      if (name === "broken") return Promise.resolve(fail("Unreachable", "no answer"));
      const found = objects.find(({ kind: its, metadata }) =>
        its === kind && metadata.name === name && metadata.namespace === namespace
      );
      return Promise.resolve(found === undefined ? fail("NotFound", `no ${name}`) : ok(found));
    },
  };
}

/** A cluster, and a controller's pod with a docker configuration. */
function fakePod(objects: readonly KubeObject[], config?: string) {
  const readDockerConfig = () => Promise.resolve(ok(config));
  return { cluster: fakeCluster(objects), readDockerConfig };
}

Deno.test("readPodLogin() finds what the controller's own pod was given where no Secret has the registry", async () => {
  const config = JSON.stringify({ auths: { "ghcr.io": { username: "pod", password: "p" } } });
  const objects = [secret("other", "quay.io"), secret("mine", "ghcr.io")];
  const usernames: unknown[] = [];
  for (const secrets of [["other", "gone"], ["other", "mine"]]) {
    const got = await readPodLogin(fakePod(objects, config), "apps", { ...NONE, secrets }, IMAGE);
    usernames.push(got.ok && got.value?.username);
  }
  const broken = await readPodLogin(fakePod([], "{"), "apps", NONE, IMAGE);

  assert.deepEqual(usernames, ["pod", "mine"]);
  assert.equal(broken.ok ? "" : broken.message, "DOCKER_CONFIG: .dockerconfigjson is not JSON");
});

for (const { name, objects, names = {}, want } of cases) {
  Deno.test(`readPodLogin() finds ${name}`, async () => {
    const asked = { ...NONE, ...names };

    const got = await readPodLogin(fakePod(objects), "apps", asked, IMAGE);

    assert.deepEqual(got, ok(want === undefined ? undefined : { username: want, password: "p" }));
  });
}

Deno.test("readPodLogin() names the program that has the login only where nobody else has it", async () => {
  const helped = secret("helped", "ghcr.io");
  const config = JSON.stringify({ credHelpers: { "ghcr.io": "gcloud" } });
  const data = { ".dockerconfigjson": encodeBase64(new TextEncoder().encode(config)) };
  const objects = [{ ...helped, data }, secret("mine", "ghcr.io")];
  const read = (secrets: string[], pod = fakePod(objects)) =>
    readPodLogin(pod, "apps", { ...NONE, secrets }, IMAGE);
  const given = JSON.stringify({ auths: { "ghcr.io": { username: "pod", password: "p" } } });

  const alone = await read(["gone", "helped"]);
  const beside = await read(["helped", "mine"]);
  const mounted = await read(["helped"], fakePod(objects, given));

  assert.match(
    alone.ok ? "" : `${alone.code} ${alone.message}`,
    /^NeedsHelper secret "helped": .*credHelpers\["ghcr\.io"\] .* docker-credential-gcloud, which/,
  );
  assert.equal(beside.ok && beside.value?.username, "mine");
  assert.equal(mounted.ok && mounted.value?.username, "pod");
});

Deno.test("readPodLogin() fails where the API server does, and for a Secret that cannot be read, by name", async () => {
  const pod = fakePod([secret("odd", "")]);

  const gone = await readPodLogin(pod, "apps", { ...NONE, secrets: ["broken"] }, IMAGE);
  const odd = await readPodLogin(pod, "apps", { ...NONE, secrets: ["odd"] }, IMAGE);

  assert.deepEqual(gone, fail("Unreachable", "no answer"));
  assert.equal(odd.ok ? "" : odd.message, 'secret "odd": .dockerconfigjson is not JSON');
});
