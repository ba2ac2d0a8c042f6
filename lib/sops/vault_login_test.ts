import assert from "node:assert/strict";
import { fail, ok } from "../base/mod.ts";
import type { CloudAccount } from "../cloud/mod.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { stub } from "./key_server_fakes_test.ts";
import { openVaultLogins, parseVaultConfig, type VaultInstance } from "./vault_login.ts";

const INSTANCE: VaultInstance = {
  address: "https://vault.example:8200",
  loginPath: "auth/kubernetes/login",
};

function account(change: Partial<CloudAccount> = {}): CloudAccount {
  return {
    namespace: "team",
    name: "app",
    annotations: {},
    requestToken: (audience) => Promise.resolve(ok(`word for ${audience}`)),
    ...change,
  };
}

Deno.test("openVaultLogins() logs in by the cluster's word, and keeps the token", async () => {
  let count = 0;
  const { options, asked } = stub(
    () => Response.json({ auth: { client_token: `t${++count}`, lease_duration: 3_600 } }),
    { VAULT_NAMESPACE: "admin" },
  );
  const { clock } = options;
  assert.ok(clock instanceof FakeClock);
  const logIn = openVaultLogins(clock);
  const tokens: unknown[] = [];
  const log = async (who: CloudAccount, instance = INSTANCE) => {
    const got = await logIn(instance, who, options);
    tokens.push(got.ok ? got.value : got.message);
  };

  await log(account());
  await clock.advance(54 * 60_000);
  await log(account());
  await log(account({ name: "other" }));
  await log(account(), { ...INSTANCE, loginPath: "auth/jwt/login" });
  await clock.advance(2 * 60_000);
  await log(account());

  assert.deepEqual(tokens, ["t1", "t1", "t2", "t3", "t4"]);
  const [first] = asked;
  assert.equal(first?.url, "POST https://vault.example:8200/v1/auth/kubernetes/login");
  assert.deepEqual(JSON.parse(first?.body ?? ""), {
    role: "team_app",
    jwt: "word for https://vault.example:8200",
  });
  assert.equal(first?.headers.get("x-vault-namespace"), "admin");
});

Deno.test("openVaultLogins() goes on for others when the run that asked first ends", async () => {
  const first = new AbortController();
  let asked = 0;
  const http = openHttp({
    transport(request) {
      asked++;
      first.abort();
      const answer = { auth: { client_token: "t", lease_duration: 3_600 } };
      return Promise.try(() => request.signal.throwIfAborted()).then(() => Response.json(answer));
    },
  });
  const options = { http, clock: new FakeClock(), env: () => undefined };
  const logIn = openVaultLogins(options.clock);

  const got = await Promise.all([
    logIn(INSTANCE, account(), { ...options, signal: first.signal }),
    logIn(INSTANCE, account(), options),
  ]);

  assert.deepEqual(got, [{ ok: true, value: "t" }, { ok: true, value: "t" }]);
  assert.equal(asked, 1);
});

Deno.test("openVaultLogins() asks again after an hour for what has no end", async () => {
  let count = 0;
  const { options } = stub(() =>
    Response.json({ auth: { client_token: `t${++count}`, lease_duration: 0 } })
  );
  const { clock } = options;
  assert.ok(clock instanceof FakeClock);
  const logIn = openVaultLogins(clock);

  await logIn(INSTANCE, account(), options);
  await clock.advance(54 * 60_000);
  const kept = await logIn(INSTANCE, account(), options);
  await clock.advance(60_000);
  const next = await logIn(INSTANCE, account(), options);

  assert.deepEqual([kept, next].map((got) => got.ok && got.value), ["t1", "t2"]);
});

const WHERE = "Vault 'https://vault.example:8200' at login path 'auth/kubernetes/login' as role " +
  "'team_app'";
const failures = [
  {
    name: "a refusal, without the word",
    answer: Response.json({ errors: ["no role for word for https://vault.example:8200"] }, {
      status: 400,
    }),
    want: `failed to authenticate with ${WHERE}: ` +
      "https://vault.example:8200/v1/auth/kubernetes/login answered 400: no role for *****",
  },
  {
    name: "an answer without a token",
    answer: Response.json({ auth: { lease_duration: 1 } }),
    want: `${WHERE} returned no token`,
  },
  {
    name: "a cluster that does not vouch for the account",
    who: account({ requestToken: () => Promise.resolve(fail("Forbidden", "may not")) }),
    want: "failed to issue Kubernetes token for Vault authentication: may not",
  },
];

for (const { name, answer, who = account(), want } of failures) {
  Deno.test(`openVaultLogins() reports ${name}`, async () => {
    const { options } = stub(() => answer?.clone() ?? Response.json({}));

    const got = await openVaultLogins(options.clock)(INSTANCE, who, options);

    assert.equal(got.ok ? "ok" : got.message, want);
  });
}

const configs = [
  { name: "a text", text: "x", want: /no list of instances/ },
  { name: "no list", text: "instances: {}", want: /no list of instances/ },
  {
    name: "an address of the disk",
    text: "instances: [{address: 'file:///x', loginPath: a}]",
    want: /^instances\[0\] needs an address of http or https/,
  },
  {
    name: "a path upwards",
    text:
      "instances: [{address: 'https://a', loginPath: a}, {address: 'https://b', loginPath: ../b}]",
    want: /^instances\[1\] needs/,
  },
  { name: "no path", text: "instances: [{address: 'https://a'}]", want: /^instances\[0\] needs/ },
];
for (const { name, text, want } of configs) {
  Deno.test(`parseVaultConfig() refuses ${name}`, () => {
    const got = parseVaultConfig(text);

    assert.match(got.ok ? "" : got.message, want);
  });
}
