import assert from "node:assert/strict";
import { defaultBudget, sha256Digest } from "../base/mod.ts";
import {
  ACCESS,
  type Answer,
  challenge,
  DIGEST,
  empty,
  fakeRegistry,
  LOGIN,
  PING,
  said,
} from "./registry_fakes_test.ts";

const MANIFEST = "https://reg.io/v2/org/app/manifests/1.0";

Deno.test("fetchDigest() asks for the digest alone", async () => {
  const headers = { "docker-content-digest": DIGEST };
  const { oci, requests } = fakeRegistry({
    [PING]: empty,
    [`HEAD ${MANIFEST}`]: () => new Response(null, { headers }),
  });

  const got = await oci.fetchDigest(ACCESS, "1.0", defaultBudget());

  assert.deepEqual(got, { ok: true, value: DIGEST });
  assert.equal(requests.length, 2);
});

Deno.test("fetchDigest() computes what the registry leaves out", async () => {
  const { oci } = fakeRegistry({
    [PING]: empty,
    [`HEAD ${MANIFEST}`]: empty,
    [`GET ${MANIFEST}`]: () => new Response("{}"),
  });

  const got = await oci.fetchDigest(ACCESS, "1.0", defaultBudget());

  assert.equal(
    got.ok && got.value,
    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  );
});

const digests: { name: string; tag?: string; answer: Answer; want: string }[] = [
  {
    name: "a tag that is not there",
    answer: () => new Response(null, { status: 404 }),
    want: `NotFound: HEAD ${MANIFEST}: unexpected status code 404 Not Found ` +
      "(HEAD responses have no body, use GET for details)",
  },
  {
    name: "a digest that is none",
    answer: () => new Response(null, { headers: { "docker-content-digest": "x y" } }),
    want: `InvalidAnswer: HEAD ${MANIFEST}: docker-content-digest is no digest`,
  },
  {
    name: "a tag that is a path",
    tag: "../a",
    answer: empty,
    want: 'InvalidName: "../a" is no tag',
  },
];

for (const { name, tag = "1.0", answer, want } of digests) {
  Deno.test(`fetchDigest() refuses ${name}`, async () => {
    const { oci } = fakeRegistry({ [PING]: empty, [`HEAD ${MANIFEST}`]: answer });

    assert.equal(said(await oci.fetchDigest(ACCESS, tag, defaultBudget())), want);
  });
}

Deno.test("fetchCreated() takes its login to the registry, and not to where that keeps its blobs", async () => {
  const config = JSON.stringify({ created: "2024-05-06T07:08:09Z" });
  const manifest = JSON.stringify({
    config: { digest: sha256Digest(config), size: config.length },
  });
  const blob = `GET https://reg.io/v2/org/app/blobs/${sha256Digest(config)}`;
  const image = `GET https://reg.io/v2/org/app/manifests/${sha256Digest(manifest)}`;
  const stored = { status: 307, headers: { location: "https://store.io/x?signed" } };
  const { oci, requests } = fakeRegistry({
    [PING]: challenge('Basic realm="reg"'),
    [image]: () => new Response(manifest),
    [blob]: () => new Response(null, stored),
    "GET https://store.io/x?signed": () => new Response(config),
  });

  const got = await oci.fetchCreated(
    { ...ACCESS, login: LOGIN },
    sha256Digest(manifest),
    defaultBudget(),
  );

  assert.deepEqual(got, { ok: true, value: "2024-05-06T07:08:09Z" });
  const login = `Basic ${btoa("me:hunter22")}`;
  assert.deepEqual(requests, [
    `${PING} -`,
    `${image} ${login}`,
    `${blob} ${login}`,
    "GET https://store.io/x?signed -",
  ]);
});
