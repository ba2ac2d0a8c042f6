import assert from "node:assert/strict";
import { kubeconfigFor } from "../testing/recorded_cluster.ts";
import { readKubeconfig, readPodAccess } from "./kubeconfig.ts";
import { openCluster } from "./open_cluster.ts";

const SERVER = "https://10.0.0.1:6443";

Deno.test("readKubeconfig() reads YAML with the context that is named", async () => {
  const text = `
apiVersion: v1
kind: Config
current-context: dev
contexts:
- {name: dev, context: {cluster: one, user: token}}
- {name: prod, context: {cluster: two, user: certificate, namespace: flux-system}}
clusters:
- {name: one, cluster: {server: "https://one:6443"}}
- name: two
  cluster:
    server: https://two/k8s/clusters/c-1/
    certificate-authority-data: ${btoa("CA")}
    proxy-url: http://proxy:3128
users:
- {name: token, user: {token: secret, as: jane, as-groups: [dev]}}
- name: certificate
  user: {client-certificate-data: ${btoa("CERT")}, client-key-data: ${btoa("KEY")}}
`;

  assert.deepEqual(await readKubeconfig(text), {
    ok: true,
    value: {
      server: "https://one:6443",
      namespace: "default",
      token: "secret",
      user: "jane",
      groups: ["dev"],
    },
  });
  assert.deepEqual(await readKubeconfig(text, { context: "prod" }), {
    ok: true,
    value: {
      server: "https://two/k8s/clusters/c-1",
      namespace: "flux-system",
      caCerts: "CA",
      cert: "CERT",
      key: "KEY",
      proxyUrl: "http://proxy:3128",
    },
  });
});

Deno.test("readKubeconfig() names what it refuses", async () => {
  const cases = [
    {
      name: "exec",
      text: kubeconfigFor({ exec: { command: "sh" } }),
      code: "Unsupported",
      says: 'users["u"].user.exec',
    },
    {
      name: "auth-provider",
      text: kubeconfigFor({ "auth-provider": { name: "gcp" } }),
      code: "Unsupported",
      says: 'users["u"].user.auth-provider',
    },
    {
      name: "no verification",
      text: kubeconfigFor({}, { "insecure-skip-tls-verify": true }),
      code: "Unsupported",
      says: "insecure-skip-tls-verify",
    },
    {
      name: "another server name",
      text: kubeconfigFor({}, { "tls-server-name": "x" }),
      code: "Unsupported",
      says: "tls-server-name",
    },
    {
      name: "a key in a file",
      text: kubeconfigFor({ "client-key": "/etc/passwd" }),
      code: "Unsupported",
      says: "client-key",
    },
    {
      name: "a token in a file",
      text: kubeconfigFor({ tokenFile: "/var/run/token" }),
      code: "Unsupported",
      says: "tokenFile",
    },
    {
      name: "an authority in a file",
      text: kubeconfigFor({}, { "certificate-authority": "/ca.crt" }),
      code: "Unsupported",
      says: "certificate-authority",
    },
    {
      name: "a certificate without its key",
      text: kubeconfigFor({ "client-certificate-data": btoa("x") }),
      code: "InvalidKubeconfig",
      says: "together",
    },
    {
      name: "data that is no base64",
      text: kubeconfigFor({}, { "certificate-authority-data": "%%%" }),
      code: "InvalidKubeconfig",
      says: "certificate-authority-data",
    },
    {
      name: "a server that is no address",
      text: kubeconfigFor({}, { server: "file:///etc" }),
      code: "InvalidKubeconfig",
      says: "file:///etc",
    },
    {
      name: "credentials in the address",
      text: kubeconfigFor({}, { server: "https://a:b@c" }),
      code: "InvalidKubeconfig",
      says: "server",
    },
    {
      name: "a context that is not there",
      text: kubeconfigFor({}).replace('"dev"', '"prod"'),
      code: "InvalidKubeconfig",
      says: '"prod"',
    },
    {
      name: "credentials in an address that is none",
      text: kubeconfigFor({}, { server: "https://a:secret@" }),
      code: "InvalidKubeconfig",
      says: '"https://"',
    },
    {
      name: "JSON that breaks off in a token",
      text: '{"users":[{"user":{"token": secret}}]}',
      code: "InvalidKubeconfig",
      says: "JSON",
    },
    {
      name: "YAML that breaks off in a token",
      text: "users:\n- user: {token: 'secret\n  \"secret: [secret",
      code: "InvalidKubeconfig",
      says: "line",
    },
    { name: "no mapping", text: "- a", code: "InvalidKubeconfig", says: "mapping" },
    { name: "no JSON", text: "{", code: "InvalidKubeconfig", says: "JSON" },
    { name: "no YAML", text: "a: [", code: "InvalidKubeconfig", says: "kubeconfig" },
    {
      name: "too large",
      text: "#".repeat((1 << 20) + 1),
      code: "InvalidKubeconfig",
      says: "larger",
    },
  ];

  for (const { name, text, code, says } of cases) {
    const got = await readKubeconfig(text);
    assert.ok(!got.ok, name);
    assert.equal(got.code, code, name);
    assert.ok(got.message.includes(says), `${name}: ${got.message}`);
    assert.ok(!got.message.includes("secret"), `${name}: ${got.message}`);
  }
});

Deno.test("readKubeconfig() reads files for those who may, and prefers data", async () => {
  const files: Record<string, string> = { "/token": "t\n", "ca.crt": "CA" };
  const readFile = (path: string) => {
    const text = files[path];
    return text === undefined ? Promise.reject(new Error("no such file")) : Promise.resolve(text);
  };
  const user = { tokenFile: "/token", token: "stale" };

  const got = await readKubeconfig(kubeconfigFor(user, { "certificate-authority": "ca.crt" }), {
    readFile,
  });
  const both = await readKubeconfig(
    kubeconfigFor({}, {
      "certificate-authority": "missing",
      "certificate-authority-data": btoa("DATA"),
    }),
    { readFile },
  );
  const missing = await readKubeconfig(kubeconfigFor({ tokenFile: "/gone" }), { readFile });

  assert.deepEqual(got, {
    ok: true,
    value: { server: SERVER, namespace: "default", caCerts: "CA", token: "t" },
  });
  assert.ok(both.ok && both.value.caCerts === "DATA");
  assert.ok(!missing.ok && missing.message.includes("/gone"));
});

Deno.test("readPodAccess() reads the identity of a pod", async () => {
  const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  const env: Record<string, string> = {
    KUBERNETES_SERVICE_HOST: "fd00::1",
    KUBERNETES_SERVICE_PORT: "443",
  };
  const files: Record<string, string> = {
    [`${folder}/token`]: "t\n",
    [`${folder}/ca.crt`]: "CA",
    [`${folder}/namespace`]: "flux-system",
  };

  const inside = await readPodAccess(
    (name) => env[name],
    (path) => Promise.resolve(files[path] ?? ""),
  );
  const outside = await readPodAccess(() => undefined, () => Promise.reject(new Error("no")));

  assert.deepEqual(inside, {
    ok: true,
    value: { server: "https://[fd00::1]:443", namespace: "flux-system", caCerts: "CA", token: "t" },
  });
  assert.ok(!outside.ok && outside.code === "NotInCluster");
});

Deno.test("openCluster() refuses certificates that do not parse", async () => {
  const kubeconfig = kubeconfigFor({}, { "certificate-authority-data": btoa("no PEM") });

  const got = await openCluster({
    kubeconfig,
    createHttpClient: () => {
      throw new TypeError("invalid certificate");
    },
  });

  assert.ok(!got.ok && got.code === "InvalidKubeconfig");
});
