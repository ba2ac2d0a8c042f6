import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { openHttp } from "./client.ts";

const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  "good.example": ["140.82.121.4", "2606:50c0:8000::153"],
  "metadata.example": ["169.254.169.254"],
  "mixed.example": ["140.82.121.4", "fd00:ec2::254"],
  "mapped.example": ["::ffff:169.254.169.254"],
  "link.example": ["fe80::1%eth0"],
  "zero.example": ["0.0.0.0"],
  "here.example": ["127.0.0.1", "::1"],
};

const hosts = [
  { host: "good.example", trouble: undefined },
  { host: "here.example", trouble: undefined },
  { host: "140.82.121.4", trouble: undefined },
  { host: "[2606:50c0:8000::153]", trouble: undefined },
  { host: "unknown.example", trouble: undefined },
  { host: "metadata.example", trouble: "a link-local address" },
  { host: "mixed.example", trouble: "a metadata address" },
  { host: "mapped.example", trouble: "a link-local address" },
  { host: "link.example", trouble: "a link-local address" },
  { host: "zero.example", trouble: "an unspecified address" },
  { host: "169.254.169.254", trouble: "a link-local address" },
  { host: "0xa9fea9fe", trouble: "a link-local address" },
  { host: "2852039166", trouble: "a link-local address" },
  { host: "0.0.0.0", trouble: "an unspecified address" },
  { host: "[::]", trouble: "an unspecified address" },
  { host: "[fe80::1]", trouble: "a link-local address" },
  { host: "[fd00:ec2::254]", trouble: "a metadata address" },
  { host: "[::ffff:169.254.169.254]", trouble: "a link-local address" },
];

for (const { host, trouble } of hosts) {
  Deno.test(`fetch() ${trouble === undefined ? "asks" : "does not ask"} ${host}`, async () => {
    const { http, asked } = openFake();

    const got = await http.fetch({ url: `http://${host}/a`, retries: 3 });

    assert.equal(got.ok, trouble === undefined);
    assert.equal(asked.length, trouble === undefined ? 1 : 0);
    if (got.ok) return;
    assert.equal(got.code, "RefusedAddress");
    assert.match(
      got.message,
      new RegExp(`^Get ".*": dial tcp: .* leads to ${trouble}, which is not`),
    );
  });
}

Deno.test("fetch() does not follow a redirect to where it may not go", async () => {
  const { http, asked } = openFake({ "http://good.example/a": "http://metadata.example/b" });

  const got = await http.fetch({ url: "http://good.example/a" });

  assert.equal(
    !got.ok && got.message,
    'Get "http://metadata.example/b": dial tcp: metadata.example leads to a link-local address, ' +
      "which is not permitted",
  );
  assert.deepEqual(asked, ["http://good.example/a"]);
});

const named = [
  { namedBy: "good.example", host: "here.example", is: false },
  { namedBy: "good.example", host: "10.96.0.1", is: false },
  { namedBy: "good.example", host: "[fd12::1]", is: false },
  { namedBy: "good.example", host: "[::ffff:192.168.0.1]", is: false },
  { namedBy: "unknown.example", host: "100.64.0.1", is: false },
  { namedBy: "good.example", host: "140.82.121.5", is: true },
  { namedBy: "good.example", host: "unknown.example", is: true },
  { namedBy: "here.example", host: "10.96.0.1", is: true },
  { namedBy: "172.16.0.1", host: "here.example", is: true },
];

for (const { namedBy, host, is } of named) {
  Deno.test(`fetch() ${is ? "asks" : "does not ask"} ${host} when ${namedBy} says so`, async () => {
    const { http, asked } = openFake();

    const got = await http.fetch({ url: `http://${host}/a`, namedBy });

    assert.equal(asked.length, is ? 1 : 0);
    assert.equal(got.ok ? "asked" : got.code, is ? "asked" : "RefusedAddress");
  });
}

Deno.test("fetch() follows no redirect into our own network for a host that somebody named", async () => {
  const { http, asked } = openFake({ "http://good.example/a": "http://here.example/b" });

  const got = await http.fetch({ url: "http://good.example/a", namedBy: "good.example" });

  assert.equal(got.ok ? "asked" : got.code, "RefusedAddress");
  assert.deepEqual(asked, ["http://good.example/a"]);
});

Deno.test("fetch() looks a name up again after a while, and never trusts one that it could not find", async () => {
  const clock = new FakeClock();
  const answers: readonly string[][] = [[], ["140.82.121.4"], ["169.254.169.254"]];
  let lookups = 0;
  const http = openHttp({
    clock,
    transport: () => Promise.resolve(new Response()),
    resolve: () => Promise.resolve(answers[lookups++] ?? []),
  });
  const request = async () => (await http.fetch({ url: "http://host/" })).ok;

  const early = [await request(), await request(), await request()];
  assert.deepEqual([early, lookups], [[true, true, true], 2]);
  await clock.advance(10_000);

  assert.equal(await request(), false);
});

Deno.test("fetch() ends while a name is looked up when its time is up", async () => {
  const clock = new FakeClock();
  const http = openHttp({
    clock,
    transport: (request) => Promise.reject(request.signal.reason),
    resolve: () => new Promise(() => {}),
  });

  const fetched = http.fetch({ url: "http://host/", timeoutMs: 100 });
  await clock.advance(100);

  const got = await fetched;
  assert.equal(!got.ok && got.code, "Timeout");
});

function openFake(redirects: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  const http = openHttp({
    transport({ url }) {
      asked.push(url);
      const location = redirects[url];
      const answer = location === undefined
        ? new Response()
        : new Response(null, { status: 302, headers: { location } });
      return Promise.resolve(answer);
    },
    resolve: (host) => Promise.resolve(ADDRESSES[host] ?? Promise.reject(new Error("ENOTFOUND"))),
  });
  return { http, asked };
}

Deno.test("fetch() judges the proxy's host, as only the proxy knows where the URL's leads", async () => {
  const { http, asked } = openFake();
  const through = (host: string) => ({ proxy: { url: `http://${host}:3128` } });

  const good = await http.fetch({ url: "http://metadata.example/", ...through("good.example") });
  const bad = await http.fetch({ url: "http://good.example/", ...through("metadata.example") });

  assert.ok(good.ok);
  assert.equal(
    !bad.ok && bad.message,
    'Get "http://good.example/": dial tcp: metadata.example leads to a link-local address, which is ' +
      "not permitted",
  );
  assert.deepEqual(asked, ["http://metadata.example/"]);
});
