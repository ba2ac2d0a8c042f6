/**
 * From a digest to the date of its image, over a registry of made-up contents.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fail, ok, type Result, sha256Digest } from "../base/mod.ts";
import { fetchImageCreated } from "./created.ts";
import type { Session, SessionRequest } from "./session.ts";

const DATE = "2024-05-06T07:08:09.123456789Z";
const CONFIG = { architecture: "amd64", os: "linux", created: DATE };

/** Contents by path; what is put in gets its digest. */
class FakeRegistry implements Session {
  readonly origin = "https://reg.io";
  readonly asked: SessionRequest[] = [];
  readonly #contents = new Map<string, Uint8Array>();

  add(kind: "manifests" | "blobs", value: unknown, digest?: string): string {
    const body = new TextEncoder().encode(
      typeof value === "string" ? value : JSON.stringify(value),
    );
    const name = digest ?? sha256Digest(body);
    this.#contents.set(`/v2/app/${kind}/${name}`, body);
    return name;
  }

  request(request: SessionRequest): ReturnType<Session["request"]> {
    this.asked.push(request);
    const body = this.#contents.get(request.path);
    if (body === undefined) return Promise.resolve(fail("NotFound", request.path));
    if (body.length > request.maxBytes) return Promise.resolve(fail("TooLarge", request.path));
    const url = this.origin + request.path;
    return Promise.resolve(ok({ status: 200, headers: new Headers(), url, body }));
  }

  image(config: unknown = CONFIG): string {
    const digest = this.add("blobs", config);
    return this.add("manifests", { schemaVersion: 2, config: { digest, size: sizeOf(config) } });
  }
}

const images: {
  name: string;
  digest: (registry: FakeRegistry) => string;
  want: string | undefined;
}[] = [
  { name: "an image", digest: (registry) => registry.image(), want: DATE },
  { name: "an image without a date", digest: (registry) => registry.image({}), want: undefined },
  {
    name: "a date that is no text",
    digest: (registry) => registry.image({ created: 1 }),
    want: undefined,
  },
  {
    name: "the first image of an index",
    digest: (registry) => {
      const first = registry.image();
      const second = registry.image({ created: "2000-01-01T00:00:00Z" });
      return registry.add("manifests", { manifests: [{ digest: first }, { digest: second }] });
    },
    want: DATE,
  },
  {
    name: "an index whose first entries are statements about the image",
    digest: (registry) => {
      const statement = registry.image({ created: "2000-01-01T00:00:00Z" });
      const platform = { os: "unknown", architecture: "unknown" };
      const annotations = { "vnd.docker.reference.type": "attestation-manifest" };
      return registry.add("manifests", {
        manifests: [
          { digest: statement, platform },
          { digest: statement, annotations },
          { digest: registry.image(), platform: { os: "linux", architecture: "arm64" } },
        ],
      });
    },
    want: DATE,
  },
  {
    name: "an index of an index",
    digest: (registry) =>
      registry.add("manifests", {
        manifests: [{
          digest: registry.add("manifests", { manifests: [{ digest: registry.image() }] }),
        }],
      }),
    want: DATE,
  },
  {
    name: "contents named by SHA-512",
    digest: (registry) => {
      const body = JSON.stringify(CONFIG);
      const digest = `sha512:${createHash("sha512").update(body).digest("hex")}`;
      registry.add("blobs", body, digest);
      return registry.add("manifests", { config: { digest, size: body.length } });
    },
    want: DATE,
  },
];

for (const { name, digest, want } of images) {
  Deno.test(`fetchImageCreated() reads the date of ${name}`, async () => {
    const registry = new FakeRegistry();

    const got = await fetchImageCreated(registry, "app", digest(registry));

    assert.deepEqual(got, { ok: true, value: want });
  });
}

const refused: {
  name: string;
  digest: (registry: FakeRegistry) => string;
  want: RegExp;
  requests: number;
}[] = [
  {
    name: "what is no digest",
    digest: () => "latest",
    want: /^InvalidName: "latest"/,
    requests: 0,
  },
  {
    name: "a digest by what nobody can check",
    digest: () => `md5:${"a".repeat(32)}`,
    want: /^InvalidAnswer: .* is no digest by sha256 or sha512$/,
    requests: 0,
  },
  { name: "what is not there", digest: () => sha256Digest("x"), want: /^NotFound: /, requests: 1 },
  {
    name: "another manifest than was asked for",
    digest: (registry) => registry.add("manifests", { config: {} }, sha256Digest("x")),
    want: /^InvalidAnswer: .*: the content does not have this digest$/,
    requests: 1,
  },
  {
    name: "another configuration than the manifest names",
    digest: (registry) => {
      const digest = registry.add("blobs", CONFIG, sha256Digest("x"));
      return registry.add("manifests", { config: { digest, size: 10_000 } });
    },
    want: /^InvalidAnswer: .*: the content does not have this digest$/,
    requests: 2,
  },
  {
    name: "a configuration that says it is huge",
    digest: (registry) =>
      registry.add("manifests", { config: { digest: sha256Digest("x"), size: 1 << 30 } }),
    want: /^TooLarge: .* has 1073741824 bytes$/,
    requests: 1,
  },
  {
    name: "a configuration that is larger than it says",
    digest: (registry) => {
      const digest = registry.add("blobs", CONFIG);
      return registry.add("manifests", { config: { digest, size: 3 } });
    },
    want: /^TooLarge: /,
    requests: 2,
  },
  {
    name: "indexes without end",
    digest: (registry) => {
      let digest = registry.image();
      for (let depth = 0; depth < 10; depth++) {
        digest = registry.add("manifests", { manifests: [{ digest }] });
      }
      return digest;
    },
    want: /^InvalidAnswer: .* is an index of indexes$/,
    requests: 4,
  },
  {
    name: "an index of nothing",
    digest: (registry) => registry.add("manifests", { manifests: [] }),
    want: /^InvalidAnswer: .* is no image$/,
    requests: 1,
  },
  {
    name: "a manifest of the old kind",
    digest: (registry) => registry.add("manifests", { schemaVersion: 1, history: [] }),
    want: /^InvalidAnswer: .* is no image$/,
    requests: 1,
  },
  {
    name: "a list for an object",
    digest: (registry) => registry.add("manifests", []),
    want: /^InvalidAnswer: .*: the answer is no JSON object$/,
    requests: 1,
  },
  {
    name: "what is nested to fill our memory",
    digest: (registry) => registry.add("manifests", `{"a":${"[".repeat(200_000)}`),
    want: /^InvalidAnswer: .*: nested too often$/,
    requests: 1,
  },
];

for (const { name, digest, want, requests } of refused) {
  Deno.test(`fetchImageCreated() refuses ${name}`, async () => {
    const registry = new FakeRegistry();

    const got = await fetchImageCreated(registry, "app", digest(registry));

    assert.match(said(got), want);
    assert.equal(registry.asked.length, requests);
  });
}

Deno.test("fetchImageCreated() asks the registry alone, whatever addresses a manifest has", async () => {
  const registry = new FakeRegistry();
  const digest = registry.add("blobs", CONFIG);
  const urls = ["https://evil.io/x", "http://169.254.169.254/"];
  const manifest = registry.add("manifests", { config: { digest, size: sizeOf(CONFIG), urls } });
  const index = registry.add("manifests", { manifests: [{ digest: manifest, urls }] });

  const got = await fetchImageCreated(registry, "app", index);

  assert.ok(got.ok);
  assert.deepEqual(registry.asked.map(({ path }) => path), [
    `/v2/app/manifests/${index}`,
    `/v2/app/manifests/${manifest}`,
    `/v2/app/blobs/${digest}`,
  ]);
});

function sizeOf(config: unknown): number {
  return JSON.stringify(config).length;
}

function said(result: Result<unknown>): string {
  return result.ok ? "ok" : `${result.code}: ${result.message}`;
}
