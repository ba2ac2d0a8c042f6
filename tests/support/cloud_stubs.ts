/**
 * The parts of Microsoft Entra and of AWS's Security Token Service that workloads log in with, for tests: they check
 * the cluster's word as the clouds do, by the cluster's published keys.
 *
 * @module
 */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";

/** Whom the clouds know. */
export interface KnownWorkload {
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  readonly subject: string;
  /** Tenant and client at Entra, as `TENANT/CLIENT`, or a role of AWS. */
  readonly identity: string;
}

/** Both clouds, on loopback. */
export class CloudStubs implements AsyncDisposable {
  /** Who was let in, in order: identities. */
  readonly letIn: string[] = [];
  /** Whom they know, and the word that they take from somebody without a subject. */
  readonly known: KnownWorkload[] = [];
  /** The cluster's keys; without them no word but {@linkcode CloudStubs.plainWord} is taken. */
  keys: JSONWebKeySet = { keys: [] };
  /** Taken for `subject: "controller"`: what stands for the word that kubelet would put into a pod. */
  readonly plainWord = `word-${crypto.randomUUID()}`;
  /** What Entra gives. */
  readonly azureToken = `entra-${crypto.randomUUID()}`;
  /** What AWS gives. */
  readonly awsKeys = {
    accessKeyId: "ASIAEXAMPLE",
    secretAccessKey: `secret-${crypto.randomUUID()}`,
    sessionToken: `session/${crypto.randomUUID()}==`,
  };
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Begins to listen. */
  constructor() {
    const place = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(place, (request) => this.#answer(request));
  }

  /** `http://127.0.0.1:PORT`: of both. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Everything that nobody may see. */
  get secrets(): readonly string[] {
    const { secretAccessKey, sessionToken } = this.awsKeys;
    return [this.plainWord, this.azureToken, secretAccessKey, sessionToken, "eyJ"];
  }

  /** Stops them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const form = new URLSearchParams(await request.text());
    const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(new URL(request.url).pathname)?.[1];
    return tenant === undefined ? await this.#aws(form) : await this.#entra(form, tenant);
  }

  async #entra(form: URLSearchParams, tenant: string): Promise<Response> {
    const identity = `${tenant}/${form.get("client_id")}`;
    const word = form.get("client_assertion") ?? "";
    const isSound = form.get("grant_type") === "client_credentials" &&
      form.get("scope") === "499b84ac-1321-427f-aa17-267ca6975798/.default";
    if (!isSound || !await this.#knows(identity, word, "api://AzureADTokenExchange")) {
      const trace = `Trace ID: ${crypto.randomUUID()} Timestamp: ${new Date().toISOString()}`;
      const description = `AADSTS700213: No matching federated identity record found. ${trace}`;
      return Response.json({ error: "invalid_client", error_description: description }, {
        status: 401,
      });
    }
    this.letIn.push(identity);
    return Response.json({
      token_type: "Bearer",
      expires_in: 3_599,
      access_token: this.azureToken,
    });
  }

  async #aws(form: URLSearchParams): Promise<Response> {
    const role = form.get("RoleArn") ?? "";
    const word = form.get("WebIdentityToken") ?? "";
    const isSound = form.get("Action") === "AssumeRoleWithWebIdentity";
    if (!isSound || !await this.#knows(role, word, "sts.amazonaws.com")) {
      const message = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
      const error = `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`;
      return new Response(`<ErrorResponse>${error}</ErrorResponse>`, { status: 403 });
    }
    this.letIn.push(role);
    const { accessKeyId, secretAccessKey, sessionToken } = this.awsKeys;
    return new Response(
      `<AssumeRoleWithWebIdentityResponse><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId>` +
        `<SecretAccessKey>${secretAccessKey}</SecretAccessKey>` +
        `<SessionToken>${sessionToken}</SessionToken>` +
        `<Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration>` +
        `</Credentials></AssumeRoleWithWebIdentityResponse>`,
    );
  }

  async #knows(identity: string, word: string, audience: string): Promise<boolean> {
    const subject = await this.#subjectOf(word, audience);
    return this.known.some((one) => one.identity === identity && one.subject === subject);
  }

  async #subjectOf(word: string, audience: string): Promise<string | undefined> {
    if (word === this.plainWord) return "controller";
    try {
      const { payload } = await jwtVerify(word, createLocalJWKSet(this.keys), { audience });
      return payload.sub;
    } catch {
      return undefined;
    }
  }
}
