/**
 * The registries of three clouds, for tests: each wants what its cloud gives, and then is the real registry behind.
 *
 * @module
 */
import type { Certificates } from "./certificates.ts";
import type { CloudStubs } from "./cloud_stubs.ts";

/** Their hosts. */
export const CLOUD_REGISTRIES = {
  aws: "12.dkr.ecr.eu-west-1.amazonaws.com",
  azure: "acme.azurecr.io",
  gcp: "europe-docker.pkg.dev",
} as const;

/** All of them, on one port of loopback. */
export class CloudRegistries implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #clouds: CloudStubs;
  readonly #target: string;
  readonly #acrToken = `acr-${crypto.randomUUID()}`;

  /** Hands on to `target`, the address of a registry that lets everybody in. */
  constructor({ clouds, target, server }: Pick<Certificates, "server"> & {
    readonly clouds: CloudStubs;
    readonly target: string;
  }) {
    this.#clouds = clouds;
    this.#target = target;
    const place = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve({ ...place, ...server }, (request) => this.#answer(request));
  }

  /** Where it listens. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** Stops them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { hostname, pathname, search } = new URL(request.url);
    if (hostname === CLOUD_REGISTRIES.azure && pathname === "/oauth2/exchange") {
      const form = new URLSearchParams(await request.text());
      const isSound = form.get("access_token") === this.#clouds.armToken &&
        form.get("service") === hostname;
      return isSound
        ? Response.json({ refresh_token: this.#acrToken })
        : new Response(null, { status: 401 });
    }
    const wanted = {
      [CLOUD_REGISTRIES.aws]: `AWS:${this.#clouds.ecrPassword}`,
      [CLOUD_REGISTRIES.azure]: `00000000-0000-0000-0000-000000000000:${this.#acrToken}`,
      [CLOUD_REGISTRIES.gcp]: `oauth2accesstoken:${this.#clouds.googleToken}`,
    }[hostname];
    const given = request.headers.get("authorization");
    if (wanted === undefined || given !== `Basic ${btoa(wanted)}`) {
      const headers = { "www-authenticate": 'Basic realm="registry"' };
      return new Response(null, { status: 401, headers });
    }
    const { method } = request;
    const headers = { accept: request.headers.get("accept") ?? "*/*" };
    return await fetch(`${this.#target}${pathname}${search}`, { method, headers });
  }
}
