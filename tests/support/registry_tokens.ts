/**
 * Gives the tokens that a real registry demands, to whoever has a refresh token.
 *
 * @module
 */
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { stringifyJson } from "../../lib/base/mod.ts";

const [ISSUER, KEY_ID, SERVICE] = ["sluice-test", "sluice-test-key", "registry.test"];
/** As short as a client may be given. */
const LIFE_SECONDS = 60;

/** A server of tokens, on loopback. */
export class RegistryTokens implements AsyncDisposable {
  /** What it exchanges. */
  readonly refreshToken = "refresh-me-1";
  /** The exchanges so far: the form, without the refresh token. */
  readonly exchanges: string[] = [];
  readonly #key: CryptoKey;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(key: CryptoKey, readonly jwks: string) {
    this.#key = key;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** Starts it, with a key of its own. */
  static async start(): Promise<RegistryTokens> {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const key = { ...await exportJWK(publicKey), kid: KEY_ID, use: "sig" };
    return new RegistryTokens(privateKey, stringifyJson({ keys: [key] }));
  }

  /** How a registry is told of it; `jwksPath` has {@linkcode jwks}. */
  configuration(jwksPath: string): Readonly<Record<string, string>> {
    const realm = `http://127.0.0.1:${this.#server.addr.port}/token`;
    return { realm, issuer: ISSUER, service: SERVICE, jwks: jwksPath };
  }

  /** A token for a repository. */
  async sign(name: string, actions: readonly string[]): Promise<string> {
    return await new SignJWT({ access: [{ type: "repository", name, actions }] })
      .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: KEY_ID })
      .setIssuer(ISSUER)
      .setAudience(SERVICE)
      .setSubject("tester")
      .setIssuedAt()
      .setNotBefore("0s")
      .setExpirationTime(`${LIFE_SECONDS}s`)
      .sign(this.#key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  /** Distribution's "Oauth2 Token Authentication". */
  async #answer(request: Request): Promise<Response> {
    const form = new URLSearchParams(request.method === "POST" ? await request.text() : "");
    const isKnown = form.get("grant_type") === "refresh_token" &&
      form.get("refresh_token") === this.refreshToken && form.get("service") === SERVICE;
    const [, name = ""] = /^repository:([^:]+):pull$/.exec(form.get("scope") ?? "") ?? [];
    if (!isKnown || name === "") return Response.json({}, { status: 401 });
    form.delete("refresh_token");
    this.exchanges.push(form.toString());
    const token = await this.sign(name, ["pull"]);
    return Response.json({ "access_token": token, "expires_in": LIFE_SECONDS });
  }
}
