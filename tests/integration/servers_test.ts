/**
 * The servers that other tests stand on, asked by the real git and by plain HTTP.
 *
 * @module
 */
import assert from "node:assert/strict";
import { capture } from "../../tools/process.ts";
import { startGitServer } from "../support/git_server.ts";
import { kustomizeBuild } from "../support/kustomize_cli.ts";
import { REGISTRY_LOGIN, startRegistry } from "../support/registry.ts";
import { lacks } from "../support/requirements.ts";

const ignore = lacks("git", "install git");

/** Exit code and complaint of `git ls-remote`. */
async function listRemote(url: string) {
  const run = await capture(["git", "ls-remote", url], {
    env: { GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_GLOBAL: "/dev/null" },
  });
  if (!run.ok) throw new Error(run.message);
  return { code: run.value.code, stdout: run.value.stdout, stderr: run.value.stderr };
}

Deno.test({
  name: "the git server serves commits, branches and tags",
  ignore,
  async fn() {
    await using server = await startGitServer();
    const repository = await server.createRepository("apps");
    const first = await repository.commit({ files: { "a/b.yaml": "x: 1\n", c: "2" } });
    await repository.tag("v1", "a tag object");
    const second = await repository.commit({
      branch: "dev",
      delete: ["a"],
      files: { c: null, d: "" },
    });

    const { stdout } = await listRemote(repository.url);

    assert.ok(stdout.includes(`${first}\trefs/heads/main`));
    assert.ok(stdout.includes(`${first}\trefs/tags/v1^{}`));
    assert.ok(stdout.includes(`${second}\trefs/heads/dev`));
    assert.equal(await repository.git("ls-tree", "-r", "--name-only", "HEAD"), "d");
    assert.equal(server.requests[0]?.status, 200);
  },
});

Deno.test({
  name: "the git server demands a login, breaks and comes back at the same address",
  ignore,
  async fn(t) {
    const auth = { username: "me", password: "secret" };
    await using server = await startGitServer({ auth });
    const { url } = await server.createRepository("apps");
    const login = url.replace("://", "://me:secret@");
    const cases = [
      { name: "no login", url, prepare() {}, want: /could not read Username/ },
      { name: "login", url: login, prepare() {}, want: undefined },
      {
        name: "refused login",
        url: login,
        prepare: () => void (server.mode = "unauthorized"),
        want: /Authentication failed/,
      },
      { name: "broken", url: login, prepare: () => void (server.mode = "broken"), want: /500/ },
      { name: "stopped", url: login, prepare: () => server.stop(), want: /Failed to connect/ },
      {
        name: "restarted",
        url: login,
        async prepare() {
          server.mode = "serve";
          await server.restart();
        },
        want: undefined,
      },
    ];
    for (const { name, url, prepare, want } of cases) {
      await t.step(name, async () => {
        await prepare();

        const { code, stderr } = await listRemote(url);

        assert.equal(code === 0, want === undefined, stderr);
        if (want !== undefined) assert.match(stderr, want);
      });
    }
  },
});

Deno.test("equal histories have equal commits, whoever makes them", async () => {
  await using server = await startGitServer();
  const ids: string[] = [];
  for (const name of ["one", "two"]) {
    const repository = await server.createRepository(name);
    await repository.commit({ files: { a: "1" } });
    ids.push(await repository.commit({ files: { a: "2" }, message: "again" }));
  }

  assert.equal(ids[0], ids[1]);
});

Deno.test("the registry keeps what is pushed, and demands a login where it shall", async (t) => {
  for (const auth of [false, true]) {
    await t.step(auth ? "with login" : "without", async () => {
      const registry = await startRegistry({ auth });
      assert.ok(registry.ok, registry.ok ? "" : registry.message);
      await using server = registry.value;
      const digest = await server.pushImage("team/app", "v1");
      const url = `${server.url}/v2/team/app/manifests/v1`;
      const { username, password } = REGISTRY_LOGIN;
      const headers = {
        accept: "application/vnd.oci.image.manifest.v1+json",
        authorization: `Basic ${btoa(`${username}:${password}`)}`,
      };

      const stranger = await fetch(url, { headers: { accept: headers.accept } });
      const known = await fetch(url, { headers });

      await Promise.all([stranger.body?.cancel(), known.body?.cancel()]);
      assert.equal(stranger.status, auth ? 401 : 200);
      assert.equal(known.headers.get("docker-content-digest"), digest);
    });
  }
});

Deno.test("kustomizeBuild() runs the real kustomize", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-test-" });
  await Deno.writeTextFile(
    `${folder}/kustomization.yaml`,
    "configMapGenerator:\n- name: x\n  literals: [a=b]\n",
  );

  const built = await kustomizeBuild(folder);

  assert.ok(built.ok && built.value.includes("name: x-4h2mbtbbt6"));
  await Deno.remove(folder, { recursive: true });
});
