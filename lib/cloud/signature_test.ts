import assert from "node:assert/strict";
import { presignAwsUrl, signAwsRequest } from "./signature.ts";

const KEYS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: "",
};
const NOW = Date.UTC(2015, 7, 30, 12, 36);
const REQUEST = {
  url: new URL("https://example.amazonaws.com/"),
  body: "",
  headers: {},
  service: "service",
  region: "us-east-1",
};

Deno.test("signAwsRequest() signs as AWS says (its test post-vanilla)", () => {
  const got = signAwsRequest(REQUEST, KEYS, NOW);

  assert.deepEqual(got, {
    "x-amz-date": "20150830T123600Z",
    authorization: "AWS4-HMAC-SHA256 " +
      "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
      "SignedHeaders=host;x-amz-date, " +
      "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  });
});

Deno.test("signAwsRequest() covers the body, all headers and the session", () => {
  const sign = (change: Partial<typeof REQUEST>, sessionToken = "") =>
    signAwsRequest({ ...REQUEST, ...change }, { ...KEYS, sessionToken }, NOW).authorization;
  const headers = { "x-amz-target": "TrentService.Decrypt" };

  const all = [sign({}), sign({ body: "x" }), sign({ headers }), sign({}, "session")];

  assert.equal(new Set(all).size, all.length);
  assert.match(sign({ headers }, "s") ?? "", /=host;x-amz-date;x-amz-security-token;x-amz-target,/);
});

const SESSION = { ...KEYS, sessionToken: "to/k+en==" };
const THEN = Date.UTC(2026, 0, 2, 3, 5);

Deno.test("signAwsRequest() signs a GET as botocore 1.44.8 does", () => {
  const url = new URL("https://eks.eu-west-1.amazonaws.com/clusters/shop");
  const request = { url, body: "", headers: {}, service: "eks", region: "eu-west-1" };

  const got = signAwsRequest({ method: "GET", ...request }, SESSION, THEN);

  assert.match(
    got.authorization ?? "",
    /Signature=789890322dc84f5420a488fb45558354be18c6a32c9e8479c9036606edf20f57$/,
  );
});

Deno.test("presignAwsUrl() signs as botocore 1.44.8 does", () => {
  const url = new URL(
    "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
  );
  const headers = { "x-k8s-aws-id": "shop" };
  const request = { url, headers, service: "sts", region: "eu-west-1" };

  const got = presignAwsUrl(request, SESSION, { nowMs: THEN, seconds: 900 });

  assert.deepEqual(Object.fromEntries(new URL(got).searchParams), {
    Action: "GetCallerIdentity",
    Version: "2011-06-15",
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "AKIDEXAMPLE/20260102/eu-west-1/sts/aws4_request",
    "X-Amz-Date": "20260102T030500Z",
    "X-Amz-Expires": "900",
    "X-Amz-Security-Token": "to/k+en==",
    "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
    "X-Amz-Signature": "8251af9936b75a3617e427af985777d67b06c6e724f58114dfd29b2cb39a4663",
  });
});
