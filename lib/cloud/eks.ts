/**
 * EKS: a token is an address of AWS' token service, signed for some minutes, that says whose keys signed it. The
 * cluster asks there.
 *
 * @module
 */
import { isRecord, ok } from "../base/mod.ts";
import { askJson } from "./ask.ts";
import { awsHost } from "./aws.ts";
import { type ClusterKind, placeOf } from "./cluster_kind.ts";
import { endpointOf } from "./login.ts";
import { presignAwsUrl, signAwsRequest } from "./signature.ts";

/** The longest that EKS takes, and for how long it does. */
const TOKEN_SECONDS = 900;
/** Tokens of so many milliseconds are the same, so that they need not be kept. */
const SAME_MS = 5 * 60_000;

/** Clusters of AWS. */
export const EKS: ClusterKind = {
  what: "EKS cluster ARN",
  form: /^arn:aws[\w-]*:eks:([a-z0-9-]{1,40}):[0-9]{1,30}:cluster\/([A-Za-z0-9][\w-]{0,99})$/,
  // The region and the name are signed.
  isAlwaysNamed: true,

  async find([region = "", name = ""], { logins, options, access }) {
    const host = awsHost("eks", region);
    if (!host.ok) return host;
    const endpoint = endpointOf(options.env, "AWS_ENDPOINT_URL_EKS", `https://${host.value}`);
    if (!endpoint.ok) return endpoint;
    const keys = await logins.awsKeys(region, access);
    if (!keys.ok) return keys;
    const url = new URL(`${endpoint.value}/clusters/${name}`);
    const request = { method: "GET", url, body: "", headers: {}, service: "eks", region } as const;
    const headers = signAwsRequest(request, keys.value, options.clock.now());
    const { secretAccessKey, sessionToken } = keys.value;
    const question = { url: url.href, headers, secrets: [secretAccessKey, sessionToken] };
    const answer = await askJson({ method: "GET", ...question }, { ...options, ...access });
    if (!answer.ok) return answer;
    const cluster = isRecord(answer.value.cluster) ? answer.value.cluster : {};
    const { data } = isRecord(cluster.certificateAuthority) ? cluster.certificateAuthority : {};
    const place = placeOf(url.href, cluster.endpoint, data);
    return place.ok ? ok([place.value]) : place;
  },

  async token([region = "", name = ""], { logins, options, access }) {
    const host = awsHost("sts", region);
    if (!host.ok) return host;
    const keys = await logins.awsKeys(region, access);
    if (!keys.ok) return keys;
    const nowMs = Math.floor(options.clock.now() / SAME_MS) * SAME_MS;
    // Always the public host: clusters ask no other, wherever we get our keys.
    const url = new URL(`https://${host.value}/?Action=GetCallerIdentity&Version=2011-06-15`);
    const request = { url, headers: { "x-k8s-aws-id": name }, service: "sts", region };
    const signed = presignAwsUrl(request, keys.value, { nowMs, seconds: TOKEN_SECONDS });
    const bytes = new TextEncoder().encode(signed);
    const word = bytes.toBase64({ alphabet: "base64url", omitPadding: true });
    return ok(`k8s-aws-v1.${word}`);
  },
};
