/**
 * Signature Version 4 of AWS, for requests with a body and no query.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import { sha256Hex } from "../base/mod.ts";
import type { AwsKeys } from "./access.ts";

/** What is asked. */
export interface AwsRequest {
  /** Where; the path is signed as it is written here. */
  readonly url: URL;
  /** What is sent. */
  readonly body: string;
  /** Further headers, their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** `kms`, `sts`. */
  readonly service: string;
  /** Where the service is. */
  readonly region: string;
}

/**
 * The headers of a POST that `keys` sign, good for some minutes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const request = {
 *   url: new URL("https://kms.eu-west-1.amazonaws.com/"),
 *   body: "{}",
 *   headers: { "x-amz-target": "TrentService.Decrypt" },
 *   service: "kms",
 *   region: "eu-west-1",
 * };
 * const keys = { accessKeyId: "AK", secretAccessKey: "s", sessionToken: "" };
 * const { authorization = "" } = signAwsRequest(request, keys, Date.UTC(2026, 0, 2));
 * assert.match(authorization, /^AWS4-HMAC-SHA256 Credential=AK\/20260102\/eu-west-1\/kms\/aws4_request, /);
 * ```
 */
export function signAwsRequest(
  { url, body, headers, service, region }: AwsRequest,
  { accessKeyId, secretAccessKey, sessionToken }: Omit<AwsKeys, "holder">,
  nowMs: number,
): Record<string, string> {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const sent: Record<string, string> = {
    ...headers,
    "x-amz-date": time,
    ...(sessionToken !== "" && { "x-amz-security-token": sessionToken }),
  };
  const signed = Object.entries({ ...sent, host: url.host }).toSorted(([a], [b]) => a < b ? -1 : 1);
  const names = signed.map(([name]) => name).join(";");
  const request = [
    "POST",
    url.pathname,
    "",
    ...signed.map(([name, value]) => `${name}:${value.trim()}`),
    "",
    names,
    sha256Hex(body),
  ].join("\n");
  const scope = [time.slice(0, 8), region, service, "aws4_request"];
  const text = ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256Hex(request)].join("\n");
  const signature = hmac(awsSigningKey(secretAccessKey, scope), text).toHex();
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join("/")}, ` +
    `SignedHeaders=${names}, Signature=${signature}`;
  return { ...sent, authorization };
}

/** The key that signs in one scope: day, region, service and `aws4_request`. */
export function awsSigningKey(secretAccessKey: string, scope: readonly string[]): Uint8Array {
  const first: Uint8Array = new TextEncoder().encode(`AWS4${secretAccessKey}`);
  return scope.reduce((key, part) => hmac(key, part), first);
}

/** HMAC-SHA256. */
export function hmac(key: Uint8Array, text: string): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(text).digest());
}
