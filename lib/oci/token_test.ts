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
