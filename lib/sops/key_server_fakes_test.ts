/**
 * Key services that answer as a test says, and files that are sealed with them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { defaultBudget, type Result } from "../base/mod.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { openWithAge, parseIdentities } from "./age.ts";
import { openDataKey } from "./data_key.ts";
import type { KeyServerOptions } from "./key_server.ts";
import type { KeyServices } from "./master_key.ts";
import { DataKeys, type OpenedFile, openSealed } from "./open.ts";
import { readSealedYaml } from "./read_yaml.ts";

export const SAMPLES = new URL("testdata/", import.meta.url);
/** What the stub services make a data key of. */
export const SEALED = "c2VhbGVk";

export interface Asked {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Services that answer as a test says. */
export function stub(
  answer: (asked: Asked) => Response | Promise<Response>,
  env: Readonly<Record<string, string>> = {},
): { options: KeyServerOptions; asked: Asked[] } {
  const asked: Asked[] = [];
  const clock = new FakeClock();
  const http = openHttp({
    clock,
    async transport(request) {
      const got = {
        url: `${request.method} ${request.url}`,
        headers: request.headers,
        body: await request.text(),
      };
      asked.push(got);
      return await answer(got);
    },
  });
  return { options: { http, clock, env: (name) => env[name] }, asked };
}

/** The data key of a sample, as only its age key opens it. */
export async function dataKey(): Promise<Uint8Array> {
  const identities = await parseIdentities(await Deno.readTextFile(new URL("one.agekey", SAMPLES)));
  const sealed = readSealedYaml(await sample(), defaultBudget());
  assert.ok(identities.ok && sealed.ok);
  const key = await openDataKey(sealed.value.metadata, { age: openWithAge(identities.value) });
  assert.ok(key.ok);
  return key.value;
}

export function sample(): Promise<string> {
  return Deno.readTextFile(new URL("secret.regex.yaml", SAMPLES));
}

/** The sample, with its data key sealed by another service. */
export async function openWith(entry: string, services: KeyServices): Promise<Result<OpenedFile>> {
  const text = (await sample()).replace(/ {4}age:\n(?: {8}.*\n)+/, entry);
  assert.match(text, /arn|resource_id|vault_url|vault_address/);
  return await openSealed(new TextEncoder().encode(text), {
    format: "yaml",
    opener: new DataKeys(services),
    budget: defaultBudget(),
  });
}

export const ARN = "arn:aws:kms:eu-west-1:123456789012:key/abc";
export const AWS =
  `    kms:\n        - arn: ${ARN}\n          context:\n            app: shop\n          enc: ${SEALED}\n`;
export const AWS_KEYS = {
  accessKeyId: "AK",
  secretAccessKey: "aws-secret",
  sessionToken: "aws-session",
};
export const RESOURCE = "projects/p/locations/global/keyRings/r/cryptoKeys/k";
export const GCP = `    gcp_kms:\n        - resource_id: ${RESOURCE}\n          enc: ${SEALED}\n`;
export const VAULT_URL = "https://shop.vault.azure.net";
export const AZURE =
  `    azure_kv:\n        - vault_url: ${VAULT_URL}\n          name: key\n          version: v1\n          enc: ${SEALED}\n`;
export const AZURE_KEYS = "tenantId: tenant\nclientId: client\nclientSecret: azure-secret\n";
export const VAULT =
  `    hc_vault:\n        - vault_address: https://vault.example:8200\n          engine_path: team/transit\n          key_name: sops\n          enc: vault:v1:${SEALED}\n`;

export function gcpKey(): {
  text: string;
  publicKey: ReturnType<typeof generateKeyPairSync>["publicKey"];
} {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const text = JSON.stringify({
    type: "service_account",
    client_email: "sops@p.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    private_key_id: "kid",
    token_uri: "https://oauth2.googleapis.com/token",
  });
  return { text, publicKey };
}
