/**
 * GitRepository over http(s): every way to name a commit, to log in and to trust; includes and timeouts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { listEntries } from "../support/archive.ts";
import { type Certificates, makeCertificates } from "../support/certificates.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { type GitServer, type GitServerOptions, startGitServer } from "../support/git_server.ts";
import { lacks } from "../support/requirements.ts";
import { startTlsFront } from "../support/tls_front.ts";
import { type Expected, gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";
import { fieldOf } from "../../tools/demo/observe.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source"] });

interface Ids {
  readonly one: string;
  readonly two: string;
  readonly three: string;
}

const references: {
  name: string;
  ref: (ids: Ids) => Readonly<Record<string, string>>;
  want: (ids: Ids) => string;
}[] = [
  { name: "a branch", ref: () => ({ branch: "dev" }), want: ({ three }) => `dev@sha1:${three}` },
  { name: "a tag", ref: () => ({ tag: "v1.2.0" }), want: ({ one }) => `v1.2.0@sha1:${one}` },
  {
    name: "a range of versions, before a branch",
    ref: () => ({ semver: ">=1.0.0 <2.0.0", branch: "dev" }),
    want: ({ two }) => `v1.10.0@sha1:${two}`,
  },
  {
    name: "a range that wants pre-releases",
    ref: () => ({ semver: ">=2.0.0-0 <3.0.0" }),
    want: ({ three }) => `v2.0.0-rc.1@sha1:${three}`,
  },
  {
    name: "equal versions by their latest commit",
    ref: () => ({ semver: ">=3.0.0" }),
    want: ({ two }) => `v3.0.0+a@sha1:${two}`,
  },
  {
    name: "a full name, before a range",
    ref: () => ({ name: "refs/heads/main", semver: "*" }),
    want: ({ two }) => `refs/heads/main@sha1:${two}`,
  },
  { name: "a commit", ref: ({ one }) => ({ commit: one }), want: ({ one }) => `sha1:${one}` },
  {
    name: "a commit of a branch",
    ref: ({ three }) => ({ commit: three, branch: "dev" }),
    want: ({ three }) => `dev@sha1:${three}`,
  },
];

Deno.test("spec.ref finds its commit in every form", async (t) => {
  await using git = await startGitServer();
  const repository = await git.createRepository("refs");
  const one = await repository.commit({ files: { a: "1" } });
  await repository.tag("v1.2.0", "annotated");
  await repository.tag("v3.0.0+b", "older, but greater by name");
  const two = await repository.commit({ files: { a: "2" } });
  await repository.tag("v1.10.0");
  await repository.tag("v3.0.0+a");
  const three = await repository.commit({ files: { a: "3" }, branch: "dev" });
  await repository.tag("v2.0.0-rc.1");
  const ids = { one, two, three };
  await using namespace = await cluster.openNamespace();

  for (const [index, { name, ref, want }] of references.entries()) {
    await t.step(name, async () => {
      const spec = { url: repository.url, ref: ref(ids) };
      await toolkit.apply(gitRepository(namespace.name, `r${index}`, spec));

      const message = `stored artifact for revision '${want(ids)}'`;
      await untilReady(namespace.name, `r${index}`, { status: "True", message });
    });
  }
});

const BASIC = { username: "me", password: "secret" };

const logins: {
  name: string;
  server: GitServerOptions;
  secret: Readonly<Record<string, string>> | undefined;
  want: Expected;
}[] = [
  {
    name: "user and password",
    server: { auth: BASIC },
    secret: BASIC,
    want: { status: "True" },
  },
  {
    name: "a token, before user and password",
    server: { auth: { bearerToken: "t0ken" } },
    secret: { ...BASIC, bearerToken: "t0ken" },
    want: { status: "True" },
  },
  {
    name: "no login where one is demanded",
    server: { auth: BASIC },
    secret: undefined,
    want: { status: "False", reason: "GitOperationFailed", message: "authentication required" },
  },
  {
    name: "a wrong password",
    server: { auth: BASIC },
    secret: { username: "me", password: "guess" },
    want: { status: "False", reason: "GitOperationFailed", message: "authentication required" },
  },
  {
    name: "a password without a user",
    server: {},
    secret: { password: "secret" },
    want: { status: "False", reason: "AuthenticationFailed", message: "requires 'username'" },
  },
];

for (const { name, server, secret, want } of logins) {
  Deno.test(`spec.secretRef with ${name} ends ${want.status}`, async () => {
    await using git = await startGitServer(server);
    const url = await smallRepository(git);
    await using namespace = await cluster.openNamespace();
    if (secret !== undefined) await toolkit.applySecret(namespace.name, "login", secret);

    const secretRef = secret === undefined ? {} : { secretRef: { name: "login" } };
    await toolkit.apply(gitRepository(namespace.name, "app", { url, ...secretRef }));

    const { status } = await untilReady(namespace.name, "app", want);
    assert.ok(!JSON.stringify(status).includes("guess"), "no secret is shown");
  });
}

const trusts: {
  name: string;
  secret: (certificates: Certificates) => Readonly<Record<string, string>>;
  want: Expected;
}[] = [
  {
    name: "authority, certificate and key",
    secret: ({ ca, client }) => ({
      "ca.crt": ca,
      "tls.crt": client.cert,
      "tls.key": client.key,
    }),
    want: { status: "True" },
  },
  {
    name: "authority, certificate and key by their old names",
    secret: ({ ca, client }) => ({ caFile: ca, certFile: client.cert, keyFile: client.key }),
    want: { status: "True" },
  },
  {
    name: "the authority alone",
    secret: ({ ca }) => ({ "ca.crt": ca }),
    want: { status: "False", reason: "GitOperationFailed", message: "unable to clone" },
  },
  {
    name: "a certificate alone, of a server nobody vouches for",
    secret: ({ client }) => ({ "tls.crt": client.cert, "tls.key": client.key }),
    want: {
      status: "False",
      reason: "GitOperationFailed",
      message: "x509: certificate signed by unknown authority",
    },
  },
  {
    name: "a certificate without its key",
    secret: ({ ca, client }) => ({ "ca.crt": ca, "tls.crt": client.cert }),
    want: { status: "False", reason: "AuthenticationFailed", message: "'tls.key'" },
  },
];

Deno.test({
  name: "a server that demands a client certificate gets the one of spec.secretRef",
  ignore: lacks("openssl", "install openssl"),
  async fn(t) {
    const certificates = await makeCertificates();
    await using git = await startGitServer();
    const plainUrl = await smallRepository(git);
    await using front = await startTlsFront(git.url, certificates);
    const url = plainUrl.replace(git.url, front.url);

    for (const { name, secret, want } of trusts) {
      await t.step(`${name}: ${want.status}`, async () => {
        await using namespace = await cluster.openNamespace();
        await toolkit.applySecret(namespace.name, "login", secret(certificates));
        const spec = { url, secretRef: { name: "login" } };
        await toolkit.apply(gitRepository(namespace.name, "app", spec));

        await untilReady(namespace.name, "app", want);
      });
    }
  },
});

Deno.test("a server that hangs is left alone after spec.timeout", async () => {
  await using git = await startGitServer();
  const url = await smallRepository(git);
  git.mode = "hang";
  await using namespace = await cluster.openNamespace();
  const began = performance.now();
  await toolkit.apply(gitRepository(namespace.name, "app", { url, timeout: "1s" }));

  await untilReady(namespace.name, "app", {
    status: "False",
    reason: "GitOperationFailed",
    message: "context deadline exceeded",
  });
  assert.ok(performance.now() - began >= 1_000);

  // The second is enough for a server that hangs, and may not be for one that serves.
  git.mode = "serve";
  await toolkit.apply(gitRepository(namespace.name, "app", { url, timeout: "30s" }));
  await untilReady(namespace.name, "app", { status: "True" });
});

Deno.test("spec.include waits for its repository, then stores both", async () => {
  await using git = await startGitServer();
  const own = await git.createRepository("own");
  await own.commit({ files: { "own.yaml": "a: 1\n", "vendor/old.yaml": "gone: true\n" } });
  const library = await git.createRepository("library");
  await library.commit({ files: { "deploy/x.yaml": "b: 1\n", "README": "no" } });
  await using namespace = await cluster.openNamespace();
  const include = [{ repository: { name: "library" }, fromPath: "deploy", toPath: "vendor" }];
  await toolkit.apply(gitRepository(namespace.name, "own", { url: own.url, include }));
  await untilReady(namespace.name, "own", {
    status: "False",
    reason: "NotFound",
    message: "could not get resource for include 'library'",
  });

  await toolkit.apply(gitRepository(namespace.name, "library", { url: library.url }));
  const stored = await untilReady(namespace.name, "own", { status: "True" });

  const url = String(fieldOf(stored, "status", "artifact", "url"));
  assert.deepEqual(await listEntries(url), [".", "own.yaml", "vendor", "vendor/x.yaml"]);
  const first = fieldOf(stored, "status", "includedArtifacts", 0, "revision");
  const commit = await library.commit({ files: { "deploy/y.yaml": "c: 1\n" } });
  assert.notEqual(first, `main@sha1:${commit}`);

  await toolkit.nudge(gitRepositoryRef(namespace.name, "library"));
  await untilReady(namespace.name, "library", { status: "True", commit });
  await toolkit.nudge(gitRepositoryRef(namespace.name, "own"));
  const again = await toolkit.until(
    gitRepositoryRef(namespace.name, "own"),
    "stored with the library's new commit",
    (object) =>
      fieldOf(object, "status", "includedArtifacts", 0, "revision") === `main@sha1:${commit}`,
  );
  const newUrl = String(fieldOf(again, "status", "artifact", "url"));
  assert.deepEqual(await listEntries(newUrl), [
    ".",
    "own.yaml",
    "vendor",
    "vendor/x.yaml",
    "vendor/y.yaml",
  ]);
});

/** The URL of a repository with one file. */
async function smallRepository(git: GitServer): Promise<string> {
  const repository = await git.createRepository("app");
  await repository.commit({ files: { "a.yaml": "a: 1\n" } });
  return repository.url;
}

function untilReady(namespace: string, name: string, expected: Expected) {
  return toolkit.untilReady(gitRepositoryRef(namespace, name), expected);
}
