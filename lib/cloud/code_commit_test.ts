import assert from "node:assert/strict";
import { parseCodeCommitUrl, signCodeCommit } from "./code_commit.ts";

const HOST = "git-codecommit.eu-west-1.amazonaws.com";

// The signature is what botocore's SigV4Auth, led as the AWS CLI's credential helper leads it, makes of the same.
Deno.test("signCodeCommit() signs as the AWS CLI's credential helper does", () => {
  const place = parseCodeCommitUrl(`https://${HOST}/v1/repos/app`);
  assert.ok(place.ok);
  const keys = {
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    sessionToken: "session/token+==",
    holder: "h",
  };

  const login = signCodeCommit(place.value, keys, Date.UTC(2026, 0, 2, 3, 4, 5, 678));

  const signature = "9162a2560ebfad43cce4122f4ba2e272b4d385540b9b7c66bbe0d49c312e4e31";
  assert.deepEqual(login, {
    username: "AKIDEXAMPLE%session/token+==",
    password: `20260102T030405Z${signature}`,
  });
});

const urls: { url: string; want: string }[] = [
  { url: `https://${HOST}/v1/repos/app`, want: "eu-west-1" },
  {
    url: "https://git-codecommit-fips.us-gov-west-1.amazonaws.com/v1/repos/a",
    want: "us-gov-west-1",
  },
  { url: "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/a", want: "cn-north-1" },
  {
    url: `http://${HOST}/v1/repos/app`,
    want: "AWS CodeCommit authentication requires an HTTPS Git URL",
  },
  {
    url: `ssh://${HOST}/v1/repos/app`,
    want: "AWS CodeCommit authentication requires an HTTPS Git URL",
  },
  {
    url: "https://git-codecommit.eu-west-1.amazonaws.com.evil.example/v1/repos/a",
    want: "invalid AWS CodeCommit Git URL: git-codecommit.eu-west-1.amazonaws.com.evil.example",
  },
  { url: "https://github.com/a/b", want: "invalid AWS CodeCommit Git URL: github.com" },
  {
    url: `https://me:secret@${HOST}/app`,
    want: `invalid CodeCommit URL "https://${HOST}/app": path must be /v1/repos/{repository}`,
  },
];

for (const { url, want } of urls) {
  Deno.test(`parseCodeCommitUrl() of ${url}`, () => {
    const got = parseCodeCommitUrl(url);

    assert.equal(got.ok ? got.value.region : got.message, want);
  });
}
