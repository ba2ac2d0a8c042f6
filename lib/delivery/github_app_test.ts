import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { jwtVerify } from "jose";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { GithubTokens, hasGithubApp, readGithubApp } from "./github_app.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PKCS1 = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const PKCS8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const ELLIPTIC = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
const BASE = {
  githubAppID: "17",
  githubAppPrivateKey: PKCS1,
  githubAppInstallationID: "42",
};

const secrets: {
  name: string;
  change: Readonly<Record<string, string | undefined>>;
  want: string;
}[] = [
  { name: "an installation", change: {}, want: "17 42 - https://api.github.com" },
  {
    name: "a key in PKCS #8, and blanks around it",
    change: { githubAppPrivateKey: `\n${PKCS8}\n` },
    want: "17 42 - https://api.github.com",
  },
  {
    name: "an owner, at a server of its own",
    change: {
      githubAppInstallationID: undefined,
      githubAppInstallationOwner: "org",
      githubAppBaseURL: "https://git.example/api/v3/",
    },
    want: "17 - org https://git.example/api/v3",
  },
  { name: "no key", change: { githubAppPrivateKey: undefined }, want: "InvalidCredentials" },
  { name: "a damaged key", change: { githubAppPrivateKey: "x" }, want: "InvalidCredentials" },
  {
    name: "a key of another kind",
    change: { githubAppPrivateKey: String(ELLIPTIC) },
    want: "InvalidCredentials",
  },
  { name: "an id in words", change: { githubAppID: "../17" }, want: "InvalidCredentials" },
  { name: "no place", change: { githubAppInstallationID: undefined }, want: "InvalidCredentials" },
  {
    name: "an installation in words",
    change: { githubAppInstallationID: "42/x" },
    want: "InvalidCredentials",
  },
  {
    name: "two places",
    change: { githubAppInstallationOwner: "org" },
    want: "InvalidCredentials",
  },
  {
    name: "an API that is no server",
    change: { githubAppBaseURL: "file:///etc" },
    want: "InvalidCredentials",
  },
];

for (const { name, change, want } of secrets) {
  Deno.test(`readGithubApp() takes ${name} for ${want}`, () => {
    const got = readGithubApp(secretOf(change), "ns/s");

    if (!got.ok) return assert.equal(got.code, want);
    const { id, installation = "-", owner = "-", baseUrl } = got.value;
    assert.equal([id, installation, owner, baseUrl].join(" "), want);
  });
}

Deno.test("hasGithubApp() looks for the app's id", () => {
  assert.ok(hasGithubApp(secretOf({})));
  assert.ok(!hasGithubApp(secretOf({ githubAppID: undefined })));
});

Deno.test("get() signs who it is, and keeps the token until shortly before it ends", async () => {
  const { clock, tokens, asked } = fakeGithub();
  const app = readGithubApp(secretOf({}), "ns/s");
  assert.ok(app.ok);

  const first = await tokens.get(app.value);
  await clock.advance(54 * 60_000);
  const kept = await tokens.get(app.value);
  await clock.advance(2 * 60_000);
  const next = await tokens.get(app.value);

  assert.deepEqual([first, kept, next].map((got) => got.ok && got.value), ["t1", "t1", "t2"]);
  assert.deepEqual(asked.map(({ line }) => line), [
    "POST https://api.github.com/app/installations/42/access_tokens",
    "POST https://api.github.com/app/installations/42/access_tokens",
  ]);
  const currentDate = new Date(Date.UTC(2026, 0, 1));
  const statement = asked[0]?.authorization.replace("Bearer ", "") ?? "";
  const { payload } = await jwtVerify(statement, publicKey, { issuer: "17", currentDate });
  const startSeconds = currentDate.getTime() / 1_000;
  assert.equal(payload.iat, startSeconds - 60);
  assert.equal(payload.exp, startSeconds + 540);
});

Deno.test("get() keeps one token for each Secret", async () => {
  const { tokens } = fakeGithub();
  const texts: unknown[] = [];

  for (const change of [{}, { githubAppInstallationID: "43" }, {}, { "ca.crt": "CA" }]) {
    const app = readGithubApp(secretOf(change), "ns/s");
    const got = app.ok ? await tokens.get(app.value) : app;
    texts.push(got.ok && got.value);
  }

  assert.deepEqual(texts, ["t1", "t2", "t1", "t3"]);
});

Deno.test("get() looks for the owner's installation, page by page", async () => {
  const { tokens, asked } = fakeGithub();
  const owner = { githubAppInstallationID: undefined, githubAppInstallationOwner: "ORG150" };
  const app = readGithubApp(secretOf(owner), "ns/s");
  assert.ok(app.ok);

  const got = await tokens.get(app.value);

  assert.equal(got.ok && got.value, "t1");
  assert.deepEqual(asked.map(({ line }) => line.replace("https://api.github.com", "")), [
    "GET /app/installations?per_page=100&page=1",
    "GET /app/installations?per_page=100&page=2",
    "POST /app/installations/1150/access_tokens",
  ]);
});

const failures: { name: string; owner?: string; answer?: Response; want: string }[] = [
  { name: "an owner that has not installed it", owner: "nobody", want: "NotFound" },
  {
    name: "a statement that GitHub does not take, in its words",
    answer: Response.json({ message: "A JSON web token could not be decoded" }, { status: 401 }),
    want: "HttpStatus: POST https://api.github.com/app/installations/42/access_tokens: " +
      "401 A JSON web token could not be decoded",
  },
  { name: "an answer without a token", answer: Response.json({}), want: "InvalidData" },
  {
    name: "a token that never ends",
    answer: Response.json({ token: "t", expires_at: "never" }),
    want: "InvalidData",
  },
  { name: "an answer that is no JSON", answer: new Response("<html>"), want: "InvalidData" },
];

for (const { name, owner, answer, want } of failures) {
  Deno.test(`get() reports ${name}`, async () => {
    const { tokens } = fakeGithub(answer);
    const change = owner === undefined
      ? {}
      : { githubAppInstallationID: undefined, githubAppInstallationOwner: owner };
    const app = readGithubApp(secretOf(change), "ns/s");
    assert.ok(app.ok);

    const got = await tokens.get(app.value);

    assert.ok(!got.ok);
    assert.equal(want.includes(":") ? `${got.code}: ${got.message}` : got.code, want);
  });
}

function secretOf(change: Readonly<Record<string, string | undefined>>): Map<string, string> {
  const data = new Map<string, string>();
  for (const [key, value] of Object.entries({ ...BASE, ...change })) {
    if (value !== undefined) data.set(key, value);
  }
  return data;
}

/** An app with 200 installations; each token lasts an hour. */
function fakeGithub(answer?: Response) {
  const clock = new FakeClock();
  const asked: { line: string; authorization: string }[] = [];
  let given = 0;
  const http = openHttp({
    clock,
    transport(request) {
      const authorization = request.headers.get("authorization") ?? "";
      asked.push({ line: `${request.method} ${request.url}`, authorization });
      if (answer !== undefined) return Promise.resolve(answer.clone());
      if (request.method === "POST") {
        const token = `t${++given}`;
        const ends = new Date(clock.now() + 3_600_000).toISOString();
        return Promise.resolve(Response.json({ token, expires_at: ends }, { status: 201 }));
      }
      const from = Number(new URL(request.url).searchParams.get("page")) * 100 - 100;
      const page = from >= 200 ? [] : Array.from({ length: 100 }, (_, at) => ({
        id: 1000 + from + at,
        account: { login: `org${from + at}` },
      }));
      return Promise.resolve(Response.json(page));
    },
  });
  return { clock, asked, tokens: new GithubTokens({ http, clock }) };
}
