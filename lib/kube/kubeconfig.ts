/**
 * From a kubeconfig, or from the files that Kubernetes gives every pod, to how a server is reached.
 *
 * A kubeconfig may be a tenant's: nothing in it makes us run a program, skip verification or, unless the
 * caller hands over a way to read files, look at a file.
 *
 * @module
 */
import {
  fail,
  type Failure,
  isRecord,
  messageOf,
  ok,
  parseJson,
  type Result,
} from "../base/mod.ts";
import { publicUrl } from "../http/mod.ts";
import { parseOne, toPlain } from "../yaml/mod.ts";

/** How a server is reached, and as whom. */
export interface Access {
  /** Base address, without a slash at its end. */
  readonly server: string;
  /** Namespace of the context. */
  readonly namespace: string;
  /** Authorities that vouch for the server, PEM. */
  readonly caCerts?: string;
  /** Client certificate chain, PEM. */
  readonly cert?: string;
  /** Key of `cert`, PEM. */
  readonly key?: string;
  /** Bearer token. */
  readonly token?: string;
  /** Proxy on the way to the server. */
  readonly proxyUrl?: string;
  /** `Impersonate-User`. */
  readonly user?: string;
  /** `Impersonate-Group`. */
  readonly groups?: readonly string[];
}

/** Reads a text file; throws when it cannot. */
export type ReadFile = (path: string) => Promise<string>;

/** How a kubeconfig is read. */
export interface KubeconfigOptions {
  /** Which context; the file's `current-context` when absent. */
  context?: string;
  /** Reads the files that the kubeconfig names. Absent for a kubeconfig that is not our operator's own. */
  readFile?: ReadFile;
}

/** A kubeconfig with many contexts has some hundred kilobytes; a Secret holds one mebibyte. */
const MOST_BYTES = 1 << 20;

/** Where Kubernetes mounts the identity of a pod. */
export const POD_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Reads how `text`, a kubeconfig in YAML or JSON, reaches a server. Codes: `InvalidKubeconfig`, `Unsupported`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const access = await readKubeconfig(JSON.stringify({
 *   "current-context": "dev",
 *   contexts: [{ name: "dev", context: { cluster: "c", user: "u" } }],
 *   clusters: [{ name: "c", cluster: { server: "https://10.0.0.1:6443" } }],
 *   users: [{ name: "u", user: { token: "secret" } }],
 * }));
 * assert.deepEqual(access, {
 *   ok: true,
 *   value: { server: "https://10.0.0.1:6443", namespace: "default", token: "secret" },
 * });
 * ```
 */
export async function readKubeconfig(
  text: string,
  options: KubeconfigOptions = {},
): Promise<Result<Access>> {
  if (text.length > MOST_BYTES) return invalid(`it is larger than ${MOST_BYTES} bytes`);
  const config = parsePlain(text);
  if (!config.ok) return config;

  const contextName = options.context ?? textField(config.value, "current-context");
  if (!contextName) return invalid("it has no current-context, and no context was named");
  const context = named(config.value, "contexts", "context", contextName);
  if (!context.ok) return context;

  const cluster = named(config.value, "clusters", "cluster", textField(context.value, "cluster"));
  if (!cluster.ok) return cluster;
  const server = readServer(cluster.value);
  if (!server.ok) return server;

  // A context without a user is anonymous.
  const userName = textField(context.value, "user");
  const user = userName ? named(config.value, "users", "user", userName) : ok({});
  if (!user.ok) return user;
  const refused = refusedUser(user.value, userName ?? "");
  if (refused !== undefined) return refused;

  return await collectAccess({
    server: server.value,
    namespace: textField(context.value, "namespace") || "default",
    cluster: cluster.value,
    user: user.value,
    readFile: options.readFile,
  });
}

/** Reads how a program in a pod reaches its cluster. */
export async function readPodAccess(
  env: (name: string) => string | undefined,
  readFile: ReadFile,
): Promise<Result<Access>> {
  const host = env("KUBERNETES_SERVICE_HOST");
  const port = env("KUBERNETES_SERVICE_PORT");
  if (!host || !port) {
    return fail(
      "NotInCluster",
      "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: not in a pod; name a kubeconfig",
    );
  }
  const files: string[] = [];
  for (const name of ["token", "ca.crt", "namespace"]) {
    const file = await readNamed(`${POD_FOLDER}/${name}`, name, readFile);
    if (!file.ok) return file;
    files.push(file.value);
  }
  const [token = "", caCerts = "", namespace = ""] = files;
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return ok({ server, namespace: namespace.trim() || "default", caCerts, token: token.trim() });
}

function invalid(why: string): Failure {
  return fail("InvalidKubeconfig", `Cannot use the kubeconfig: ${why}`);
}

function parsePlain(text: string): Result<Record<string, unknown>> {
  if (text.trimStart().startsWith("{")) {
    try {
      const value = parseJson(text);
      return isRecord(value) ? ok(value) : invalid("it is no mapping");
    } catch {
      // The parser's own words quote what it stumbled over, which may be a token.
      return invalid("it is no JSON");
    }
  }
  const node = parseOne(text, { mode: "lenient" });
  if (!node.ok) {
    const [line = "a line"] = /line \d+/.exec(node.message) ?? [];
    return invalid(`it is no YAML: ${line} cannot be read`);
  }
  const value = toPlain(node.value);
  return isRecord(value) ? ok(value) : invalid("it is no mapping");
}

function textField(record: Record<string, unknown>, key: string): string | undefined {
  const value = record[key];
  return typeof value === "string" ? value : undefined;
}

/** The part of the entry called `name` in one of the kubeconfig's lists. */
function named(
  config: Record<string, unknown>,
  list: string,
  part: string,
  name: string | undefined,
): Result<Record<string, unknown>> {
  const entries = Array.isArray(config[list]) ? config[list].filter(isRecord) : [];
  const found = entries.find((entry) => entry.name === name)?.[part];
  if (isRecord(found)) return ok(found);
  return invalid(`${list} has no entry ${JSON.stringify(name ?? "")}`);
}

function readServer(cluster: Record<string, unknown>): Result<string> {
  if (cluster["insecure-skip-tls-verify"] === true) {
    return unsupported(
      "insecure-skip-tls-verify",
      "put the server's certificate or its authority into certificate-authority-data",
    );
  }
  if (textField(cluster, "tls-server-name")) {
    return unsupported("tls-server-name", "use a server address that its certificate names");
  }
  const text = textField(cluster, "server") ?? "";
  const url = URL.parse(text);
  const isPlain = url !== null && (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (!isPlain) {
    const shown = JSON.stringify(publicUrl(text).slice(0, 200));
    return invalid(`server ${shown} is no https address without user, query and fragment`);
  }
  return ok(`${url.origin}${url.pathname.replace(/\/+$/, "")}`);
}

function unsupported(field: string, remedy: string): Failure {
  return fail("Unsupported", `Cannot use the kubeconfig: ${field} is not supported; ${remedy}`);
}

/** What a kubeconfig may ask for and does not get. */
function refusedUser(user: Record<string, unknown>, name: string): Failure | undefined {
  const remedy = "put a token or a client certificate into the kubeconfig";
  const at = `users[${JSON.stringify(name)}].user`;
  for (const key of ["exec", "auth-provider"]) {
    if (user[key] !== undefined && user[key] !== null) return unsupported(`${at}.${key}`, remedy);
  }
  for (const key of ["username", "as-uid", "as-user-extra"]) {
    if (user[key] !== undefined && user[key] !== null) return unsupported(`${at}.${key}`, remedy);
  }
  return undefined;
}

interface Parts {
  server: string;
  namespace: string;
  cluster: Record<string, unknown>;
  user: Record<string, unknown>;
  readFile: ReadFile | undefined;
}

async function collectAccess(parts: Parts): Promise<Result<Access>> {
  const { server, namespace, cluster, user, readFile } = parts;
  const caCerts = await readPem(cluster, "certificate-authority", readFile);
  if (!caCerts.ok) return caCerts;
  const cert = await readPem(user, "client-certificate", readFile);
  if (!cert.ok) return cert;
  const key = await readPem(user, "client-key", readFile);
  if (!key.ok) return key;
  if ((cert.value === undefined) !== (key.value === undefined)) {
    return invalid("client-certificate and client-key must come together");
  }
  const token = await readToken(user, readFile);
  if (!token.ok) return token;
  const groups = user["as-groups"];
  return ok({
    server,
    namespace,
    ...some("caCerts", caCerts.value),
    ...some("cert", cert.value),
    ...some("key", key.value),
    ...some("token", token.value),
    ...some("proxyUrl", textField(cluster, "proxy-url")),
    ...some("user", textField(user, "as")),
    ...(Array.isArray(groups) ? { groups: groups.map(String) } : {}),
  });
}

function some<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  const found: { [P in K]?: string } = {};
  if (value) found[key] = value;
  return found;
}

/** Data in the kubeconfig goes before a file, as kubectl has it. */
async function readPem(
  from: Record<string, unknown>,
  field: string,
  readFile: ReadFile | undefined,
): Promise<Result<string | undefined>> {
  const data = textField(from, `${field}-data`);
  if (data) return decodePem(data, `${field}-data`);
  const path = textField(from, field);
  return path ? await readNamed(path, field, readFile) : ok(undefined);
}

function decodePem(data: string, field: string): Result<string> {
  try {
    return ok(atob(data.replace(/\s/g, "")));
  } catch {
    return invalid(`${field} is no base64`);
  }
}

async function readToken(
  user: Record<string, unknown>,
  readFile: ReadFile | undefined,
): Promise<Result<string | undefined>> {
  // Unlike for certificates, kubectl prefers the file here: the token beside it is its last known content.
  const path = textField(user, "tokenFile");
  if (!path) return ok(textField(user, "token"));
  const file = await readNamed(path, "tokenFile", readFile);
  return file.ok ? ok(file.value.trim()) : file;
}

async function readNamed(
  path: string,
  field: string,
  readFile: ReadFile | undefined,
): Promise<Result<string>> {
  if (readFile === undefined) {
    return unsupported(`a file in ${field}`, `put its content into the kubeconfig`);
  }
  try {
    const text = await readFile(path);
    return text.length > MOST_BYTES
      ? fail("InvalidKubeconfig", `${field} ${path} is larger than ${MOST_BYTES} bytes`)
      : ok(text);
  } catch (thrown) {
    return fail("InvalidKubeconfig", `Cannot read ${field} ${path}: ${messageOf(thrown)}`, thrown);
  }
}
