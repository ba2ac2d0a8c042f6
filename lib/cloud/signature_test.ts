import assert from "node:assert/strict";
import { signAwsRequest } from "./signature.ts";

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
