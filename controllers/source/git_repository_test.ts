import assert from "node:assert/strict";
import { GitRepository, type GitRepositoryStatus } from "../../crds/mod.ts";
import type { Artifact } from "../../lib/artifact/mod.ts";
import { defaultBudget, fail, ok, type Result, treeOf } from "../../lib/base/mod.ts";
import type { RemoteRef } from "../../lib/git/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { fakeRun } from "../../lib/testing/fake_run.ts";
import type { SourceContext } from "./context.ts";
import { finalizeGitRepository, reconcileGitRepository } from "./git_repository.ts";

const OLD = artifact("a");
const NEW = artifact("b");
const HEAD: RemoteRef = { revision: "main@sha1:b", commit: "b", ref: "refs/heads/main" };

const cases = [
  {
    name: "stores an artifact for a new commit",
    repo: gitRepository({ status: stored(OLD) }),
    want: { kind: "ready", reason: "Succeeded", events: ["Normal NewArtifact"], published: 1 },
  },
  {
    name: "leaves a stored revision alone",
    repo: gitRepository({ status: stored(NEW) }),
    want: {
      kind: "ready",
      reason: "Succeeded",
      events: ["Trace GitOperationSucceeded"],
      published: 0,
    },
  },
  {
    name: "stores it again when its file is gone",
    repo: gitRepository({ status: stored(NEW) }),
    lost: true,
    want: {
      kind: "ready",
      reason: "Succeeded",
      events: ["Warning ArtifactVerificationFailed"],
      published: 1,
    },
  },
  {
    name: "stores it again when the ignore rules changed",
    repo: gitRepository({ status: stored(NEW), spec: { ignore: "*.md" } }),
    want: { kind: "ready", reason: "Succeeded", events: [], published: 1 },
  },
  {
    name: "stores it again when submodules are wanted now",
    repo: gitRepository({ status: stored(NEW), spec: { recurseSubmodules: true } }),
    want: { kind: "ready", reason: "Succeeded", events: [], published: 1 },
  },
  {
    name: "tells of the recovery from a failure",
    repo: gitRepository({ status: stored(NEW, "FetchFailed") }),
    want: {
      kind: "ready",
      reason: "Succeeded",
      events: ["Normal Succeeded", "Trace GitOperationSucceeded"],
      published: 0,
    },
  },
  {
    name: "says of a commit that its artifact is up to date",
    repo: gitRepository({ spec: { ref: { commit: "b" } }, status: stored(NEW) }),
    want: { kind: "ready", reason: "Succeeded", events: ["Trace ArtifactUpToDate"], published: 0 },
  },
  {
    name: "builds a commit anew after a failure, and tells of the recovery",
    repo: gitRepository({ spec: { ref: { semver: "*" } }, status: stored(NEW, "FetchFailed") }),
    want: { kind: "ready", reason: "Succeeded", events: ["Normal Succeeded"], published: 1 },
  },
  {
    name: "gives up on a URL that nobody can parse",
    repo: gitRepository({ spec: { url: "https://host:git/app" } }),
    want: { kind: "stalled", reason: "URLInvalid", events: ["Warning URLInvalid"], published: 0 },
  },
  {
    name: "keeps the last good artifact when the remote is gone",
    repo: gitRepository({ status: stored(OLD) }),
    remote: fail("RepositoryNotFound", "repository not found: "),
    want: {
      kind: "retry",
      reason: "GitOperationFailed",
      events: ["Warning GitOperationFailed"],
      published: 0,
    },
  },
  {
    name: "calls an empty repository by its own reason",
    repo: gitRepository({}),
    remote: fail("EmptyRepository", "empty"),
    want: {
      kind: "retry",
      reason: "EmptyGitRepository",
      events: ["Warning EmptyGitRepository"],
      published: 0,
    },
  },
  {
    name: "fails without its Secret",
    repo: gitRepository({ spec: { secretRef: { name: "gone" } } }),
    want: {
      kind: "retry",
      reason: "AuthenticationFailed",
      events: ["Warning AuthenticationFailed"],
      published: 0,
    },
  },
  {
    name: "waits for a repository to include",
    repo: gitRepository({ spec: { include: [{ repository: { name: "gone" } }] } }),
    want: { kind: "wait", reason: "NotFound", events: ["Trace NotFound"], published: 0 },
  },
  {
    name: "waits for the artifact of a repository to include",
    repo: gitRepository({ spec: { include: [{ repository: { name: "empty" } }] } }),
    want: { kind: "wait", reason: "NoArtifact", events: ["Trace NoArtifact"], published: 0 },
  },
  {
    name: "stores it again when what it includes is new",
    repo: gitRepository({
      spec: { include: [{ repository: { name: "other" } }] },
      status: stored(NEW),
    }),
    want: { kind: "ready", reason: "Succeeded", events: [], published: 1 },
  },
  {
    name: "stores it again when other folders are wanted",
    repo: gitRepository({ spec: { sparseCheckout: ["a.yaml"] }, status: stored(NEW) }),
    want: { kind: "ready", reason: "Succeeded", events: [], published: 1 },
  },
  {
    name: "fails for a folder that is not there",
    repo: gitRepository({ spec: { sparseCheckout: ["nope"] }, status: stored(OLD) }),
    want: {
      kind: "retry",
      reason: "GitOperationFailed",
      events: ["Warning GitOperationFailed"],
      published: 0,
    },
  },
  {
    name: "gives up on an app without a Secret",
    repo: gitRepository({ spec: { provider: "github" } }),
    want: {
      kind: "stalled",
      reason: "InvalidProviderConfiguration",
      events: ["Warning InvalidProviderConfiguration"],
      published: 0,
    },
  },
  {
    name: "gives up on an app over ssh",
    repo: gitRepository({
      spec: { provider: "github", secretRef: { name: "app" }, url: "ssh://git@host/app" },
    }),
    want: {
      kind: "stalled",
      reason: "InvalidProviderConfiguration",
      events: ["Warning InvalidProviderConfiguration"],
      published: 0,
    },
  },
  {
    name: "gives up on a token of Azure over ssh",
    repo: gitRepository({ spec: { provider: "azure", url: "ssh://git@host/app" } }),
    want: {
      kind: "stalled",
      reason: "InvalidProviderConfiguration",
      events: ["Warning InvalidProviderConfiguration"],
      published: 0,
    },
  },
  {
    name: "gives up on an account that the controller may not log in with",
    repo: gitRepository({ spec: { provider: "azure", serviceAccountName: "app" } }),
    want: {
      kind: "stalled",
      reason: "FeatureGateDisabled",
      events: ["Warning FeatureGateDisabled"],
      published: 0,
    },
  },
  {
    name: "leaves an annotation about itself as a manifest to others",
    repo: gitRepository({
      annotations: { "sluice.dev/prune": "confirm" },
      status: stored(NEW),
    }),
    want: {
      kind: "ready",
      reason: "Succeeded",
      events: ["Trace GitOperationSucceeded"],
      published: 0,
    },
  },
  {
    name: "refuses an annotation that is not done yet",
    repo: gitRepository({ annotations: { "sluice.dev/other": "" } }),
    want: { kind: "stalled", reason: "Unsupported", events: ["Warning Unsupported"], published: 0 },
  },
];

for (const { name, repo, remote, lost, want } of cases) {
  Deno.test(`reconcileGitRepository() ${name}`, async () => {
    const seen = { published: 0, events: new Array<string>() };
    const ctx = fakeContext(seen, { remote: remote ?? ok(HEAD), lost: lost ?? false });

    const got = await reconcileGitRepository(repo, ctx);

    const events = [...seen.events, ...(got.events ?? []).map((e) => `${e.type} ${e.reason}`)];
    const { kind, reason } = got;
    assert.deepEqual({ kind, reason, events, published: seen.published }, want);
  });
}

Deno.test("reconcileGitRepository() words a failed fetch as Flux does, without the password", async () => {
  const repo = gitRepository({ spec: { url: "https://me:hunter22@host/app.git" } });
  const remote = fail("Unauthorized", "authentication required: no hunter22 here");
  const ctx = fakeContext({ published: 0, events: [] }, { remote, lost: false });

  const got = await reconcileGitRepository(repo, ctx);

  assert.equal(
    got.message,
    "failed to checkout and determine revision: unable to clone 'https://*****@host/app.git': " +
      "authentication required: no ***** here",
  );
});

Deno.test("reconcileGitRepository() shows no password of a URL that it cannot parse", async () => {
  const repo = gitRepository({ spec: { url: "https://me:hunter 22@host:git/app" } });
  const ctx = fakeContext({ published: 0, events: [] }, { remote: ok(HEAD), lost: false });

  const got = await reconcileGitRepository(repo, ctx);

  assert.equal(
    got.message,
    `failed to parse url 'https://host:git/app': parse "https://host:git/app": ` +
      `invalid port ":git" after host`,
  );
});

Deno.test("finalizeGitRepository() gives back what the store holds", async () => {
  const seen = { published: 0, events: new Array<string>(), removed: new Array<string>() };
  const ctx = fakeContext(seen, { remote: ok(HEAD), lost: false });

  const got = await finalizeGitRepository(gitRepository({}), ctx);

  assert.equal(got.kind, "ready");
  assert.deepEqual(seen.removed, ["GitRepository/apps/app"]);
});

function artifact(id: string): Artifact {
  return {
    digest: `sha256:${id}`,
    path: `gitrepository/apps/app/${id}.tar.gz`,
    url: `http://host/gitrepository/apps/app/${id}.tar.gz`,
    revision: `main@sha1:${id}`,
    lastUpdateTime: "2026-01-01T00:00:00Z",
  };
}

function stored(artifact: Artifact, failure?: string): GitRepositoryStatus {
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  const types = ["ArtifactInStorage", ...(failure === undefined ? [] : [failure])];
  const { metadata: _metadata, ...rest } = artifact;
  return {
    artifact: rest,
    conditions: types.map((type) => ({
      type,
      status: "True",
      reason: "x",
      message: "x",
      lastTransitionTime,
    })),
  };
}

function gitRepository(
  { spec, status, annotations }: {
    spec?: Partial<GitRepository["spec"]>;
    status?: GitRepositoryStatus;
    annotations?: Readonly<Record<string, string>>;
  },
): GitRepository {
  const decoded = GitRepository.decode({
    apiVersion: GitRepository.apiVersion,
    kind: "GitRepository",
    metadata: {
      name: "app",
      namespace: "apps",
      generation: 1,
      ...(annotations && { annotations }),
    },
    spec: { interval: "1m", url: "https://host/app.git", ref: { branch: "main" }, ...spec },
    ...(status && { status }),
  });
  assert.ok(decoded.ok);
  return decoded.value;
}

function fakeContext(
  seen: { published: number; events: string[]; removed?: string[] },
  { remote, lost }: { remote: Result<RemoteRef>; lost: boolean },
): SourceContext {
  const signature = { name: "a", email: "a@b", timeSeconds: 0, zone: "+0000" };
  return {
    ...fakeRun<GitRepositoryStatus>({
      clock: new FakeClock(),
      onEvent: ({ type, reason }) => seen.events.push(`${type} ${reason}`),
    }),
    git: {
      listRef: () => Promise.resolve(remote),
      fetchTree: () =>
        Promise.resolve(ok({
          ...HEAD,
          tree: treeOf({ "a.yaml": "a: 1\n" }),
          parents: [],
          message: "first\n\nmore",
          author: signature,
          committer: signature,
          raw: new Uint8Array(),
        })),
      fetchHistory: () => Promise.resolve(ok([])),
    },
    readCredentials: (namespace, { secretRef: ref, serviceAccountName }) =>
      Promise.resolve(
        serviceAccountName !== undefined
          ? fail("FeatureGateDisabled", "please enable it")
          : ref === undefined
          ? ok(undefined)
          : fail("NotFound", `no ${namespace}/${ref.name}`),
      ),
    readSecret: () => Promise.resolve(fail("NotFound", 'secrets "keys" not found')),
    readRepository: (_namespace, name) =>
      Promise.resolve(
        name === "gone"
          ? fail("NotFound", 'gitrepositories.source.toolkit.fluxcd.io "gone" not found')
          : ok(gitRepository(name === "empty" ? {} : { status: stored(OLD) })),
      ),
    fetchFiles: () => Promise.resolve(ok(treeOf({ "deploy/b.yaml": "b: 1\n" }))),
    artifacts: {
      verify: (kept) => Promise.resolve(lost ? fail("NotFound", `${kept.path} is gone`) : ok(kept)),
      publish: () => {
        seen.published++;
        return Promise.resolve(ok(NEW));
      },
      collectGarbage: () => Promise.resolve(ok([])),
      remove: ({ kind, namespace, name }) => {
        seen.removed?.push(`${kind}/${namespace}/${name}`);
        return Promise.resolve(ok([]));
      },
    },
    budget: defaultBudget,
  };
}
