/**
 * A pod, an account and clouds that answer as a test says.
 *
 * @module
 */
import { ok } from "../base/mod.ts";
import { openHttp, type TlsOptions } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { type CloudAccount, type Clouds, openClouds } from "./mod.ts";

/** One request to a cloud. */
export interface Asked {
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
  readonly proxy: string | undefined;
}

/** All of a request to a cloud. */
export interface CloudRequest {
  /** Method and address. */
  readonly line: string;
  readonly headers: Headers;
  readonly body: string;
  readonly tls: TlsOptions | undefined;
}

/** Clouds over a closed world. */
export interface FakeClouds {
  readonly clock: FakeClock;
  readonly clouds: Clouds;
  /** What the clouds were asked. */
  readonly asked: Asked[];
}

/** What the controller's pod may say. */
export const POD: Readonly<Record<string, string>> = {
  AZURE_TENANT_ID: "tenant",
  AZURE_CLIENT_ID: "client",
  AZURE_FEDERATED_TOKEN_FILE: "/token",
  AWS_ROLE_ARN: "arn:aws:iam::12:role/sluice",
  AWS_WEB_IDENTITY_TOKEN_FILE: "/token",
};

/** An account that both clouds know; its word is `word of NS/NAME for AUDIENCE`. */
export function account(change: Partial<CloudAccount> = {}): CloudAccount {
  return {
    namespace: "team",
    name: "app",
    annotations: {
      "azure.workload.identity/tenant-id": "their-tenant",
      "azure.workload.identity/client-id": "their-client",
      "eks.amazonaws.com/role-arn": "arn:aws:iam::12:role/app",
    },
    requestToken: (audience) => Promise.resolve(ok(`word of team/app for ${audience}`)),
    ...change,
  };
}

/** A token of a cluster, signed by nobody. */
export function clusterWord(issuer: string, audience: string | readonly string[]): string {
  const claims = JSON.stringify({ iss: issuer, aud: [audience].flat() });
  return `e30.${new TextEncoder().encode(claims).toBase64({ alphabet: "base64url" })}.e30`;
}

/** Opens them; `answer` is given the number of the request, from 1. */
export function fakeClouds(
  answer: (count: number, clock: FakeClock, request: CloudRequest) => Response,
  { env = POD, file = "word of the pod\n", files = {} }: {
    env?: Readonly<Record<string, string>>;
    /** What `/token` holds. */
    file?: string | Error;
    /** Other files. */
    files?: Readonly<Record<string, string>>;
  } = {},
): FakeClouds {
  const clock = new FakeClock();
  const asked: Asked[] = [];
  const http = openHttp({
    clock,
    async transport(request, tls, proxy) {
      const body = await request.text();
      const form = Object.fromEntries(new URLSearchParams(body));
      const line = `${request.method} ${request.url}`;
      asked.push({ url: line, form, proxy: proxy?.url });
      return answer(asked.length, clock, { line, headers: request.headers, body, tls });
    },
  });
  const clouds = openClouds({
    http,
    clock,
    env: (name) => env[name],
    readFile(path) {
      const found = path === "/token" ? file : files[path] ?? new Error(`no ${path}`);
      return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
    },
  });
  return { clock, clouds, asked };
}
