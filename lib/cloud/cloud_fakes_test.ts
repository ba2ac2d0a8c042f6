/**
 * A pod, an account and clouds that answer as a test says.
 *
 * @module
 */
import { ok } from "../base/mod.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { type CloudAccount, type Clouds, openClouds } from "./mod.ts";

/** One request to a cloud. */
export interface Asked {
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
  readonly proxy: string | undefined;
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

/** Opens them; `answer` is given the number of the request, from 1. */
export function fakeClouds(
  answer: (count: number, clock: FakeClock) => Response,
  { env = POD, file = "word of the pod\n" }: {
    env?: Readonly<Record<string, string>>;
    file?: string | Error;
  } = {},
): FakeClouds {
  const clock = new FakeClock();
  const asked: Asked[] = [];
  const http = openHttp({
    clock,
    async transport(request, _tls, proxy) {
      const form = Object.fromEntries(new URLSearchParams(await request.text()));
      asked.push({ url: `${request.method} ${request.url}`, form, proxy: proxy?.url });
      return answer(asked.length, clock);
    },
  });
  const clouds = openClouds({
    http,
    clock,
    env: (name) => env[name],
    readFile: (path) =>
      path !== "/token" || file instanceof Error
        ? Promise.reject(file instanceof Error ? file : new Error(`no ${path}`))
        : Promise.resolve(file),
  });
  return { clock, clouds, asked };
}
