import assert from "node:assert/strict";
import { fail, joinBytes, ok } from "../base/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import {
  certify,
  makeSshTestKey,
  type SshTestKey,
  type TestCertificate,
} from "../testing/ssh_certificate.ts";
import { connectTestHost, type TestHost } from "../testing/ssh_host.ts";
import { parseKnownHosts } from "./known_hosts.ts";
import { type Trust, Vouchers } from "./vouchers.ts";
import { sshNumber, sshString } from "./wire.ts";

const PLACE = { host: "git.example", port: 22 };
const never = new AbortController().signal;
const KEEP_MS = 300_000;
const ASK_MS = 30_000;

interface Scene {
  readonly authority: SshTestKey;
  readonly key: SshTestKey;
  readonly clock: FakeClock;
  readonly vouchers: Vouchers;
  /** What is shown, from now on. */
  host: TestHost;
  /** Connections so far. */
  dialled: number;
}

async function openScene(says: TestCertificate = {}): Promise<Scene> {
  const [authority, key] = await Promise.all([makeSshTestKey(), makeSshTestKey()]);
  const clock = new FakeClock();
  const certificate = await certify(authority, key, says);
  return {
    authority,
    key,
    clock,
    vouchers: new Vouchers({ clock, keepMs: KEEP_MS, askMs: ASK_MS, algorithms: {} }),
    host: { certificate, sign: key.sign },
    dialled: 0,
  };
}

function trustIn(lines: string): Trust {
  const knownHosts = parseKnownHosts(lines);
  assert.ok(knownHosts.ok);
  return { place: PLACE, knownHosts: knownHosts.value };
}

function rsaKey(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const modulus = new Uint8Array(sizeBytes).fill(0xff);
  return joinBytes(sshString("ssh-rsa"), sshNumber(Uint8Array.of(1, 0, 1)), sshNumber(modulus));
}

function find(scene: Scene, lines: string) {
  const dial = () => {
    scene.dialled++;
    return Promise.resolve(ok(connectTestHost(scene.host)));
  };
  return scene.vouchers.find(trustIn(lines), { dial, signal: never });
}

Deno.test("Vouchers ask no server that no authority may vouch for", async () => {
  const scene = await openScene();
  const lines = `@cert-authority x.example ${scene.authority.publicKey}\n` +
    `git.example ${scene.key.publicKey}`;

  assert.deepEqual(await find(scene, lines), ok({ isRemembered: false }));
  assert.equal(scene.dialled, 0);
});

Deno.test("Vouchers ask once, for all who want to know, until the time is over", async () => {
  const scene = await openScene();
  const lines = `@cert-authority * ${scene.authority.publicKey}`;
  const voucher = { key: scene.key.blob };

  const both = await Promise.all([find(scene, lines), find(scene, `${lines}\n# the same`)]);
  assert.deepEqual(both, [
    ok({ voucher, isRemembered: false }),
    ok({ voucher, isRemembered: true }),
  ]);
  await scene.clock.advance(KEEP_MS - 1);
  assert.deepEqual(await find(scene, lines), ok({ voucher, isRemembered: true }));
  assert.equal(scene.dialled, 1);
  await scene.clock.advance(1);
  assert.deepEqual(await find(scene, lines), ok({ voucher, isRemembered: false }));
  scene.vouchers.forget(trustIn(lines));
  assert.deepEqual(await find(scene, lines), ok({ voucher, isRemembered: false }));
  assert.equal(scene.dialled, 3);
});

Deno.test("Vouchers are judged by each one's own lines", async () => {
  const scene = await openScene();
  const other = await makeSshTestKey();

  const first = await find(scene, `@cert-authority * ${scene.authority.publicKey}`);
  const second = await find(scene, `@cert-authority * ${other.publicKey}`);

  assert.ok(first.ok);
  assert.match(second.ok ? "" : second.message, /no authorities for hostname/);
  assert.equal(scene.dialled, 1);
});

Deno.test("Vouchers by another proxy are others", async () => {
  const scene = await openScene();
  const trust = trustIn(`@cert-authority * ${scene.authority.publicKey}`);
  const dial = () => Promise.resolve(ok(connectTestHost(scene.host)));
  const proxy = { host: "proxy.example", port: 1080 };

  for (const password of ["one", "two"]) {
    const through = { ...trust, proxy: { ...proxy, password } };
    const got = await scene.vouchers.find(through, { dial, signal: never });
    assert.equal(got.ok && got.value.isRemembered, false);
  }
});

Deno.test("Vouchers that are remembered are held against the time, and then asked for anew", async () => {
  const end = BigInt(Date.UTC(2026, 0, 1)) / 1000n + 10n;
  const scene = await openScene({ validity: [0n, end] });
  const lines = `@cert-authority * ${scene.authority.publicKey}`;
  const refused = {
    ok: false,
    code: "HostKeyRejected",
    message: "ssh: handshake failed: ssh: cert has expired at 2026-01-01T00:00:10Z",
  };

  assert.ok((await find(scene, lines)).ok);
  await scene.clock.advance(10_000);
  assert.deepEqual(await find(scene, lines), refused);
  assert.equal(scene.dialled, 1);
  scene.host = { ...scene.host, certificate: await certify(scene.authority, scene.key) };
  await scene.clock.advance(20_000);
  assert.ok((await find(scene, lines)).ok);
  assert.equal(scene.dialled, 2);
});

const THIEF =
  "ssh: handshake failed: ssh: the host does not hold the key of the certificate that it shows";

const cases: {
  name: string;
  host?: (scene: Scene) => Promise<Partial<TestHost>> | Partial<TestHost>;
  says?: TestCertificate;
  /** `HostKeyRejected` when absent. */
  code?: string;
  /** What is left to lines of keys, where there are some. */
  why?: string;
  /** Absent where it is left to lines even if there are none. */
  want?: string;
}[] = [
  {
    name: "no certificate",
    host: () => ({ serverHostKey: ["ssh-ed25519"] }),
    why: "it shows no certificate",
  },
  {
    name: "a certificate for another name",
    says: { principals: ["x"] },
    why:
      'ssh: principal "git.example" not in the set of valid principals for given certificate: ["x"]',
    want:
      'ssh: handshake failed: ssh: principal "git.example" not in the set of valid principals ' +
      'for given certificate: ["x"]',
  },
  {
    name: "the certificate of a key that it lacks",
    host: async () => ({ sign: (await makeSshTestKey()).sign }),
    want: THIEF,
  },
  {
    name: "a signature over something else",
    host: ({ key }) => ({ sign: (hash) => key.sign(hash.slice(1)) }),
    want: THIEF,
  },
  {
    name: "a signature of another kind",
    host: ({ key }) => ({
      sign: async (hash) => joinBytes(sshString("ssh-rsa"), (await key.sign(hash)).subarray(15)),
    }),
    want: THIEF,
  },
  {
    name: "no signature",
    host: () => ({ sign: () => Promise.resolve(new Uint8Array()) }),
    want: THIEF,
  },
  {
    name: "the certificate of a key that is too short",
    host: async ({ authority }) => ({
      certificate: await certify(authority, { blob: rsaKey(1024 / 8) }),
    }),
    code: "WeakKey",
    want: "ssh: handshake failed: the server's RSA host key has 1024 bits, not 2048 to 16384",
  },
  {
    name: "a plain key as a certificate",
    host: ({ key }) => ({ certificate: key.blob }),
    want:
      'ssh: handshake failed: ssh: the host\'s certificate cannot be read: its type "ssh-ed25519" ' +
      "is not supported",
  },
];

for (const { name, host, says, code = "HostKeyRejected", why, want } of cases) {
  Deno.test(`Vouchers find nothing with a server that shows ${name}`, async () => {
    const scene = await openScene(says);
    scene.host = { ...scene.host, ...await host?.(scene) };
    const lines = `@cert-authority * ${scene.authority.publicKey}`;

    const alone = await find(scene, lines);
    scene.vouchers.forget(trustIn(lines));
    const withLines = await find(scene, `${lines}\n* ${scene.key.publicKey}`);

    const refused = { ok: false, code, message: want };
    const left = ok({ voucher: { why }, isRemembered: false });
    assert.deepEqual(alone, want === undefined ? left : refused);
    assert.deepEqual(withLines, why === undefined ? refused : left);
  });
}

Deno.test("Vouchers hand on why a server is not reached, and ask again next time", async () => {
  const scene = await openScene();
  const lines = `@cert-authority * ${scene.authority.publicKey}`;
  const trust = trustIn(lines);
  const gone = fail("Unreachable", "dial tcp: nobody is there");

  const got = await scene.vouchers.find(trust, {
    dial: () => Promise.resolve(gone),
    signal: never,
  });

  assert.deepEqual(got, gone);
  assert.ok((await find(scene, lines)).ok);
});

Deno.test("Vouchers keep nobody who is called off waiting for somebody else's answer", async () => {
  const scene = await openScene();
  const trust = trustIn(`@cert-authority * ${scene.authority.publicKey}`);
  const asked = Promise.withResolvers<ReturnType<typeof fail>>();
  const off = new AbortController();
  const first = scene.vouchers.find(trust, { dial: () => asked.promise, signal: never });
  const second = scene.vouchers.find(trust, { dial: () => asked.promise, signal: off.signal });

  off.abort();

  const got = await second;
  assert.equal(!got.ok && got.code, "Timeout");
  asked.resolve(fail("Unreachable", "dial tcp: nobody is there"));
  assert.equal((await first).ok, false);
});

Deno.test("Vouchers go on asking for one who waits on somebody that is called off", async () => {
  const scene = await openScene();
  const trust = trustIn(`@cert-authority * ${scene.authority.publicKey}`);
  const reached = Promise.withResolvers<void>();
  const off = new AbortController();
  const called: AbortSignal[] = [];
  const dial = async (signal: AbortSignal) => {
    called.push(signal);
    await reached.promise;
    return ok(connectTestHost(scene.host));
  };
  const first = scene.vouchers.find(trust, { dial, signal: off.signal });
  const second = scene.vouchers.find(trust, { dial, signal: never });

  off.abort();
  reached.resolve();

  const got = await first;
  assert.equal(!got.ok && got.code, "Timeout");
  assert.ok((await second).ok);
  assert.deepEqual(called.map(({ aborted }) => aborted), [false]);
});

Deno.test("Vouchers give a silent server up, though there is always somebody who waits for it", async () => {
  const scene = await openScene();
  const trust = trustIn(`@cert-authority * ${scene.authority.publicKey}`);
  const silent = (signal: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<ReturnType<typeof fail>>();
    signal.addEventListener("abort", () => resolve(fail("Timeout", "ssh: dial")));
    return promise;
  };
  const first = scene.vouchers.find(trust, { dial: silent, signal: never });
  await scene.clock.advance(ASK_MS - 1);
  const second = scene.vouchers.find(trust, { dial: silent, signal: never });
  await scene.clock.advance(1);

  const codes = [await first, await second].map((got) => got.ok ? "ok" : got.code);
  assert.deepEqual(codes, ["Timeout", "Timeout"]);
  assert.ok((await find(scene, `@cert-authority * ${scene.authority.publicKey}`)).ok);
});
