/**
 * The part of GitHub's API that apps log in with, for tests: it checks what they sign.
 *
 * @module
 */
import { generateKeyPairSync } from "node:crypto";
import { jwtVerify } from "jose";

const APP = "17";
const INSTALLATION = 42;

/** An API on loopback that knows one app, installed by `octo-org`. */
export class GithubApi implements AsyncDisposable {
  /** The app's private key, PEM, as GitHub hands it out. */
  readonly privateKey: string;
  /** Tokens that were given. */
  readonly given: string[] = [];
  readonly #publicKey: ReturnType<typeof generateKeyPairSync>["publicKey"];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Begins to listen; a token is `token`. */
  constructor(token: string) {
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.privateKey = pair.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
    this.#publicKey = pair.publicKey;
    const place = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(place, (request) => this.#answer(request, token));
  }

  /** `http://127.0.0.1:PORT/api/v3`. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/api/v3`;
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request, token: string): Promise<Response> {
    const statement = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
    try {
      await jwtVerify(statement, this.#publicKey, { issuer: APP, algorithms: ["RS256"] });
    } catch {
      const message = "A JSON web token could not be decoded";
      return Response.json({ message }, { status: 401 });
    }
    const { pathname } = new URL(request.url);
    switch (`${request.method} ${pathname}`) {
      case "GET /api/v3/app/installations":
        return Response.json([{ id: INSTALLATION, account: { login: "octo-org" } }]);
      case `POST /api/v3/app/installations/${INSTALLATION}/access_tokens`: {
        this.given.push(token);
        const ends = new Date(Date.now() + 3_600_000).toISOString();
        return Response.json({ token, expires_at: ends }, { status: 201 });
      }
      default:
        return Response.json({ message: "Not Found" }, { status: 404 });
    }
  }
}
