/**
 * AWS: keys that are there become those of a role (`AssumeRole` of the Security Token Service).
 *
 * @module
 */
import type { Expiring, Result } from "../base/mod.ts";
import type { AwsKeys, CloudOptions } from "./access.ts";
import { ask, type Asking } from "./ask.ts";
import { readRoleKeys, tokenService } from "./aws.ts";
import { signAwsRequest } from "./signature.ts";

/** The keys of a role, good for an hour. */
export async function assumeAwsRole(
  { role, region }: { readonly role: string; readonly region: string },
  keys: Omit<AwsKeys, "holder">,
  { clock, env, ...asking }: Pick<CloudOptions, "clock" | "env"> & Asking,
): Promise<Result<Expiring<Omit<AwsKeys, "holder">>>> {
  const endpoint = tokenService(region, env);
  if (!endpoint.ok) return endpoint;
  const url = new URL(`${endpoint.value}/`);
  const body = new URLSearchParams({
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: "sluice",
  }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const request = { url, body, headers, service: "sts", region };
  const signed = signAwsRequest(request, keys, clock.now());
  const secrets = [keys.secretAccessKey, keys.sessionToken];
  const answer = await ask({ url: url.href, headers: signed, body, secrets }, asking);
  return answer.ok ? readRoleKeys(answer.value, secrets) : answer;
}
