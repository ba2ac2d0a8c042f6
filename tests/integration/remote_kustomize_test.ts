/**
 * Remote bases against the real kustomize: what it asks git for, and what it builds.
 *
 * @module
 */
import assert from "node:assert/strict";
import { main } from "../../cli/main.ts";
import { parseRemoteAddress } from "../../lib/kustomize/mod.ts";
import { buildTool } from "../../tools/controlplane/build.ts";
import { capture } from "../../tools/process.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { kustomizeBuild } from "../support/kustomize_cli.ts";

/** Says what it was asked for, and never answers anything. */
const FAKE_GIT = `#!/bin/sh
case "$*" in *fetch*) shift; echo "asked: $*" >&2; exit 1;; esac
`;

const SCHEMES = ["", "https://", "http://", "HTTPS://", "ssh://", "git::", "git::https://"];
const USERS = ["", "git@", "org-1@", "me:secret@", "_x@"];
const HOSTS = ["127.0.0.1:1/", "GitHub.com/", "github.com:", "127.0.0.1:"];
const PATHS = [
  "org",
  "org/",
  "org/repo",
  "org/repo/",
  "org/repo/a/b",
  "org/repo//a//b",
  "org/repo//a/../b",
  "org/repo/../..",
  "org/sub/repo.git/a",
  "org/repo.git",
  "org/repo.github/a",
  "org/project/_git/repo/a",
  "/repo",
];
const QUERIES = ["", "?ref=v1", "?version=v2", "?version=v2&ref=a%2Fb", "?ref=a;b", "?ref=%zz"];

/** Every form of each part, in turns that do not repeat. */
function addresses(): string[] {
  const all: string[] = [];
  let turn = 0;
  for (const scheme of SCHEMES) {
    for (const user of USERS) {
      for (const host of HOSTS) {
        const path = PATHS[turn % PATHS.length] ?? "";
        const query = QUERIES[turn % QUERIES.length] ?? "";
        all.push(`${scheme}${user}${host}${path}${query}`);
        turn++;
      }
    }
  }
  for (const path of PATHS) {
    for (const query of QUERIES) all.push(`https://127.0.0.1:1/${path}${query}`);
  }
  return all;
}

Deno.test("parseRemoteAddress() asks git for what the real kustomize asks it for", async () => {
  const kustomize = await buildTool("kustomize");
  assert.ok(kustomize.ok, kustomize.ok ? "" : kustomize.message);
  const folder = await Deno.makeTempDir({ prefix: "sluice-addresses-" });
  await Deno.writeTextFile(`${folder}/git`, FAKE_GIT, { mode: 0o755 });
  let fetched = 0;

  for (const address of addresses()) {
    await Deno.writeTextFile(
      `${folder}/kustomization.yaml`,
      JSON.stringify({ resources: [address] }),
    );
    const env = { PATH: `${folder}:/usr/bin:/bin` };
    const ran = await capture([kustomize.value, "build", folder], { env, clearEnv: true });
    const asked = ran.ok
      ? /^asked: (.*)$/m.exec(ran.value.stderr.replaceAll("': asked", "\nasked"))?.[1]
      : "";

    const got = parseRemoteAddress(address);
    const want = got.ok
      ? `--depth=1 ${got.value.repository} ${got.value.ref ?? "HEAD"}`
      : undefined;
    // What it says of a scheme it does not know is an error in both.
    assert.equal(asked?.trim(), want?.trim(), address);
    if (asked !== undefined) fetched++;
  }

  await Deno.remove(folder, { recursive: true });
  assert.ok(fetched > 100, `only ${fetched} were fetched`);
});

let git: GitServer;
let files: Deno.HttpServer<Deno.NetAddr>;
Deno.test.beforeAll(async () => {
  git = await startGitServer();
  const repository = await git.createRepository("org/base");
  await repository.commit({ files: REMOTE });
  await repository.tag("v1", "the first");
  await repository.commit({ files: { "sub/cm.yaml": configMap("sub", "second") } });
  await repository.commit({
    files: { "sub/cm.yaml": configMap("sub", "branch") },
    branch: "feat/x",
  });
  files = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answerFile);
});
Deno.test.afterAll(async () => {
  await git?.[Symbol.asyncDispose]();
  await files?.shutdown();
});

function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {key: ${value}}\n`;
}

const REMOTE = {
  "kustomization.yaml": "resources: [sub]\nnamePrefix: root-\n",
  "sub/kustomization.yaml":
    "resources: [cm.yaml, ../other]\nconfigMapGenerator: [{name: gen, files: [data.txt]}]\n",
  "sub/cm.yaml": configMap("sub", "first"),
  "sub/data.txt": "text\n",
  "other/kustomization.yaml": "resources: [o.yaml]\nlabels: [{pairs: {l: v}}]\n",
  "other/o.yaml": configMap("other", "1"),
  "part/kustomization.yaml":
    "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -part\n",
  "up/kustomization.yaml": "resources: [../../outside]\n",
  "two/kustomization.yaml": "resources: []\n",
  "two/kustomization.yml": "resources: []\n",
};

function answerFile(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (pathname.endsWith("/page")) {
    return new Response("<html>", { headers: { "content-type": "text/html" } });
  }
  if (pathname.endsWith("/broken.yaml")) return new Response("a: [\n");
  if (pathname.endsWith("/patch")) {
    return new Response(
      "kind: ConfigMap\napiVersion: v1\nmetadata: {name: sub}\ndata: {more: x}\n",
    );
  }
  if (pathname.endsWith("/other")) return new Response(configMap("short", "1"));
  if (pathname.endsWith("/cm")) return new Response(configMap("file", "1"));
  return new Response("none", { status: 404 });
}

/** `GIT` and `WEB` stand for the two servers. */
const builds: readonly { name: string; kustomization: string; fails?: boolean }[] = [
  { name: "a folder at a tag", kustomization: "resources: ['GIT//sub?ref=v1']" },
  { name: "the root at HEAD", kustomization: "resources: [GIT]" },
  { name: "a folder behind .git", kustomization: "resources: [GIT/other]" },
  { name: "a branch with a slash", kustomization: "resources: ['GIT//sub?ref=feat/x']" },
  { name: "version instead of ref", kustomization: "resources: ['GIT//sub?version=v1']" },
  { name: "a forced prefix", kustomization: "resources: ['git::GIT//sub?ref=v1']" },
  {
    name: "the same remote twice, changed in two ways",
    kustomization: "resources: [a, b]",
  },
  {
    name: "origins and transformations",
    kustomization:
      "buildMetadata: [originAnnotations, transformerAnnotations]\nresources: [GIT, 'WEB/a/b/cm', 'WEB/other']",
  },
  { name: "a component", kustomization: "resources: [GIT//sub]\ncomponents: [GIT//part]" },
  { name: "a file", kustomization: "resources: ['WEB/a/b/cm?x=1']" },
  { name: "a patch", kustomization: "resources: [GIT//sub]\npatches: [{path: 'WEB/x/patch'}]" },
  {
    name: "a generator's file",
    kustomization: "configMapGenerator: [{name: g, files: ['f=WEB/a/b/cm']}]",
  },
  {
    name: "a ref that is not there",
    kustomization: "resources: ['GIT//sub?ref=nope']",
    fails: true,
  },
  { name: "a folder that is not there", kustomization: "resources: [GIT//nope]", fails: true },
  { name: "a file of a repository", kustomization: "resources: [GIT//sub/cm.yaml]", fails: true },
  { name: "a folder that leads out", kustomization: "resources: [GIT//up]", fails: true },
  { name: "a folder with two files", kustomization: "resources: [GIT//two]", fails: true },
  { name: "a path that leaves", kustomization: "resources: [GIT//../x]", fails: true },
  { name: "a file that is not there", kustomization: "resources: [WEB/a/b/none]", fails: true },
  { name: "a page", kustomization: "resources: [WEB/a/b/page]", fails: true },
  { name: "broken YAML", kustomization: "resources: [WEB/a/b/broken.yaml]", fails: true },
  { name: "a folder as a component", kustomization: "components: [GIT//sub]", fails: true },
  { name: "a component as a resource", kustomization: "resources: [GIT//part]", fails: true },
];

for (const { name, kustomization, fails = false } of builds) {
  Deno.test(`a build with ${name} ${fails ? "fails as" : "has the bytes of"} kustomize's own`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "sluice-remote-" });
    const replace = (text: string) =>
      text.replaceAll("GIT", `${git.url}/org/base.git`)
        .replaceAll("WEB", `http://127.0.0.1:${files.addr.port}`);
    for (const [path, says] of [["", kustomization], ["a/", A], ["b/", B]] as const) {
      await Deno.mkdir(`${folder}/${path}`, { recursive: true });
      await Deno.writeTextFile(`${folder}/${path}kustomization.yaml`, `${replace(says)}\n`);
    }
    const printed = { out: "", err: "" };

    const code = await main(["kustomize", "build", folder], {
      out: (text) => printed.out += text,
      err: (text) => printed.err += text,
    });

    const want = await kustomizeBuild(folder);
    await Deno.remove(folder, { recursive: true });
    assert.equal(want.ok, !fails, want.ok ? want.value : want.message);
    assert.equal(code, fails ? 1 : 0, printed.err);
    assert.equal(printed.out, want.ok ? want.value : "");
  });
}

const A = "resources: ['GIT//sub?ref=v1']\nnamePrefix: a-";
const B = "resources: ['GIT//sub?ref=v1']\nnamePrefix: b-";

Deno.test("one build asks the remote once for each repository and ref", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-remote-" });
  const base = `${git.url}/org/base.git`;
  await Deno.writeTextFile(
    `${folder}/kustomization.yaml`,
    `resources: ['${base}//sub?ref=v1']\ncomponents: ['${base}//part?ref=v1']\n`,
  );
  git.requests.length = 0;

  const code = await main(["kustomize", "build", folder], { out: () => {}, err: () => {} });

  await Deno.remove(folder, { recursive: true });
  assert.equal(code, 0);
  // What the server can do, its refs, the pack.
  assert.deepEqual(git.requests.map(({ method }) => method), ["GET", "POST", "POST"]);
});

Deno.test("a build without the permission says which host to allow", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-remote-" });
  await Deno.writeTextFile(
    `${folder}/kustomization.yaml`,
    `resources:\n- ${git.url}/org/base.git//sub\n`,
  );
  const cli = new URL("../../cli/main.ts", import.meta.url).pathname;
  const permissions = ["--no-prompt", "--allow-read", "--allow-env", "--allow-net=127.0.0.1:1"];

  const ran = await capture([
    Deno.execPath(),
    "run",
    ...permissions,
    cli,
    "kustomize",
    "build",
    folder,
  ]);

  await Deno.remove(folder, { recursive: true });
  const host = new URL(git.url).host;
  assert.ok(ran.ok && ran.value.code === 1);
  assert.ok(ran.value.stderr.includes(`add ${host} to --allow-net`), ran.value.stderr);
  assert.match(ran.value.stderr, /kustomization\.yaml:2: Cannot fetch remote base/);
});

Deno.test("with --no-remote-bases the CLI asks nobody", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-remote-" });
  await Deno.writeTextFile(
    `${folder}/kustomization.yaml`,
    `resources:\n- ${git.url}/org/base.git//sub\n`,
  );
  git.requests.length = 0;
  let said = "";

  const code = await main(["kustomize", "build", folder, "--no-remote-bases"], {
    out: () => {},
    err: (text) => said += text,
  });

  await Deno.remove(folder, { recursive: true });
  assert.equal(code, 1);
  assert.match(said, /kustomization\.yaml:2: remote base ".*" is refused by --no-remote-bases/);
  assert.deepEqual(git.requests, []);
});
