import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import { readAll } from "./body.ts";
import { openHttp } from "./client.ts";
import type { HttpRequest } from "./request.ts";

Deno.test("fetch() sends what it was given, without the URL's user information", async () => {
  const { http, requests } = openFake(() => new Response("hi"));

  const got = await http.fetch({
    url: "https://me:secret@host/a?b#c",
    method: "PUT",
    headers: { "x-a": "1" },
    body: "text",
  });

  assert.ok(got.ok);
  assert.equal(text(got.value.body), "hi");
  const [sent] = requests;
  assert.equal(sent?.url, "https://host/a?b");
  assert.equal(sent?.method, "PUT");
  assert.equal(sent?.headers.get("x-a"), "1");
  assert.equal(sent?.headers.get("user-agent"), "sluice");
  assert.equal(await sent?.text(), "text");
});

const failures: {
  name: string;
  answer: () => Response;
  request?: Partial<HttpRequest>;
  want: string;
}[] = [
  {
    name: "a body beyond the limit",
    answer: () => new Response("x".repeat(100)),
    request: { maxBytes: 99 },
    want: "TooLarge: http://host/a answered more than 99 bytes",
  },
  {
    name: "a refused connection",
    answer: () => thrower("tcp connect error: Connection refused (os error 111)"),
    want: 'Unreachable: Get "http://host/a": dial tcp host:80: connect: connection refused',
  },
  {
    name: "an unknown host",
    answer: () => thrower("dns error: failed to lookup address information"),
    want: 'Unreachable: Get "http://host/a": dial tcp: lookup host: no such host',
  },
  {
    name: "an unknown authority",
    answer: () => thrower("invalid peer certificate: UnknownIssuer"),
    want: 'Unreachable: Get "http://host/a": ' +
      "tls: failed to verify certificate: x509: certificate signed by unknown authority",
  },
  {
    name: "a connection that breaks while the body arrives",
    answer: () => new Response(brokenBody()),
    want: 'Unreachable: Get "http://host/a": the connection was closed',
  },
  {
    name: "redirects without end",
    answer: () => redirect("http://host/a"),
    want: "HttpStatus: http://host/a redirects more than 5 times",
  },
  {
    name: "a redirect to a file",
    answer: () => redirect("file:///etc/passwd"),
    want: "InvalidUrl: http://host/a redirects to no http or https URL",
  },
  {
    name: "another protocol",
    answer: () => new Response(),
    request: { url: "ftp://me:secret@host/a" },
    want: 'InvalidUrl: "ftp://host/a" is not an http or https URL',
  },
];

for (const { name, answer, request, want } of failures) {
  Deno.test(`fetch() reports ${name}`, async () => {
    const { http } = openFake(answer);

    const got = await http.fetch({ url: "http://host/a", ...request });

    assert.equal(got.ok ? "ok" : `${got.code}: ${got.message}`, want);
  });
}

Deno.test("fetch() gives answers of every status", async () => {
  const { http } = openFake(() => new Response("no", { status: 500 }));

  const got = await http.fetch({ url: "http://host/" });

  assert.equal(got.ok && got.value.status, 500);
});

const proxied: { name: string; to?: string; url?: string; thrown?: string; want: string }[] = [
  { name: "asks the proxy for a name", want: "ok" },
  {
    name: "asks for no metadata service",
    url: "http://169.254.169.254/a",
    want:
      'NotPermitted: Get "http://169.254.169.254/a": no proxy is asked for a link-local address',
  },
  {
    name: "asks for none in other words",
    url: "http://[::ffff:a9fe:a9fe]/",
    want:
      'NotPermitted: Get "http://[::ffff:a9fe:a9fe]/": no proxy is asked for a link-local address',
  },
  {
    name: "asks for none that a server redirects to",
    to: "http://0xa9fea9fe/",
    want: 'NotPermitted: Get "http://169.254.169.254/": no proxy is asked for a link-local address',
  },
  {
    name: "names the proxy that is not there",
    thrown: "client error (Connect): tcp connect error: Connection refused (os error 111)",
    want:
      'Unreachable: Get "http://host/a": proxyconnect tcp: dial tcp proxy:3128: connect: connection refused',
  },
  {
    name: "names the proxy that nobody knows",
    thrown: "client error (Connect): dns error: failed to lookup address information",
    want:
      'Unreachable: Get "http://host/a": proxyconnect tcp: dial tcp: lookup proxy: no such host',
  },
  {
    name: "says that the proxy wants a login",
    thrown: "client error (Connect): proxy authentication required",
    want: 'Unreachable: Get "http://host/a": Proxy Authentication Required',
  },
];

for (const { name, to, url = "http://host/a", thrown, want } of proxied) {
  Deno.test(`fetch() with a proxy ${name}`, async () => {
    const proxy = { url: "http://proxy:3128", username: "u", password: "p" };
    const ways: unknown[] = [];
    const http = openHttp({
      transport(request, _tls, way) {
        ways.push(way);
        if (thrown !== undefined) thrower(thrown);
        const isFirst = to !== undefined && request.url !== new URL(to).href;
        return Promise.resolve(isFirst ? redirect(to) : new Response("there"));
      },
    });

    const got = await http.fetch({ url, proxy });

    assert.equal(got.ok ? "ok" : `${got.code}: ${got.message}`, want);
    assert.ok(ways.every((way) => way === proxy));
  });
}

const redirects = [
  { name: "keeps the login on one origin", to: "http://host/b", kept: true },
  { name: "drops the login for another host", to: "http://other/b", kept: false },
  { name: "drops the login for another port", to: "http://host:81/b", kept: false },
  { name: "drops the login for another scheme", to: "https://host/b", kept: false },
];

for (const { name, to, kept } of redirects) {
  Deno.test(`fetch() ${name} on a redirect`, async () => {
    const { http, requests } = openFake((request) =>
      request.url === "http://host/a" ? redirect(to) : new Response("there")
    );
    const secrets = { authorization: "Bearer secret", cookie: "a=b", "x-amz-security-token": "t" };
    const headers = { ...secrets, "x-other": "1" };

    const got = await http.fetch({ url: "http://host/a", headers });

    assert.equal(got.ok && got.value.url, to);
    const last = requests.at(-1);
    for (const secret of Object.keys(secrets)) {
      assert.equal(last?.headers.has(secret), kept, secret);
    }
    assert.equal(last?.headers.get("x-other"), "1");
  });
}

Deno.test("fetch() never gets its login back on the way home", async () => {
  const hops: Record<string, string> = {
    "http://host/a": "http://other/b",
    "http://other/b": "http://host/c",
  };
  const { http, requests } = openFake((request) => {
    const to = hops[request.url];
    return to === undefined ? new Response() : redirect(to);
  });

  await http.fetch({ url: "http://host/a", headers: { authorization: "Bearer secret" } });

  assert.deepEqual(requests.map(({ headers }) => headers.has("authorization")), [
    true,
    false,
    false,
  ]);
});

Deno.test("fetch() does not go from https to http", async () => {
  const { http } = openFake(() => redirect("http://host/b"));

  const got = await http.fetch({ url: "https://host/a" });

  assert.equal(!got.ok && got.code, "InvalidUrl");
});

Deno.test("fetch() does not send a body where the server points", async () => {
  const { http, requests } = openFake(() => redirect("http://other/", 307));

  const got = await http.fetch({ url: "http://host/a", method: "POST", body: "secret" });

  assert.equal(got.ok && got.value.status, 307);
  assert.equal(requests.length, 1);
});

Deno.test("fetch() ends at its deadline, while it waits for the answer and while it reads", async () => {
  for (const answer of [() => hanging(), () => Promise.resolve(new Response(endlessBody()))]) {
    const clock = new FakeClock();
    const http = openHttp({ clock, transport: (request) => withSignal(request, answer()) });

    const fetched = http.fetch({ url: "http://host/a", timeoutMs: 5_000 });
    await settle();
    await clock.advance(5_000);
    const got = await fetched;

    assert.equal(
      got.ok ? "ok" : `${got.code}: ${got.message}`,
      'Timeout: Get "http://host/a": context deadline exceeded',
    );
    assert.equal(clock.pending, 0);
  }
});

Deno.test("fetch() ends when the caller calls it off", async () => {
  const controller = new AbortController();
  const clock = new FakeClock();
  const http = openHttp({ clock, transport: (request) => withSignal(request, hanging()) });

  const fetched = http.fetch({ url: "http://host/a", signal: controller.signal });
  controller.abort();
  const got = await fetched;

  assert.equal(!got.ok && got.code, "Timeout");
  assert.equal(clock.pending, 0);
});

Deno.test("fetch() tries again after what passes, with growing pauses", async () => {
  const clock = new FakeClock();
  const answers = [503, 429, 200];
  const requests: Request[] = [];
  const http = openHttp({
    clock,
    random: () => 1,
    transport(request) {
      requests.push(request);
      return Promise.resolve(new Response("", { status: answers[requests.length - 1] ?? 200 }));
    },
  });

  const fetched = http.fetch({ url: "http://host/a", retries: 5 });
  for (const pauseMs of [500, 1_000]) {
    await settle();
    assert.equal(clock.nextInMs, pauseMs);
    await clock.advance(pauseMs);
  }
  const got = await fetched;

  assert.equal(got.ok && got.value.status, 200);
  assert.equal(requests.length, 3);
});

Deno.test("fetch() waits as long as a busy server asks for", async () => {
  const clock = new FakeClock();
  const answers = ["7", "1"].map((seconds) => busyFor(seconds));
  let requests = 0;
  const http = openHttp({
    clock,
    transport() {
      requests++;
      return Promise.resolve(answers.shift() ?? new Response("at last"));
    },
  });

  const fetched = http.fetch({ url: "http://host/a", retries: 5 });
  for (const pauseMs of [7_000, 1_000]) {
    await settle();
    assert.equal(clock.nextInMs, pauseMs);
    await clock.advance(pauseMs);
  }
  const got = await fetched;

  assert.equal(got.ok && got.value.status, 200);
  assert.equal(requests, 3);
});

Deno.test("fetch() does not try again what is busy for long", async () => {
  const { http, requests } = openFake(() => busyFor("31"));

  const got = await http.fetch({ url: "http://host/a", retries: 5 });

  assert.equal(got.ok && got.value.status, 429);
  assert.equal(requests.length, 1);
});

Deno.test("fetch() is as patient as it is told to be", async () => {
  const { http, requests } = openFake(() => busyFor("2"));

  const got = await http.fetch({ url: "http://host/a", retries: 5, patienceMs: 1_999 });

  assert.equal(got.ok && got.value.status, 429);
  assert.equal(requests.length, 1);
});

function busyFor(seconds: string): Response {
  return new Response("", { status: 429, headers: { "retry-after": seconds } });
}

Deno.test("fetch() does not try again what will not change", async () => {
  const { http, requests } = openFake(() => new Response("", { status: 404 }));

  await http.fetch({ url: "http://host/a", retries: 5 });

  assert.equal(requests.length, 1);
});

Deno.test("stream() hands the body on as it arrives, and can be closed early", async () => {
  const clock = new FakeClock();
  let cancelled = false;
  const http = openHttp({
    clock,
    transport: () => Promise.resolve(new Response(endlessBody(() => cancelled = true))),
  });

  const got = await http.stream({ url: "http://host/a" });
  assert.ok(got.ok);
  await got.value[Symbol.asyncDispose]();

  assert.ok(cancelled);
  assert.equal(clock.pending, 0);
});

Deno.test("readAll() joins a body's pieces", async () => {
  const { http } = openFake(() => new Response("some text"));
  const got = await http.stream({ url: "http://host/a" });
  assert.ok(got.ok);

  const body = await readAll(got.value.body);

  assert.equal(body.ok && text(body.value), "some text");
});

function openFake(answer: (request: Request) => Response) {
  const requests: Request[] = [];
  const http = openHttp({
    transport(request) {
      requests.push(request.clone());
      return new Promise((resolve) => resolve(answer(request)));
    },
  });
  return { http, requests };
}

function thrower(message: string): never {
  throw new TypeError("error sending request", { cause: new Error(message) });
}

function redirect(location: string, status = 302): Response {
  return new Response(null, { status, headers: { location } });
}

function brokenBody(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull(controller) {
      controller.error(new TypeError("error reading a body from connection"));
    },
  });
}

function endlessBody(onCancel?: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
    ...(onCancel && { cancel: onCancel }),
  });
}

function hanging(): Promise<Response> {
  return new Promise(() => {});
}

/** What the network does when a request is called off: the answer, or its body, fails. */
async function withSignal(request: Request, answer: Promise<Response>): Promise<Response> {
  const aborted = new Promise<never>((_, reject) => {
    request.signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
  });
  aborted.catch(() => {});
  const response = await Promise.race([answer, aborted]);
  const source = response.body?.getReader();
  return new Response(
    new ReadableStream({
      async pull(controller) {
        try {
          const read = await Promise.race([source?.read(), aborted]);
          if (read?.value === undefined) controller.close();
          else controller.enqueue(read.value);
        } catch (thrown) {
          controller.error(thrown);
        }
      },
    }),
  );
}

/** Lets everything that is ready run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}
