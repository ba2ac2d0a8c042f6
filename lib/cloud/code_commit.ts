/**
 * AWS CodeCommit: git over https, with a signature of the repository's address for a password.
 *
 * @module
 */
import { fail, ok, type Result, sha256Hex } from "../base/mod.ts";
import type { AwsKeys } from "./access.ts";
import { awsSigningKey, hmac } from "./signature.ts";

/** A repository. */
export interface CodeCommitPlace {
  /** Region of its server. */
  readonly region: string;
  /** Name of its server, without a port. */
  readonly host: string;
  /** `/v1/repos/NAME`. */
  readonly path: string;
}

/**
 * The repository at `url`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const url = "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/app";
 * const place = parseCodeCommitUrl(url);
 * assert.equal(place.ok && place.value.region, "eu-west-1");
 * ```
 */
export function parseCodeCommitUrl(url: string): Result<CodeCommitPlace> {
  const { protocol = "", hostname = "", pathname = "" } = URL.parse(url) ?? {};
  if (protocol !== "https:") {
    return fail("InvalidUrl", "AWS CodeCommit authentication requires an HTTPS Git URL");
  }
  const [, region] =
    /^git-codecommit(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(hostname) ?? [];
  if (region === undefined) {
    return fail("InvalidUrl", `invalid AWS CodeCommit Git URL: ${hostname}`);
  }
  if (!/^\/+v1\/repos\/[^/]+$/.test(pathname)) {
    const why = "path must be /v1/repos/{repository}";
    return fail("InvalidUrl", `invalid CodeCommit URL "https://${hostname}${pathname}": ${why}`);
  }
  return ok({ region, host: hostname, path: pathname });
}

/**
 * The user and the password for a repository, good for some minutes. What is signed is a request of method `GIT`
 * (Signature Version 4) with the one header `host`, without a digest of its body, and without a zone at the time.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const place = { region: "eu-west-1", host: "git-codecommit.eu-west-1.amazonaws.com", path: "/v1/repos/app" };
 * const keys = { accessKeyId: "AK", secretAccessKey: "s", sessionToken: "t", holder: "h" };
 * const login = signCodeCommit(place, keys, Date.UTC(2026, 0, 2));
 * assert.equal(login.username, "AK%t");
 * assert.match(login.password, /^20260102T000000Z[0-9a-f]{64}$/);
 * ```
 */
export function signCodeCommit(
  { region, host, path }: CodeCommitPlace,
  { accessKeyId, secretAccessKey, sessionToken }: AwsKeys,
  nowMs: number,
): { username: string; password: string } {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}Z$/g, "");
  const scope = [time.slice(0, 8), region, "codecommit", "aws4_request"];
  const request = ["GIT", path, "", `host:${host}`, "", "host", ""].join("\n");
  const signed = ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256Hex(request)].join("\n");
  const key = awsSigningKey(secretAccessKey, scope);
  return {
    username: `${accessKeyId}%${sessionToken}`,
    password: `${time}Z${hmac(key, signed).toHex()}`,
  };
}
