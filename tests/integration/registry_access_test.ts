/**
 * How an ImageRepository gets at its registry: certificates, proxies, logins of accounts, of the pod and of clouds.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { type Certificates, makeCertificates } from "../support/certificates.ts";
import { CLOUD_REGISTRIES, CloudRegistries } from "../support/cloud_registries.ts";
import { CloudStubs } from "../support/cloud_stubs.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { ForwardProxy } from "../support/forward_proxy.ts";
import { valueOf } from "../support/kube_client.ts";
import { type Registry, REGISTRY_LOGIN, startRegistry } from "../support/registry.ts";
import { lacks } from "../support/requirements.ts";
import { useToolkit } from "../support/toolkit.ts";

const ignore = lacks("openssl", "install openssl");
/** A name that only the proxy knows, for which the pod was given the login. */
const MOUNTED = "registry.example";
const ROLE = "arn:aws:iam::12:role/controller";
const PROVIDER = "projects/12/locations/global/workloadIdentityPools/pool/providers/cluster";

const clouds = new CloudStubs();
const cluster = useTestCluster();
const toolkit = useToolkit(cluster, {
  components: ["image-reflector"],
  flags: ["--feature-gates=ObjectLevelWorkloadIdentity=true"],
  env: {
    DOCKER_CONFIG: "/var/run/secrets/docker",
    AWS_ENDPOINT_URL_ECR: `${clouds.url}/ecr/`,
    AWS_ENDPOINT_URL_STS: clouds.url,
    AWS_ROLE_ARN: ROLE,
    AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
    AZURE_AUTHORITY_HOST: clouds.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: clouds.url,
  },
  secrets: {
    "docker/config.json": dockerConfig(MOUNTED),
    "eks.amazonaws.com/serviceaccount/token": clouds.plainWord,
  },
});
let certificates: Certificates;
let open: Registry;
let guarded: Registry;
let digest = "";

Deno.test.beforeAll(async () => {
  if (ignore) return;
  const names = ["IP:127.0.0.1", ...[MOUNTED, ...Object.values(CLOUD_REGISTRIES)].map(dns)];
  certificates = await makeCertificates(names.join(","));
  open = valueOf(await startRegistry());
  guarded = valueOf(await startRegistry({ auth: true, tls: certificates }));
  await open.pushImage("web", "1.0.0");
  digest = await guarded.pushImage("web", "1.0.0");
});
Deno.test.afterAll(async () => {
  if (!ignore) await Promise.all([guarded?.stop(), open?.stop()]);
  await clouds[Symbol.asyncDispose]();
});

function dns(name: string): string {
  return `DNS:${name}`;
}

function dockerConfig(host: string): string {
  return JSON.stringify({ auths: { [host]: REGISTRY_LOGIN } });
}

function ref(kind: "ImageRepository" | "ImagePolicy", namespace: string, name: string): ObjectRef {
  return { apiVersion: "image.toolkit.fluxcd.io/v1", kind, namespace, name };
}

function object(target: ObjectRef, spec: Readonly<Record<string, unknown>>): KubeObject {
  const { apiVersion, kind, namespace = "", name } = target;
  return { apiVersion, kind, metadata: { namespace, name }, spec };
}

function repository(namespace: string, name: string, spec: Readonly<Record<string, unknown>>) {
  return object(ref("ImageRepository", namespace, name), { interval: "10m", ...spec });
}

/** An account of `namespace`, and the Secret that it pulls images with. */
function puller(namespace: string): readonly KubeObject[] {
  const secret = { namespace, name: "pull" };
  return [{
    apiVersion: "v1",
    kind: "Secret",
    metadata: secret,
    type: "kubernetes.io/dockerconfigjson",
    stringData: { ".dockerconfigjson": dockerConfig(guarded.host) },
  }, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace, name: "puller" },
    imagePullSecrets: [{ name: secret.name }],
  }];
}

Deno.test("a registry that wants a certificate and a login is scanned", { ignore }, async (t) => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const { ca, client } = certificates;
  await using proxy = new ForwardProxy({ target: placeOf(guarded.url) });
  await toolkit.apply(...puller(ns));
  await toolkit.applySecret(ns, "tls", {
    "ca.crt": ca,
    "tls.crt": client.cert,
    "tls.key": client.key,
  });
  await toolkit.applySecret(ns, "ca", { "ca.crt": ca });
  await toolkit.applySecret(ns, "proxy", { address: `http://${proxy.host}` });
  const image = `${guarded.host}/web`;
  const [certSecretRef, serviceAccountName] = [{ name: "tls" }, "puller"];

  await t.step("with the pull secret of an account", async () => {
    await toolkit.apply(repository(ns, "web", { image, certSecretRef, serviceAccountName }));

    const ready = await toolkit.untilReady(ref("ImageRepository", ns, "web"), { status: "True" });
    assert.deepEqual(fieldOf(ready, "status", "lastScanResult", "latestTags"), ["1.0.0"]);
  });

  await t.step("by a proxy, with what the controller's pod was given", async () => {
    const spec = { image: `${MOUNTED}/web`, certSecretRef, proxySecretRef: { name: "proxy" } };
    await toolkit.apply(repository(ns, "mounted", spec));

    await toolkit.untilReady(ref("ImageRepository", ns, "mounted"), { status: "True" });
    assert.ok(proxy.asked.includes(`CONNECT ${MOUNTED}:443`), proxy.asked.join(", "));
  });

  await t.step("and not without the certificate, the authority or the login", async () => {
    const lacking = {
      certificate: { image, certSecretRef: { name: "ca" }, serviceAccountName },
      authority: { image, serviceAccountName },
      login: { image, certSecretRef },
    };
    for (const [name, spec] of Object.entries(lacking)) {
      await toolkit.apply(repository(ns, name, spec));
    }
    for (const name of Object.keys(lacking)) {
      const expected = { status: "False", reason: "ReadOperationFailed" } as const;
      const failed = await toolkit.untilReady(ref("ImageRepository", ns, name), expected);
      assert.ok(!JSON.stringify(failed.status).includes(REGISTRY_LOGIN.password));
    }
  });

  await t.step("policies tell the digest, and Always follows a tag that moves", async () => {
    const policies = {
      never: {},
      once: { digestReflectionPolicy: "IfNotPresent" },
      always: { digestReflectionPolicy: "Always", interval: "1s" },
    };
    for (const [name, spec] of Object.entries(policies)) {
      const policy = { imageRepositoryRef: { name: "web" }, policy: { alphabetical: {} }, ...spec };
      await toolkit.apply(object(ref("ImagePolicy", ns, name), policy));
    }
    const isReady = { status: "True" } as const;
    for (const [name, want] of [["never", undefined], ["once", digest], ["always", digest]]) {
      const ready = await toolkit.untilReady(ref("ImagePolicy", ns, `${name}`), isReady);
      assert.equal(fieldOf(ready, "status", "latestRef", "digest"), want);
    }

    const moved = await guarded.pushImage("web", "1.0.0", { annotations: { moved: "yes" } });

    const message = `resolved to 1.0.0 with digest ${moved} (previously ${image}:1.0.0@${digest})`;
    await toolkit.untilReady(ref("ImagePolicy", ns, "always"), { status: "True", message });
    const once = ref("ImagePolicy", ns, "once");
    await toolkit.nudge(once);
    const ran = await toolkit.until(once, "handled", (object) => isHandled(object));
    assert.equal(ran && fieldOf(ran, "status", "latestRef", "digest"), digest);
  });
});

Deno.test("registries of clouds are scanned as the cluster vouches", { ignore }, async (t) => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  await using registries = new CloudRegistries({ ...certificates, clouds, target: open.url });
  await using proxy = new ForwardProxy({
    target: (asked) =>
      asked.startsWith("CONNECT")
        ? { hostname: "127.0.0.1", port: registries.port }
        : placeOf(asked.split(" ")[1] ?? ""),
  });
  clouds.keys = JSON.parse(await cluster.kubectl(["get", "--raw", "/openid/v1/jwks"]));
  const subject = `system:serviceaccount:${ns}:app`;
  clouds.known.push(
    { subject: "controller", identity: ROLE },
    { subject, identity: "t1/app" },
    { subject, identity: `//iam.googleapis.com/${PROVIDER}` },
  );
  await toolkit.applySecret(ns, "ca", { "ca.crt": certificates.ca });
  await toolkit.applySecret(ns, "proxy", { address: `http://${proxy.host}` });
  const annotations = {
    "azure.workload.identity/tenant-id": "t1",
    "azure.workload.identity/client-id": "app",
    "gcp.auth.fluxcd.io/workload-identity-provider": PROVIDER,
  };
  const metadata = { namespace: ns, name: "app", annotations };
  await toolkit.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata });

  const common = { certSecretRef: { name: "ca" }, proxySecretRef: { name: "proxy" } };
  const accounts = { aws: undefined, azure: "app", gcp: "app" } as const;
  for (const provider of ["aws", "azure", "gcp"] as const) {
    await t.step(`${provider}, as ${accounts[provider] ?? "the controller"}`, async () => {
      const serviceAccountName = accounts[provider];
      const image = `${CLOUD_REGISTRIES[provider]}/web`;
      const spec = {
        ...common,
        image,
        provider,
        ...(serviceAccountName && { serviceAccountName }),
      };
      await toolkit.apply(repository(ns, provider, spec));

      const target = ref("ImageRepository", ns, provider);
      const ready = await toolkit.untilReady(target, { status: "True" });
      assert.deepEqual(fieldOf(ready, "status", "lastScanResult", "latestTags"), ["1.0.0"]);
    });
  }

  await t.step("and nobody sees a token", async () => {
    const log = await toolkit.readLog();
    for (const secret of clouds.secrets) assert.ok(!log.includes(secret), "the log has a secret");
  });
});

function isHandled(object: KubeObject | undefined): boolean {
  const asked = object?.metadata.annotations?.["reconcile.fluxcd.io/requestedAt"];
  return object !== undefined && asked === fieldOf(object, "status", "lastHandledReconcileAt");
}

function placeOf(url: string) {
  const { hostname, port } = new URL(url);
  return { hostname, port: Number(port) };
}
