import assert from "node:assert/strict";
import type { CloudAccess } from "./access.ts";
import { account, fakeClouds, POD } from "./cloud_fakes_test.ts";

const CONTROLLER = "failed to create provider access token for the controller: ";

/** As the Security Token Service answers. */
function keys(count: number, endMs: number): Response {
  return new Response(
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <AssumedRoleUser><Arn>arn:aws:sts::12:assumed-role/app/s</Arn></AssumedRoleUser>
    <Credentials>
      <SessionToken>session&amp;${count}==</SessionToken>
      <SecretAccessKey>secret${count}</SecretAccessKey>
      <Expiration>${new Date(endMs).toISOString()}</Expiration>
      <AccessKeyId>AK${count}</AccessKeyId>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>`,
  );
}

Deno.test("awsKeys() takes the role of the controller's pod, and keeps the keys", async () => {
  const { clouds, clock, asked } = fakeClouds((n, clock) => keys(n, clock.now() + 3_600_000));

  const first = await clouds.awsKeys("eu-west-1", {});
  await clock.advance(50 * 60_000);
  const kept = await clouds.awsKeys("eu-west-1", {});
  await clock.advance(6 * 60_000);
  const next = await clouds.awsKeys("eu-west-1", {});

  assert.ok(first.ok && kept.ok && next.ok);
  const { holder, ...value } = first.value;
  const want = { accessKeyId: "AK1", secretAccessKey: "secret1", sessionToken: "session&1==" };
  assert.deepEqual(value, want);
  assert.deepEqual(kept, first);
  assert.equal(next.value.accessKeyId, "AK2");
  assert.equal(next.value.holder, holder);
  assert.deepEqual(asked[0], {
    url: "POST https://sts.eu-west-1.amazonaws.com/",
    form: {
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: "arn:aws:iam::12:role/sluice",
      RoleSessionName: "sluice",
      WebIdentityToken: "word of the pod",
    },
    proxy: undefined,
  });
});

Deno.test("awsKeys() takes the role of the account that is named, and names it there", async () => {
  const { clouds, asked } = fakeClouds((n, clock) => keys(n, clock.now() + 3_600_000), { env: {} });

  const long = account({ name: "a".repeat(63) });
  const got = [
    await clouds.awsKeys("cn-north-1", { account: account() }),
    await clouds.awsKeys("eu-west-1", { account: long }),
  ];

  assert.deepEqual(got.map(({ ok }) => ok), [true, true]);
  assert.equal(asked[0]?.url, "POST https://sts.cn-north-1.amazonaws.com.cn/");
  assert.equal(asked[0]?.form["RoleArn"], "arn:aws:iam::12:role/app");
  assert.equal(asked[0]?.form["RoleSessionName"], "app.team.cn-north-1.fluxcd.io");
  assert.equal(asked[0]?.form["WebIdentityToken"], "word of team/app for sts.amazonaws.com");
  assert.equal(asked[1]?.form["RoleSessionName"], `${"a".repeat(63)}.`);
});

const failures: {
  name: string;
  region?: string;
  access?: CloudAccess;
  env?: Readonly<Record<string, string>>;
  answer?: Response;
  want: string;
}[] = [
  {
    name: "a pod without a role",
    env: {},
    want: `${CONTROLLER}AWS_ROLE_ARN is not set: give the controller's account the annotation ` +
      "eks.amazonaws.com/role-arn (IRSA), or name an account in spec.serviceAccountName",
  },
  {
    name: "an account without a role",
    access: { account: account({ annotations: {} }) },
    want: "failed to get provider identity from service account 'team/app' annotations: " +
      "invalid eks.amazonaws.com/role-arn annotation: ''. must match " +
      "^arn:aws[\\w-]*:iam::[0-9]{1,30}:role\\/.{1,200}$",
  },
  {
    name: "a region that leads elsewhere",
    region: "evil.example/",
    want: `${CONTROLLER}'evil.example/' is no region of AWS`,
  },
  {
    name: "a refusal, without the word",
    answer: new Response(
      "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>" +
        "<Message>Not authorized: word of the pod</Message></Error>" +
        "<RequestId>1-2-3</RequestId></ErrorResponse>",
      { status: 403 },
    ),
    want: `${CONTROLLER}https://sts.eu-west-1.amazonaws.com/ answered 403: ` +
      "AccessDenied: Not authorized: *****",
  },
  {
    name: "an answer without keys",
    answer: new Response("<Credentials><AccessKeyId>AK</AccessKeyId></Credentials>"),
    want: `${CONTROLLER}https://sts.eu-west-1.amazonaws.com/ answered without keys`,
  },
  {
    name: "keys without an end",
    answer: new Response(
      "<AccessKeyId>AK</AccessKeyId><SecretAccessKey>s</SecretAccessKey>" +
        "<SessionToken>t</SessionToken><Expiration>never</Expiration>",
    ),
    want: `${CONTROLLER}https://sts.eu-west-1.amazonaws.com/ answered without keys`,
  },
];

for (const { name, region = "eu-west-1", access = {}, env = POD, answer, want } of failures) {
  Deno.test(`awsKeys() reports ${name}`, async () => {
    const { clouds } = fakeClouds(() => answer?.clone() ?? keys(1, 0), { env });

    const got = await clouds.awsKeys(region, access);

    assert.equal(got.ok ? "ok" : got.message, want);
  });
}
