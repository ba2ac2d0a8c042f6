/**
 * Signature Version 4 of AWS: of requests without a query, in a header, and of addresses that are handed on.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import { sha256Hex } from "../base/mod.ts";
import type { AwsKeys } from "./access.ts";

/** What is asked. */
export interface AwsRequest {
  /** `POST` when absent. */
  readonly method?: "GET" | "POST";
  /** Where; the path is signed as it is written here, and there is no query. */
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

/** Keys that sign. */
export type AwsSigner = Omit<AwsKeys, "holder">;

/**
 * The headers of a request that `keys` sign, good for some minutes.
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
  { method = "POST", url, body, headers, service, region }: AwsRequest,
  keys: AwsSigner,
  nowMs: number,
): Record<string, string> {
  const { accessKeyId, sessionToken } = keys;
  const stamp = stampOf(nowMs, region, service);
  const sent: Record<string, string> = {
    ...headers,
    "x-amz-date": stamp.time,
    ...(sessionToken !== "" && { "x-amz-security-token": sessionToken }),
  };
  const signed = { ...sent, host: url.host };
  const canonical = { method, path: url.pathname, query: "", headers: signed, body };
  const signature = signatureOf(canonical, keys, stamp);
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${stamp.scope.join("/")}, ` +
    `SignedHeaders=${namesOf(signed)}, Signature=${signature}`;
  return { ...sent, authorization };
}

/**
 * `url` as a GET that `keys` sign, for whoever holds it in the next `seconds`; who asks must send `headers`, too.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const url = new URL("https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15");
 * const request = { url, headers: { "x-k8s-aws-id": "shop" }, service: "sts", region: "eu-west-1" };
 * const keys = { accessKeyId: "AK", secretAccessKey: "s", sessionToken: "t" };
 * const signed = presignAwsUrl(request, keys, { nowMs: Date.UTC(2026, 0, 2), seconds: 60 });
 * assert.match(signed, /&X-Amz-Expires=60&.*&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=[0-9a-f]{64}$/);
 * ```
 */
export function presignAwsUrl(
  { url, headers, service, region }: Omit<AwsRequest, "method" | "body">,
  keys: AwsSigner,
  { nowMs, seconds }: { readonly nowMs: number; readonly seconds: number },
): string {
  const stamp = stampOf(nowMs, region, service);
  const signed = { ...headers, host: url.host };
  const parameters = {
    ...Object.fromEntries(url.searchParams),
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${keys.accessKeyId}/${stamp.scope.join("/")}`,
    "X-Amz-Date": stamp.time,
    "X-Amz-Expires": String(seconds),
    ...(keys.sessionToken !== "" && { "X-Amz-Security-Token": keys.sessionToken }),
    "X-Amz-SignedHeaders": namesOf(signed),
  };
  const query = sorted(parameters).map(([name, value]) => `${quote(name)}=${quote(value)}`);
  const canonical = { method: "GET", path: url.pathname, query: query.join("&"), headers: signed };
  const signature = signatureOf({ ...canonical, body: "" }, keys, stamp);
  return `${url.origin}${url.pathname}?${canonical.query}&X-Amz-Signature=${signature}`;
}

interface Stamp {
  readonly time: string;
  readonly scope: readonly string[];
}

function stampOf(nowMs: number, region: string, service: string): Stamp {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  return { time, scope: [time.slice(0, 8), region, service, "aws4_request"] };
}

interface Canonical {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function signatureOf(
  { method, path, query, headers, body }: Canonical,
  { secretAccessKey }: AwsSigner,
  { time, scope }: Stamp,
): string {
  const request = [
    method,
    path,
    query,
    ...sorted(headers).map(([name, value]) => `${name}:${value.trim()}`),
    "",
    namesOf(headers),
    sha256Hex(body),
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256Hex(request)].join("\n");
  return hmac(awsSigningKey(secretAccessKey, scope), text).toHex();
}

function namesOf(headers: Readonly<Record<string, string>>): string {
  return sorted(headers).map(([name]) => name).join(";");
}

function sorted(record: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(record).toSorted(([a], [b]) => a < b ? -1 : 1);
}

/** RFC 3986 §2.3: all but the unreserved characters. */
function quote(text: string): string {
  const hex = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, hex);
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
