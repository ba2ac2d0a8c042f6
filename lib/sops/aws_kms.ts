/**
 * Data keys that are sealed with AWS KMS.
 *
 * @module
 */
import { ExpiringCache, fail, ok, type Result, stringifyJson } from "../base/mod.ts";
import { askJson, assumeAwsRole, awsHost, type AwsKeys, signAwsRequest } from "../cloud/mod.ts";
import { parseFields } from "../yaml/mod.ts";
import { bytesOf, type KeyServerOptions, parseServerUrl } from "./key_server.ts";
import type { OpenWith } from "./master_key.ts";

/** Keys that sign requests. */
export type AwsCredentials = Omit<AwsKeys, "holder">;

/** Gives the keys for a region. */
export type AwsLogin = (region: string) => Promise<Result<AwsCredentials>>;

const ARN = /^arn:aws[\w-]*:kms:([a-z0-9-]{1,40}):[0-9]+:(?:key|alias)\/.+$/;

/**
 * The credentials of an entry `sops.aws-kms`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = parseAwsCredentials("aws_access_key_id: AK\naws_secret_access_key: s\n");
 * assert.deepEqual(got.ok && got.value, { accessKeyId: "AK", secretAccessKey: "s", sessionToken: "" });
 * ```
 */
export function parseAwsCredentials(text: string): Result<AwsCredentials> {
  const plain = parseFields(text);
  if (plain === undefined) return fail("InvalidKeys", "it is no YAML with fields");
  const [accessKeyId, secretAccessKey, sessionToken] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
  ].map((name) => String(plain[name] ?? ""));
  if (!accessKeyId || !secretAccessKey) {
    return fail("InvalidKeys", "it lacks aws_access_key_id or aws_secret_access_key");
  }
  return ok({ accessKeyId, secretAccessKey, sessionToken: sessionToken ?? "" });
}

/** Opens with whoever `login` makes us, in the role that the file names, if any. */
export function openWithAws(login: AwsLogin, options: KeyServerOptions): OpenWith<"aws"> {
  const roles = new ExpiringCache<AwsCredentials>({ clock: options.clock });
  return async ({ arn, role, context, sealed }) => {
    const [, region] = ARN.exec(arn) ?? [];
    if (region === undefined) return fail("InvalidUrl", "its ARN is none of a KMS key or alias");
    const url = endpointOf(region, options);
    if (!url.ok) return url;
    const own = await login(region);
    if (!own.ok) return own;
    const keys = role === ""
      ? own
      : await roles.get(`${region} ${role}`, () =>
        assumeAwsRole({ role, region }, own.value, options));
    if (!keys.ok) return keys;
    const body = stringifyJson({
      KeyId: arn,
      CiphertextBlob: sealed,
      ...(Object.keys(context).length > 0 && { EncryptionContext: context }),
    });
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "TrentService.Decrypt",
    };
    const request = { url: url.value, body, headers, service: "kms", region };
    const signed = signAwsRequest(request, keys.value, options.clock.now());
    const { secretAccessKey, sessionToken } = keys.value;
    const question = {
      url: url.value.href,
      headers: signed,
      body,
      secrets: [secretAccessKey, sessionToken],
    };
    const answer = await askJson(question, options);
    return answer.ok ? bytesOf(answer.value, "Plaintext", question.url) : answer;
  };
}

/** Where the variables of AWS' own tools say that the service is, else where it is. */
function endpointOf(region: string, { env }: KeyServerOptions): Result<URL> {
  const own = env("AWS_ENDPOINT_URL_KMS") || env("AWS_ENDPOINT_URL");
  const host = awsHost("kms", region);
  if (!host.ok) return host;
  return parseServerUrl(own || `https://${host.value}/`, "AWS_ENDPOINT_URL_KMS");
}
