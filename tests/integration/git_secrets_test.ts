/**
 * What opens a repository is in no status, event, log line or metric, however it fails (reliability, rows 8 and 26).
 *
 * @module
 */
import assert from "node:assert/strict";
import { useTestCluster } from "../support/control_plane.ts";
import { makeSshKey } from "../support/ssh_keys.ts";
import { gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, {
  components: ["source"],
  flags: ["--metrics-addr=127.0.0.1:0"],
});

/** Nobody may see it, in whatever way it is written. */
const CANARY = `Canary-${crypto.randomUUID()}`;
const FORMS = [
  CANARY,
  encodeURIComponent(`${CANARY}@`),
  ...[`:${CANARY}`, `me:${CANARY}`, `${CANARY}:${CANARY}`, `${CANARY}:`].map((pair) =>
    btoa(pair).replace(/=+$/, "")
  ),
];

interface Place {
  /** A server that says in full what it was asked with, and lets nobody in. */
  readonly echo: string;
  /** A private key that needs a passphrase. */
  readonly identity: string;
}

const cases: {
  name: string;
  url: (place: Place) => string;
  secret?: (place: Place) => Readonly<Record<string, string>>;
  proxy?: (place: Place) => Readonly<Record<string, string>>;
  spec?: Readonly<Record<string, unknown>>;
}[] = [
  { name: "in the address", url: ({ echo }) => userAt(echo) },
  { name: "in the address, where nobody listens", url: () => userAt("http://127.0.0.1:2") },
  { name: "in the address of an unknown host", url: () => userAt("http://git.invalid") },
  { name: "in an address that is none", url: () => `http://me:${CANARY}@host:ssh/app` },
  { name: "in an address with a line end", url: ({ echo }) => `${userAt(echo)}%0a` },
  { name: "in the address of a refused place", url: () => userAt("http://169.254.169.254") },
  {
    name: "in the address of a server that sends us away",
    url: ({ echo }) => `${userAt(echo)}/moved`,
  },
  {
    name: "as a user without a password",
    url: ({ echo }) => `${echo}/app`,
    secret: () => ({ username: CANARY }),
  },
  {
    name: "as a password",
    url: ({ echo }) => `${echo}/app`,
    secret: () => ({ username: "me", password: CANARY }),
  },
  {
    name: "as user and password",
    url: ({ echo }) => `${echo}/app`,
    secret: () => ({ username: CANARY, password: CANARY }),
  },
  {
    name: "as a token",
    url: ({ echo }) => `${echo}/app`,
    secret: () => ({ bearerToken: CANARY }),
  },
  {
    name: "as a certificate",
    url: ({ echo }) => `${echo.replace("http:", "https:")}/app`,
    secret: () => ({ "tls.crt": CANARY, "tls.key": CANARY, "ca.crt": CANARY }),
  },
  {
    name: "as a key of SSH",
    url: () => "ssh://git@127.0.0.1:2/app",
    secret: () => ({ identity: CANARY, known_hosts: "x ssh-ed25519 AAAA" }),
  },
  {
    name: "as a passphrase",
    url: () => "ssh://git@127.0.0.1:2/app",
    secret: ({ identity }) => ({
      identity,
      known_hosts: "x ssh-ed25519 AAAA",
      password: CANARY,
    }),
  },
  {
    name: "as the key of an app",
    url: ({ echo }) => `${echo}/app`,
    spec: { provider: "github" },
    secret: () => ({
      githubAppID: "1",
      githubAppInstallationID: "2",
      githubAppPrivateKey: CANARY,
    }),
  },
  {
    name: "as a proxy's password",
    url: () => "http://git.invalid/app",
    proxy: ({ echo }) => ({ address: echo, username: "me", password: CANARY }),
  },
  {
    name: "in a proxy's address",
    url: () => "http://git.invalid/app",
    proxy: () => ({ address: `http://me:${CANARY}@127.0.0.1:2` }),
  },
  {
    name: "in a proxy's address that is none",
    url: () => "http://git.invalid/app",
    proxy: () => ({ address: `ftp://me:${CANARY}@127.0.0.1:2` }),
  },
];

Deno.test("what opens a repository is shown nowhere, however it fails", async (t) => {
  const echo = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answerInFull);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => echo.shutdown());
  const namespace = stack.use(await cluster.openNamespace());
  const { identity } = await makeSshKey({ passphrase: "another" });
  const place = { echo: `http://127.0.0.1:${echo.addr.port}`, identity };
  for (const [at, { url, secret, proxy, spec }] of cases.entries()) {
    if (secret !== undefined) {
      await toolkit.applySecret(namespace.name, `login${at}`, secret(place));
    }
    if (proxy !== undefined) await toolkit.applySecret(namespace.name, `proxy${at}`, proxy(place));
    await toolkit.apply(gitRepository(namespace.name, `app${at}`, {
      url: url(place),
      timeout: "5s",
      ...(secret && { secretRef: { name: `login${at}` } }),
      ...(proxy && { proxySecretRef: { name: `proxy${at}` } }),
      ...spec,
    }));
  }

  for (const [at, { name }] of cases.entries()) {
    await t.step(name, async () => {
      const ref = gitRepositoryRef(namespace.name, `app${at}`);

      const { status } = await toolkit.untilReady(ref, { status: "False" });

      assert.deepEqual(shownIn(JSON.stringify(status)), []);
    });
  }

  // Events come after the status that they belong to.
  await toolkit.untilEvent(namespace.name, "GitOperationFailed");
  const events = { group: "", version: "v1", kind: "Event" };
  const seen = await toolkit.cluster.list(events, { namespace: namespace.name });
  assert.ok(seen.ok && seen.value.items.length > 0);
  assert.deepEqual(shownIn(JSON.stringify(seen.value.items)), [], "events");
  assert.deepEqual(shownIn(await toolkit.readLog()), [], "log");
  const port = await toolkit.untilLogged(/"metrics":(\d+)/);
  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(metrics.status, 200);
  assert.deepEqual(shownIn(await metrics.text()), [], "metrics");
});

function shownIn(text: string): string[] {
  return FORMS.filter((form) => text.includes(form));
}

function userAt(server: string): string {
  return `${server.replace("://", `://me:${CANARY}@`)}/app`;
}

/** Repeats the login as it came and as it reads; `/moved` leads to another origin. */
function answerInFull({ url, headers }: Request): Response {
  if (url.includes("/moved")) {
    return new Response(null, { status: 302, headers: { location: "http://localhost:2/app" } });
  }
  const given = headers.get("authorization") ?? headers.get("proxy-authorization") ?? "";
  const [, basic] = /^Basic (.*)$/.exec(given) ?? [];
  return new Response(`no: ${given} ${basic === undefined ? "" : atob(basic)}\n`, { status: 401 });
}
