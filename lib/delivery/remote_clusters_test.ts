import assert from "node:assert/strict";
import type { KubeConfigReference } from "../../crds/mod.ts";
import { fail } from "../base/mod.ts";
import { FakeClock, settle } from "../testing/fake_clock.ts";
import { FakeCluster } from "../testing/fake_cluster.ts";
import { kubeconfigFor, RECORDED_SERVER } from "../testing/recorded_cluster.ts";
import { openRemoteClusters, type RemoteClusterOptions } from "./remote_clusters.ts";

const REF: KubeConfigReference = { secretRef: { name: "remote" } };

interface Site extends AsyncDisposable {
  readonly server: string;
}

function openStage(options: Partial<RemoteClusterOptions<Site>> = {}) {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const open: string[] = [];
  const asked: { url: string; authorization: string | null }[] = [];
  const clusters = openRemoteClusters<Site>({
    cluster,
    clouds: { clusterLogin: () => Promise.resolve(fail("NotConfigured", "no cloud")) },
    clock,
    random: () => 0,
    accounts: { areAllowed: true, fallback: "" },
    equip({ server }) {
      open.push(server);
      return {
        server,
        [Symbol.asyncDispose]: () => Promise.resolve(void open.splice(open.indexOf(server), 1)),
      };
    },
    resolve: () => Promise.resolve(["10.0.0.1"]),
    fetch(url, { headers }) {
      asked.push({ url, authorization: new Headers(headers).get("authorization") });
      return Promise.resolve(Response.json({ gitVersion: "v1.36.0" }));
    },
    ...options,
  });
  return {
    clock,
    cluster,
    clusters,
    open,
    asked,
    /** Puts a kubeconfig into the Secret `apps/NAME`. */
    write(text: string, { name = "remote", key = "value" } = {}) {
      cluster.seed({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name, namespace: "apps" },
        data: { [key]: new TextEncoder().encode(text).toBase64() },
      });
    },
  };
}

function kubeconfig(token: string, server = RECORDED_SERVER): string {
  return kubeconfigFor({ token }, { server });
}

const keys: { name: string; key: string; ref?: KubeConfigReference; says?: RegExp }[] = [
  { name: "value", key: "value" },
  { name: "value.yaml", key: "value.yaml" },
  { name: "the key that is named", key: "x", ref: { secretRef: { name: "remote", key: "x" } } },
  {
    name: "no other",
    key: "kubeconfig",
    says: /^KubeConfig secret 'apps\/remote' does not contain a 'value' key with a kubeconfig$/,
  },
  {
    name: "no other than the one that is named",
    key: "value",
    ref: { secretRef: { name: "remote", key: "x" } },
    says: /does not contain a 'x' key/,
  },
];

for (const { name, key, ref = REF, says } of keys) {
  Deno.test(`open() takes the kubeconfig of ${name}`, async () => {
    await using stage = disposable(openStage());
    stage.write(kubeconfig("t1"), { key });

    const got = await stage.clusters.open("apps/web", "apps", ref);

    assert.equal(got.ok, says === undefined);
    if (says !== undefined) assert.match(got.ok ? "" : got.message, says);
  });
}

/** reliability.md row 2 (CVE-2022-24817): nothing in a kubeconfig runs a program or reads our files. */
const refused: { name: string; text: string; says: RegExp }[] = [
  { name: "exec", text: kubeconfigFor({ exec: { command: "sh" } }), says: /user\.exec is not/ },
  {
    name: "auth-provider",
    text: kubeconfigFor({ "auth-provider": { name: "oidc" } }),
    says: /user\.auth-provider is not/,
  },
  {
    name: "tokenFile",
    text: kubeconfigFor({
      tokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
      token: "hunter22",
    }),
    says: /a file in tokenFile is not/,
  },
  {
    name: "client-key in a file",
    text: kubeconfigFor({ "client-key": "/etc/passwd", "client-certificate-data": btoa("x") }),
    says: /a file in client-key is not/,
  },
  {
    name: "client-certificate in a file",
    text: kubeconfigFor({ "client-certificate": "/etc/passwd" }),
    says: /a file in client-certificate is not/,
  },
  {
    name: "certificate-authority in a file",
    text: kubeconfigFor({}, { "certificate-authority": "/etc/passwd" }),
    says: /a file in certificate-authority is not/,
  },
  {
    name: "insecure-skip-tls-verify",
    text: kubeconfigFor({}, { "insecure-skip-tls-verify": true }),
    says: /insecure-skip-tls-verify is not supported; put the server's certificate/,
  },
  {
    name: "a proxy that is none",
    text: kubeconfigFor({}, { "proxy-url": "file:///hunter22" }),
    says: /proxy-url must begin with/,
  },
  {
    name: "a proxy at a metadata address",
    text: kubeconfigFor({}, { "proxy-url": "http://169.254.169.254" }),
    says: /proxy-url is a link-local address/,
  },
  { name: "what is no kubeconfig", text: "{token: hunter22", says: /it is no/ },
];

for (const { name, text, says } of refused) {
  Deno.test(`open() refuses ${name}, and says where it is`, async () => {
    await using stage = disposable(openStage());
    stage.write(text);

    const got = await stage.clusters.open("apps/web", "apps", REF);

    assert.ok(!got.ok);
    assert.match(got.message, /^KubeConfig secret 'apps\/remote': Cannot use the kubeconfig: /);
    assert.match(got.message, says);
    assert.doesNotMatch(got.message, /hunter22/);
    assert.deepEqual(stage.asked, []);
  });
}

Deno.test("open() says that there is no Secret, in the API server's words", async () => {
  await using stage = disposable(openStage());

  const got = await stage.clusters.open("apps/web", "apps", REF);

  assert.deepEqual([got.ok || got.code, got.ok || got.message], [
    "NotFound",
    `unable to read KubeConfig secret 'apps/remote' error: secrets "remote" not found`,
  ]);
});

Deno.test("one content is one connection, whichever Secret it is in", async () => {
  await using stage = disposable(openStage());
  stage.write(kubeconfig("t1"));
  stage.write(kubeconfig("t1"), { name: "copy" });

  const both = await Promise.all([
    stage.clusters.open("apps/web", "apps", REF),
    stage.clusters.open("apps/api", "apps", { secretRef: { name: "copy" } }),
  ]);

  assert.ok(both[0].ok && both[1].ok);
  assert.equal(both[0].value.cluster, both[1].value.cluster);
  assert.deepEqual(stage.open, [RECORDED_SERVER]);
  stage.clusters.release("apps/web");
  await settle();
  assert.deepEqual(stage.open, [RECORDED_SERVER]);
  stage.clusters.release("apps/api");
  await settle();
  assert.deepEqual(stage.open, []);
});

Deno.test("a rotated kubeconfig is used at once, and the connection before it is closed", async () => {
  await using stage = disposable(openStage());
  stage.write(kubeconfig("t1"));
  const before = await stage.clusters.open("apps/web", "apps", REF);
  stage.write(kubeconfig("t2"));

  const after = await stage.clusters.open("apps/web", "apps", REF);
  await settle();

  assert.ok(before.ok && after.ok);
  assert.equal((await after.value.cluster.getPath("/version")).ok, true);
  const closed = await before.value.cluster.getPath("/version");
  assert.equal(closed.ok || closed.code, "Closed");
  assert.deepEqual(stage.asked.map(({ authorization }) => authorization), ["Bearer t2"]);
  assert.deepEqual(after.value.secrets, ["t2"]);
  assert.equal(stage.open.length, 1);
});

Deno.test("a Secret that is withdrawn ends what was opened by it; an API server that is away does not", async () => {
  await using stage = disposable(openStage());
  stage.write(kubeconfig("t1"));
  await stage.clusters.open("apps/web", "apps", REF);

  const away = { ok: false, code: "Unreachable", message: "away" } as const;
  stage.cluster.inject({ verb: "get" }, { failure: away });
  const unread = await stage.clusters.open("apps/web", "apps", REF);
  const kept = stage.clusters.of("apps/web");
  stage.cluster.drop({ apiVersion: "v1", kind: "Secret", name: "remote", namespace: "apps" });
  const gone = await stage.clusters.open("apps/web", "apps", REF);

  assert.deepEqual([unread.ok, gone.ok, kept !== undefined], [false, false, true]);
  assert.equal(stage.clusters.of("apps/web"), undefined);
});

Deno.test("no more clusters are open than may be: who was not asked for the longest goes", async () => {
  await using stage = disposable(openStage({ most: 2 }));
  for (const [index, name] of ["a", "b", "c"].entries()) {
    stage.write(kubeconfig("t", `https://10.0.0.${index}:6443`), { name });
  }
  const open = (name: string) =>
    stage.clusters.open(`apps/${name}`, "apps", { secretRef: { name } });

  await open("a");
  await open("b");
  await open("a");
  await open("c");
  await settle();

  assert.deepEqual(stage.open.sort(), ["https://10.0.0.0:6443", "https://10.0.0.2:6443"]);
  assert.equal(stage.clusters.of("apps/b"), undefined);
});

const addresses: { name: string; addresses: string[]; says?: RegExp }[] = [
  { name: "a private address", addresses: ["10.1.2.3"] },
  { name: "its own machine", addresses: ["127.0.0.1"] },
  { name: "a metadata address", addresses: ["169.254.169.254"], says: /leads to a link-local/ },
  {
    name: "one good address and a bad one",
    addresses: ["10.1.2.3", "fe80::1"],
    says: /link-local/,
  },
];

for (const { name, addresses: found, says } of addresses) {
  Deno.test(`a server that leads to ${name} is ${says ? "not asked" : "asked"}`, async () => {
    await using stage = disposable(openStage({ resolve: () => Promise.resolve(found) }));
    stage.write(kubeconfig("t1", "https://cluster.example"));
    const opened = await stage.clusters.open("apps/web", "apps", REF);

    const got = opened.ok ? await opened.value.cluster.getPath("/version") : opened;

    assert.equal(got.ok, says === undefined);
    if (says !== undefined) assert.match(got.ok ? "" : got.message, says);
    assert.equal(stage.asked.length, says === undefined ? 1 : 0);
  });
}

Deno.test("of a request through a proxy the proxy is judged, and a server that is an address", async () => {
  for (
    const [server, proxy, isAsked] of [
      ["https://inside.example", "http://10.0.0.9:3128", true],
      ["https://169.254.169.254", "http://10.0.0.9:3128", false],
      ["https://inside.example", "http://link.example:3128", false],
    ] as const
  ) {
    const resolve = (host: string) =>
      Promise.resolve(host === "link.example" ? ["169.254.1.1"] : ["10.0.0.9"]);
    const createHttpClient = () => ({ close() {}, [Symbol.dispose]() {} });
    await using stage = disposable(openStage({ resolve, createHttpClient }));
    stage.write(kubeconfigFor({ token: "t" }, { server, "proxy-url": proxy }));
    const opened = await stage.clusters.open("apps/web", "apps", REF);
    assert.ok(opened.ok, opened.ok ? "" : opened.message);

    const got = await opened.value.cluster.getPath("/version");

    assert.equal(got.ok, isAsked, `${server} by ${proxy}`);
  }
});

Deno.test("nothing is written to a remote cluster without the lease", async () => {
  let holds = true;
  await using stage = disposable(openStage({ mayWrite: () => holds }));
  stage.write(kubeconfig("t1"));
  const opened = await stage.clusters.open("apps/web", "apps", REF);
  assert.ok(opened.ok);
  holds = false;

  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
  const got = await opened.value.cluster.as({ namespace: "apps", name: "x" })
    .create(object, { fieldManager: "m" });

  assert.equal(got.ok, false);
  assert.ok(stage.asked.every(({ url }) => !url.includes("configmaps")));
});

function disposable<S extends { readonly clusters: AsyncDisposable }>(stage: S) {
  return { ...stage, [Symbol.asyncDispose]: () => stage.clusters[Symbol.asyncDispose]() };
}
