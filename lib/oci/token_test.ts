/**
 * How long a registry's tokens are used, and who shares them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget } from "../base/mod.ts";
import {
  ACCESS,
  BEARER,
  challenge,
  empty,
  fakeRegistry,
  LIST,
  LOGIN,
  PING,
  refused,
  said,
  tags,
  TOKEN,
} from "./registry_fakes_test.ts";

Deno.test("a token is asked for where the registry says", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: () => Response.json({ access_token: "t1" }),
    [LIST]: tags(["a"]),
  });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.ok(got.ok);
  assert.deepEqual(requests, [`${PING} -`, `${TOKEN} -`, `${LIST} Bearer t1`]);
});

Deno.test("a login goes to the server of tokens, and an old token is renewed once", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: [() => Response.json({ token: "t1" }), () => Response.json({ token: "t2" })],
    [LIST]: [refused(401, {}), tags(["a"])],
  });

  const got = await oci.listTags({ ...ACCESS, login: LOGIN }, defaultBudget());

  assert.ok(got.ok);
  const basic = `Basic ${btoa("me:hunter22")}`;
  assert.deepEqual(requests, [
    `${PING} -`,
    `${TOKEN} ${basic}`,
    `${LIST} Bearer t1`,
    `${TOKEN} ${basic}`,
    `${LIST} Bearer t2`,
  ]);
});

Deno.test("a token is used again while it holds, and no longer", async () => {
  const { oci, requests, clock } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: [
      () => Response.json({ token: "t1", expires_in: 300 }),
      () => Response.json({ token: "t2" }),
    ],
    [LIST]: tags(["a"]),
  });

  for (const passMs of [200_000, 100_000, 0]) {
    assert.ok((await oci.listTags(ACCESS, defaultBudget())).ok);
    await clock.advance(passMs);
  }

  assert.deepEqual(requests, [
    `${PING} -`,
    `${TOKEN} -`,
    `${LIST} Bearer t1`,
    `${LIST} Bearer t1`,
    `${TOKEN} -`,
    `${LIST} Bearer t2`,
  ]);
});

Deno.test("a login that is another gets a token of its own", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: [() => Response.json({ token: "t1" }), () => Response.json({ token: "t2" })],
    [LIST]: tags(["a"]),
  });

  const rotated = { ...LOGIN, password: "hunter23" };
  for (const login of [LOGIN, rotated, LOGIN]) {
    assert.ok((await oci.listTags({ ...ACCESS, login }, defaultBudget())).ok);
  }

  const lists = requests.filter((request) => request.startsWith(LIST));
  assert.deepEqual(lists, [`${LIST} Bearer t1`, `${LIST} Bearer t2`, `${LIST} Bearer t1`]);
});

Deno.test("a run that is called off takes no token from others that wait for it", async () => {
  const asked = Promise.withResolvers<void>();
  const given = Promise.withResolvers<Response>();
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: (request) => {
      request.signal.addEventListener("abort", () => given.reject(request.signal.reason));
      asked.resolve();
      return given.promise;
    },
    [LIST]: tags(["a"]),
  });
  const off = new AbortController();
  const first = oci.listTags(ACCESS, defaultBudget(off.signal));
  await asked.promise;
  const second = oci.listTags(ACCESS, defaultBudget());

  off.abort();
  const { href } = new URL(TOKEN.slice("GET ".length));
  assert.equal(said(await first), `Timeout: Get "${href}": context deadline exceeded`);
  given.resolve(Response.json({ token: "t1" }));

  assert.equal(said(await second), "ok");
  assert.deepEqual(requests, [`${PING} -`, `${TOKEN} -`, `${LIST} Bearer t1`]);
});

const NEXT = '</v2/org/app/tags/list?n=1000&last=a>; rel="next"';

Deno.test("a token that ends between two pages is renewed once", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: [() => Response.json({ token: "t1" }), () => Response.json({ token: "t2" })],
    [LIST]: tags(["a"], NEXT),
    [`${LIST}&last=a`]: [refused(401, {}), tags(["b"])],
  });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.deepEqual(got.ok && got.value.tags, ["a", "b"]);
  assert.deepEqual(requests.slice(3), [
    `${LIST}&last=a Bearer t1`,
    `${TOKEN} -`,
    `${LIST}&last=a Bearer t2`,
  ]);
});

Deno.test("a second refusal is one, and the way is asked for anew the next time", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [TOKEN]: () => Response.json({ token: "t1" }),
    [LIST]: refused(401, {}),
  });

  const first = await oci.listTags(ACCESS, defaultBudget());
  await oci.listTags(ACCESS, defaultBudget());

  assert.equal(first.ok ? "" : first.code, "Unauthorized");
  assert.equal(requests.filter((request) => request.startsWith(TOKEN)).length, 3);
  assert.equal(requests.filter((request) => request === `${PING} -`).length, 2);
});

Deno.test("a registry may say at the list what it did not say at the door", async () => {
  const bearer = 'Bearer realm="https://auth.reg.io/token",service="reg.io"';
  const { oci, requests } = fakeRegistry({
    [PING]: empty,
    [TOKEN]: () => Response.json({ token: "t1" }),
    [LIST]: [challenge(bearer), tags(["a"])],
  });

  const got = await oci.listTags(ACCESS, defaultBudget());

  assert.ok(got.ok);
  const list = requests.slice(1);
  assert.deepEqual(list, [`${LIST} -`, `${TOKEN} -`, `${LIST} Bearer t1`]);
});

const IDENTITY = { username: "0000", password: "", identityToken: "refresh-me" };
const EXCHANGE = "POST https://auth.reg.io/token";
const FORM = "grant_type=refresh_token&refresh_token=refresh-me&client_id=sluice" +
  "&scope=repository%3Aorg%2Fapp%3Apull&service=reg.io";

Deno.test("an identitytoken is exchanged for tokens, once while they hold", async () => {
  const sent: string[] = [];
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [EXCHANGE]: async (request) => {
      sent.push(`${request.headers.get("content-type")} ${await request.text()}`);
      return Response.json({ access_token: "t1", expires_in: 300, refresh_token: "refresh-me" });
    },
    [LIST]: tags(["a"]),
  });

  for (let count = 0; count < 2; count++) {
    assert.ok((await oci.listTags({ ...ACCESS, login: IDENTITY }, defaultBudget())).ok);
  }

  assert.deepEqual(sent, [`application/x-www-form-urlencoded ${FORM}`]);
  assert.deepEqual(requests, [
    `${PING} -`,
    `${EXCHANGE} -`,
    `${LIST} Bearer t1`,
    `${LIST} Bearer t1`,
  ]);
});

Deno.test("a server that does not know the form is asked with the password beside the identitytoken", async () => {
  const { oci, requests } = fakeRegistry({
    [PING]: BEARER,
    [EXCHANGE]: refused(405, {}),
    [TOKEN]: () => Response.json({ token: "t1" }),
    [LIST]: tags(["a"]),
  });

  const login = { ...IDENTITY, password: "hunter22" };
  const got = await oci.listTags({ ...ACCESS, login }, defaultBudget());

  assert.ok(got.ok);
  assert.deepEqual(requests.slice(1, 3), [
    `${EXCHANGE} -`,
    `${TOKEN} Basic ${btoa("0000:hunter22")}`,
  ]);
});

const refusals = [
  {
    name: "the server of tokens does not take it",
    answers: { [EXCHANGE]: refused(401, { errors: [{ code: "DENIED", message: "refresh-me?" }] }) },
    want: `Unauthorized: ${EXCHANGE}: DENIED: *****?`,
  },
  {
    name: "the server of tokens does not know the form",
    answers: { [EXCHANGE]: refused(404, "") },
    want: `NotFound: ${EXCHANGE}: unexpected status code 404 Not Found: ""`,
  },
  {
    name: "the registry wants a password",
    answers: { [PING]: challenge('Basic realm="reg"') },
    want: "Unauthorized: https://reg.io demands a user and a password, and the docker " +
      "configuration has an identitytoken",
  },
];

for (const { name, answers, want } of refusals) {
  Deno.test(`an identitytoken is of no use where ${name}`, async () => {
    const { oci } = fakeRegistry({ [PING]: BEARER, ...answers });

    const got = await oci.listTags({ ...ACCESS, login: IDENTITY }, defaultBudget());

    assert.equal(said(got), want);
  });
}

Deno.test("no piece of an identitytoken is told, however it is echoed and wherever that is cut", async () => {
  const identityToken = `${"ab+/".repeat(300)}==`;
  for (const inBody of [false, true]) {
    const { oci } = fakeRegistry({
      [PING]: BEARER,
      [EXCHANGE]: async (request) => {
        const echo = `${await request.text()} ${identityToken}`;
        const errors = [{ code: "DENIED", message: echo }];
        return inBody
          ? new Response(echo, { status: 400 })
          : Response.json({ errors }, { status: 400 });
      },
    });

    const got = await oci.listTags(
      { ...ACCESS, login: { ...IDENTITY, identityToken } },
      defaultBudget(),
    );

    assert.match(said(got), /refresh_token=\*\*\*\*\*&client_id=.* \*\*\*\*\*$/);
  }
});

Deno.test("an identitytoken is kept from a server of tokens of another site, and a refusal says so", async () => {
  const elsewhere = "GET https://tokens.example/token?scope=repository%3Aorg%2Fapp%3Apull";
  const { oci, requests } = fakeRegistry({
    [PING]: challenge('Bearer realm="https://tokens.example/token"'),
    [elsewhere]: () => Response.json({ token: "t1" }),
    [LIST]: refused(401, {}),
  });

  const got = await oci.listTags({ ...ACCESS, login: IDENTITY }, defaultBudget());

  assert.match(said(got), /the login was kept from tokens\.example, which is another site/);
  assert.ok(requests.every((request) => !request.startsWith("POST")), requests.join("\n"));
});

Deno.test("a registry that lets anybody in gets no empty password beside an identitytoken", async () => {
  const { oci, requests } = fakeRegistry({ [PING]: empty, [LIST]: tags(["a"]) });

  const got = await oci.listTags({ ...ACCESS, login: IDENTITY }, defaultBudget());

  assert.ok(got.ok);
  assert.deepEqual(requests, [`${PING} -`, `${LIST} -`]);
});
