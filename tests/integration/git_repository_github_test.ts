/**
 * GitRepository with `provider: github`: the app's key becomes a token, the token opens a real git server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { useTestCluster } from "../support/control_plane.ts";
import { startGitServer } from "../support/git_server.ts";
import { GithubApi } from "../support/github_api.ts";
import { type Expected, gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source"] });
const TOKEN = "ghs_0123456789";

const cases: {
  name: string;
  provider?: "github" | "generic";
  /** Entries beside the app's id, key and API. */
  secret: Readonly<Record<string, string>>;
  want: Expected;
  tokens: number;
}[] = [
  {
    name: "an installation by its number",
    secret: { githubAppInstallationID: "42" },
    want: { status: "True" },
    tokens: 1,
  },
  {
    name: "an installation by its owner",
    secret: { githubAppInstallationOwner: "Octo-Org" },
    want: { status: "True" },
    tokens: 1,
  },
  {
    name: "an owner that has not installed it",
    secret: { githubAppInstallationOwner: "nobody" },
    want: {
      status: "False",
      reason: "AuthenticationFailed",
      message: "failed to configure authentication options: " +
        "no installation of the app belongs to 'nobody'",
    },
    tokens: 0,
  },
  {
    name: "another app's number",
    secret: { githubAppID: "18", githubAppInstallationID: "42" },
    want: {
      status: "False",
      reason: "AuthenticationFailed",
      message: "401 A JSON web token could not be decoded",
    },
    tokens: 0,
  },
  {
    name: "the app's Secret and no provider",
    provider: "generic",
    secret: { githubAppInstallationID: "42" },
    want: {
      status: "False",
      reason: "InvalidProviderConfiguration",
      message: "has github app data but provider is not set to github",
    },
    tokens: 0,
  },
  {
    name: "a Secret of nobody",
    secret: { githubAppID: "", username: "me" },
    want: {
      status: "False",
      reason: "InvalidProviderConfiguration",
      message: "secretRef with github app data must be specified",
    },
    tokens: 0,
  },
];

for (const { name, provider = "github", secret, want, tokens } of cases) {
  Deno.test(`spec.provider ${provider} with ${name} ends ${want.status}`, async () => {
    await using git = await startGitServer({
      auth: { username: "x-access-token", password: TOKEN },
    });
    await using api = new GithubApi(TOKEN);
    const repository = await git.createRepository("app");
    await repository.commit({ files: { "a.yaml": "a: 1\n" } });
    await using namespace = await cluster.openNamespace();
    const ref = gitRepositoryRef(namespace.name, "app");
    const app = {
      githubAppID: "17",
      githubAppPrivateKey: api.privateKey,
      githubAppBaseURL: api.url,
    };
    const metadata = { name: "app", namespace: namespace.name };
    const stringData = { ...app, ...secret };
    await toolkit.apply({ apiVersion: "v1", kind: "Secret", metadata, stringData });

    const spec = { url: repository.url, provider, secretRef: { name: "app" } };
    await toolkit.apply(gitRepository(namespace.name, "app", spec));
    const { status } = await toolkit.untilReady(ref, want);
    if (want.status === "True") {
      const commit = await repository.commit({ files: { "a.yaml": "a: 2\n" } });
      await toolkit.nudge(ref);
      await toolkit.untilReady(ref, { status: "True", commit });
    }

    assert.equal(api.given.length, tokens, "a token is kept");
    assert.ok(!/ghs_|PRIVATE KEY|eyJ/.test(JSON.stringify(status)), "no secret is shown");
  });
}
