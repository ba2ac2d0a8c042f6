/**
 * The parts of Microsoft Entra, of AWS's Security Token Service and of Google's that workloads log in with, for tests:
 * they check the cluster's word as the clouds do, by the cluster's published keys.
 *
 * @module
 */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { answerForClusters, type StubbedCluster } from "./cluster_stubs.ts";

/** Whom the clouds know. */
export interface KnownWorkload {
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  readonly subject: string;
  /** Tenant and client at Entra, as `TENANT/CLIENT`, a role of AWS, or the audience that is a provider of Google. */
  readonly identity: string;
}

/** All clouds, on loopback. */
export class CloudStubs implements AsyncDisposable {
  /** Who was let in, in order: identities. */
  readonly letIn: string[] = [];
  /** Whom they know, and the word that they take from somebody without a subject. */
  readonly known: KnownWorkload[] = [];
  /** The cluster's keys; without them no word but {@linkcode CloudStubs.plainWord} is taken. */
  keys: JSONWebKeySet = { keys: [] };
  /** The cluster of each cloud, once there is one. */
  cluster: StubbedCluster | undefined;
  /** Taken for `subject: "controller"`: what stands for the word that kubelet would put into a pod. */
  readonly plainWord = `word-${crypto.randomUUID()}`;
  /** What Entra gives for repositories. */
  readonly azureToken = `entra-${crypto.randomUUID()}`;
  /** What Entra gives for its clusters. */
  readonly aksToken = `entra-${crypto.randomUUID()}`;
  /** What Entra gives for the description of clusters. */
  readonly armToken = `entra-${crypto.randomUUID()}`;
  /** What Google gives. */
  readonly googleToken = `google-${crypto.randomUUID()}`;
  /** What AWS gives for its registries. */
  readonly ecrPassword = `ecr-${crypto.randomUUID()}`;
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

  /** `http://127.0.0.1:PORT`: of all. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Everything that nobody may see. */
  get secrets(): readonly string[] {
    const { secretAccessKey, sessionToken } = this.awsKeys;
    const { azureToken, aksToken, armToken, googleToken } = this;
    const tokens = [azureToken, aksToken, armToken, googleToken, this.ecrPassword, "k8s-aws-v1."];
    return [this.plainWord, ...tokens, secretAccessKey, sessionToken, "eyJ"];
  }

  /** Stops them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const text = await request.text();
    const form = new URLSearchParams(text);
    const { pathname } = new URL(request.url);
    const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(pathname)?.[1];
    if (tenant !== undefined) return await this.#entra(form, tenant);
    if (pathname === "/v1/token") return await this.#google(form);
    if (pathname === "/") return await this.#aws(form);
    if (pathname === "/ecr/") return this.#ecr(request);
    return answerForClusters(request, text, this);
  }

  async #entra(form: URLSearchParams, tenant: string): Promise<Response> {
    const identity = `${tenant}/${form.get("client_id")}`;
    const word = form.get("client_assertion") ?? "";
    const token = {
      "499b84ac-1321-427f-aa17-267ca6975798/.default": this.azureToken,
      "6dae42f8-4368-4678-94ff-3960e28e3630/.default": this.aksToken,
      [`${this.url}/.default`]: this.armToken,
      "https://management.azure.com/.default": this.armToken,
    }[form.get("scope") ?? ""];
    const isSound = form.get("grant_type") === "client_credentials" && token !== undefined;
    if (!isSound || !await this.#knows(identity, word, "api://AzureADTokenExchange")) {
      const trace = `Trace ID: ${crypto.randomUUID()} Timestamp: ${new Date().toISOString()}`;
      const description = `AADSTS700213: No matching federated identity record found. ${trace}`;
      return Response.json({ error: "invalid_client", error_description: description }, {
        status: 401,
      });
    }
    this.letIn.push(identity);
    return Response.json({ token_type: "Bearer", expires_in: 3_599, access_token: token });
  }

  async #google(form: URLSearchParams): Promise<Response> {
    const audience = form.get("audience") ?? "";
    const isSound = form.get("grant_type") === "urn:ietf:params:oauth:grant-type:token-exchange" &&
      form.get("subject_token_type") === "urn:ietf:params:oauth:token-type:jwt";
    if (!isSound || !await this.#knows(audience, form.get("subject_token") ?? "", audience)) {
      const description = "The given credential is rejected by the attribute condition.";
      const error = { error: "unauthorized_client", "error_description": description };
      return Response.json(error, { status: 401 });
    }
    this.letIn.push(audience);
    return Response.json({ expires_in: 3_599, access_token: this.googleToken });
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

  #ecr({ headers }: Request): Response {
    const { accessKeyId, sessionToken } = this.awsKeys;
    const isSound = headers.get("authorization")?.includes(`Credential=${accessKeyId}/`) &&
      headers.get("x-amz-security-token") === sessionToken &&
      headers.get("x-amz-target")?.endsWith(".GetAuthorizationToken");
    if (!isSound) return Response.json({ message: "who are you" }, { status: 400 });
    const authorizationToken = btoa(`AWS:${this.ecrPassword}`);
    const expiresAt = Date.now() / 1_000 + 43_200;
    return Response.json({ authorizationData: [{ authorizationToken, expiresAt }] });
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
