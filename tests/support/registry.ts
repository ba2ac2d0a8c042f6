/**
 * A real OCI registry for tests, on loopback.
 *
 * @module
 */
import type { Result } from "../../lib/base/mod.ts";
import {
  fail,
  mapParallel,
  messageOf,
  ok,
  sha256Digest,
  stringifyJson,
} from "../../lib/base/mod.ts";
import { buildTool } from "../../tools/controlplane/build.ts";
import { removeFolder } from "../../tools/controlplane/cache_folder.ts";
import { Background } from "../../tools/process.ts";
import type { Certificates } from "./certificates.ts";
import { freePort } from "../../tools/free_port.ts";
import type { RegistryTokens } from "./registry_tokens.ts";

/** The one login of a registry that demands one. */
export const REGISTRY_LOGIN = { username: "tester", password: "open-sesame-1" } as const;

/** `REGISTRY_LOGIN` as bcrypt, which no tool that is everywhere can make. */
const HTPASSWD = "tester:$2y$05$sluicetestsonlysluice.s4kOR/xoQEz0IYI4o1AtfpTNv0Gytfa\n";

/** One layer to push. */
export interface Layer {
  readonly mediaType: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** What to push besides name and tag. */
export interface PushOptions {
  /** Configuration; an image's by default. */
  config?: { mediaType: string; content: Uint8Array<ArrayBuffer> };
  /** Layers; one of a few bytes by default. */
  layers?: readonly Layer[];
  /** Annotations of the manifest. */
  annotations?: Readonly<Record<string, string>>;
  /** When the image was made, RFC 3339; for the default configuration. */
  created?: string;
}

/** A running registry. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT`, as image names begin. */
  readonly host: string;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Pushes `name:tag` and gives the manifest's digest. */
  pushImage(name: string, tag: string, options?: PushOptions): Promise<string>;
  /** Pushes one image under many tags. */
  pushTags(name: string, tags: readonly string[]): Promise<void>;
  /** What was asked for, from its own log: `GET /v2/app/tags/list`. */
  readonly requests: readonly string[];
  /** Ends it and removes what it holds. */
  stop(): Promise<void>;
}

const START_LIMIT_MS = 60_000;
const ATTEMPTS = 4;
const TAGS_AT_ONCE = 16;

/** What a registry demands. */
export interface RegistryDemands {
  /** {@linkcode REGISTRY_LOGIN}. */
  readonly auth?: boolean;
  /** Tokens of this server. */
  readonly tokens?: RegistryTokens;
  /** TLS, with a client certificate of this authority. */
  readonly tls?: Certificates;
}

/** Starts a registry that lets everybody in, or demands something. */
export async function startRegistry(demands: RegistryDemands = {}): Promise<Result<Registry>> {
  const program = await buildTool("registry");
  if (!program.ok) return program;
  for (let attempt = 1;; attempt++) {
    const started = await startOnFreePort(program.value, demands);
    const unlucky = !started.ok && /address already in use/.test(started.message);
    if (!unlucky || attempt === ATTEMPTS) return started;
  }
}

async function startOnFreePort(
  program: string,
  demands: RegistryDemands,
): Promise<Result<Registry>> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-registry-" });
  const host = `127.0.0.1:${freePort()}`;
  await Deno.writeTextFile(`${folder}/htpasswd`, HTPASSWD);
  await Deno.writeTextFile(`${folder}/config.json`, configuration(folder, host, demands));
  const { tls, tokens } = demands;
  if (tokens !== undefined) await Deno.writeTextFile(`${folder}/jwks.json`, tokens.jwks);
  const url = `${tls === undefined ? "http" : "https"}://${host}`;
  await writeCertificates(folder, tls);
  const client = tls && Deno.createHttpClient({ caCerts: [tls.ca], ...tls.client });
  const requests: string[] = [];
  const server = new Background("registry", [program, "serve", `${folder}/config.json`], {
    env: { OTEL_TRACES_EXPORTER: "none" },
    onLine: (line) => requests.push(...requestIn(line)),
  });
  async function stop(): Promise<void> {
    client?.close();
    await server.kill();
    await removeFolder(folder);
  }
  const failed = await untilReady(server, `${url}/v2/`, client);
  if (failed) {
    await stop();
    return failed;
  }
  const push = new Pusher(url, demands, client);
  return ok({
    host,
    url,
    pushImage: async (name, tag, options = {}) =>
      sha256Digest(await push.push(name, [tag], options)),
    pushTags: async (name, tags) => void await push.push(name, tags, {}),
    requests,
    stop,
    [Symbol.asyncDispose]: stop,
  });
}

/** The request of a line of the access log, which is Apache's. */
function requestIn(line: string): string[] {
  const [, request] = /"([A-Z]+ \S+) HTTP\/1\.\d"/.exec(line) ?? [];
  return request === undefined ? [] : [request];
}

/** JSON is YAML, and needs no quoting rules. */
function configuration(
  folder: string,
  host: string,
  { auth, tls, tokens }: RegistryDemands,
): string {
  return stringifyJson({
    version: "0.1",
    log: { level: "error" },
    storage: {
      filesystem: { rootdirectory: `${folder}/data` },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: {
      addr: host,
      secret: "test",
      ...(tls && {
        tls: {
          certificate: `${folder}/server.crt`,
          key: `${folder}/server.key`,
          clientcas: [`${folder}/ca.crt`],
        },
      }),
    },
    ...(auth ? { auth: { htpasswd: { realm: "test", path: `${folder}/htpasswd` } } } : {}),
    ...(tokens ? { auth: { token: tokens.configuration(`${folder}/jwks.json`) } } : {}),
  });
}

async function writeCertificates(folder: string, tls: Certificates | undefined): Promise<void> {
  if (tls === undefined) return;
  await Deno.writeTextFile(`${folder}/server.crt`, tls.server.cert);
  await Deno.writeTextFile(`${folder}/server.key`, tls.server.key);
  await Deno.writeTextFile(`${folder}/ca.crt`, tls.ca);
}

async function untilReady(
  server: Background,
  url: string,
  client: Deno.HttpClient | undefined,
): Promise<Result<never> | undefined> {
  const deadline = performance.now() + START_LIMIT_MS;
  let reason = "";
  while (server.running && performance.now() < deadline) {
    try {
      const response = await fetch(url, { ...(client && { client }) });
      await response.body?.cancel();
      if (response.ok || response.status === 401) return undefined;
      reason = `it answers ${response.status}`;
    } catch (error) {
      reason = messageOf(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const said = server.lastLines.slice(-10).join("\n");
  return fail("NoRegistry", `The registry did not start: ${reason}\n${said}`);
}

/** OCI distribution specification: pushing blobs in one piece, then the manifest. */
class Pusher {
  readonly #url: string;
  readonly #demands: RegistryDemands;
  readonly #client: Deno.HttpClient | undefined;
  #headers: Record<string, string> = {};

  constructor(url: string, demands: RegistryDemands, client: Deno.HttpClient | undefined) {
    this.#url = url;
    this.#demands = demands;
    this.#client = client;
  }

  /** Gives the manifest. */
  async push(name: string, tags: readonly string[], options: PushOptions): Promise<string> {
    await this.#logIn(name);
    const config = options.config ?? {
      mediaType: "application/vnd.oci.image.config.v1+json",
      content: encode(imageConfiguration(options.created ?? "2024-01-01T00:00:00Z")),
    };
    const layers = options.layers ?? [{
      mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
      content: encode(`${name}:${tags[0] ?? ""}`),
    }];
    const manifest = stringifyJson({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: await this.#pushBlob(name, config),
      layers: await Promise.all(layers.map((layer) => this.#pushBlob(name, layer))),
      ...(options.annotations ? { annotations: options.annotations } : {}),
    });
    await mapParallel(
      tags,
      TAGS_AT_ONCE,
      (tag) =>
        this.#send("PUT", `${this.#url}/v2/${name}/manifests/${tag}`, {
          type: "application/vnd.oci.image.manifest.v1+json",
          body: encode(manifest),
        }),
    );
    return manifest;
  }

  async #logIn(name: string): Promise<void> {
    const { auth, tokens } = this.#demands;
    const { username, password } = REGISTRY_LOGIN;
    const token = await tokens?.sign(name, ["pull", "push"]);
    const authorization = auth ? `Basic ${btoa(`${username}:${password}`)}` : `Bearer ${token}`;
    this.#headers = auth || tokens ? { authorization } : {};
  }

  async #pushBlob(name: string, blob: Layer): Promise<Record<string, string | number>> {
    const digest = sha256Digest(blob.content);
    const upload = await this.#send("POST", `${this.#url}/v2/${name}/blobs/uploads/`);
    const location = new URL(upload.get("location") ?? "", this.#url);
    location.searchParams.set("digest", digest);
    await this.#send("PUT", location.href, {
      type: "application/octet-stream",
      body: blob.content,
    });
    return { mediaType: blob.mediaType, digest, size: blob.content.length };
  }

  async #send(
    method: string,
    url: string,
    content?: { type: string; body: Uint8Array<ArrayBuffer> },
  ): Promise<Headers> {
    const response = await fetch(url, {
      method,
      headers: { ...this.#headers, ...(content ? { "content-type": content.type } : {}) },
      ...(content ? { body: content.body } : {}),
      ...(this.#client && { client: this.#client }),
    });
    const said = await response.text();
    if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${said}`);
    return response.headers;
  }
}

function imageConfiguration(created: string): string {
  return stringifyJson({
    architecture: "amd64",
    os: "linux",
    created,
    config: {},
    rootfs: { type: "layers", diff_ids: [] },
  });
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
