/**
 * Objects of every kind, good and bad.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KindController } from "../lib/runtime/mod.ts";
import {
  ALL_KINDS,
  ExternalArtifact,
  GitRepository,
  type GitRepositoryStatus,
  ImagePolicy,
  type ImagePolicyStatus,
  ImageRepository,
  type ImageRepositoryStatus,
  Kustomization,
  type KustomizationStatus,
} from "./mod.ts";

// Compiles only while the runtime can reconcile every kind: the two never import each other.
export type Reconcilable = [
  KindController<GitRepository, GitRepositoryStatus>,
  KindController<Kustomization, KustomizationStatus>,
  KindController<ImageRepository, ImageRepositoryStatus>,
  KindController<ImagePolicy, ImagePolicyStatus>,
];

const metadata = { name: "app", namespace: "apps" };
const SPECS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  GitRepository: { url: "https://git.example/app", interval: "1m" },
  Kustomization: {
    interval: "10m",
    prune: true,
    sourceRef: { kind: "GitRepository", name: "app" },
  },
  ImageRepository: { image: "registry.example/app", interval: "5m" },
  ImagePolicy: { imageRepositoryRef: { name: "app" }, policy: { alphabetical: {} } },
};

function objectOf(kind: string, spec: Readonly<Record<string, unknown>> = {}): unknown {
  const apiVersion = ALL_KINDS.find((k) => k.kind === kind)?.apiVersion;
  return { apiVersion, kind, metadata, spec: { ...SPECS[kind], ...spec } };
}

Deno.test("decode() fills in the defaults of every kind", () => {
  const status = { observedGeneration: -1 };

  assert.deepEqual(
    GitRepository.decode(objectOf("GitRepository", { verify: { secretRef: { name: "k" } } })),
    {
      ok: true,
      value: {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "GitRepository",
        metadata,
        spec: {
          url: "https://git.example/app",
          interval: "1m",
          timeout: "60s",
          verify: { mode: "HEAD", secretRef: { name: "k" } },
        },
        status,
      },
    },
  );
  const substituteFrom = [{ kind: "Secret", name: "s" }];
  const kustomization = Kustomization.decode(
    objectOf("Kustomization", { postBuild: { substituteFrom } }),
  );
  assert.ok(kustomization.ok);
  assert.equal(kustomization.value.spec.force, false);
  assert.equal(kustomization.value.spec.postBuild?.substituteFrom?.[0]?.optional, false);
  assert.deepEqual(kustomization.value.status, status);
  const images = ImageRepository.decode(objectOf("ImageRepository"));
  assert.ok(images.ok);
  assert.deepEqual(images.value.spec.exclusionList, ["^.*\\.sig$"]);
  assert.equal(images.value.spec.provider, "generic");
  const policy = ImagePolicy.decode(objectOf("ImagePolicy"));
  assert.ok(policy.ok);
  assert.equal(policy.value.spec.policy.alphabetical?.order, "asc");
  assert.equal(policy.value.spec.digestReflectionPolicy, "Never");
});

Deno.test("decode() takes an ExternalArtifact for what it is: nobody of ours marks it", () => {
  const object = { ...Object(objectOf("ExternalArtifact")), status: undefined };

  const got = ExternalArtifact.decode(object);

  assert.equal(got.ok && got.value.status, undefined);
});

const BAD: readonly { kind: string; spec: Readonly<Record<string, unknown>>; want: string }[] = [
  {
    kind: "GitRepository",
    spec: { interval: "10" },
    want: 'spec.interval must be a duration such as 30s, 10m or 1h30m, not "10"',
  },
  {
    kind: "GitRepository",
    spec: { timeout: "1h" },
    want: 'spec.timeout must be a duration such as 30s or 10m, not "1h"',
  },
  {
    kind: "GitRepository",
    spec: { url: "git@git.example:app" },
    want:
      'spec.url must be an address that starts with https://, http:// or ssh://, not "git@git.example:app"',
  },
  {
    kind: "GitRepository",
    spec: { interval: undefined, url: undefined },
    want: "spec.url is missing; spec.interval is missing",
  },
  {
    kind: "GitRepository",
    spec: { provider: "gitea" },
    want: 'spec.provider must be one of generic, aws, azure, github, not "gitea"',
  },
  {
    kind: "GitRepository",
    spec: { include: [{ repository: { name: "a" } }, { repository: {} }] },
    want: "spec.include[1].repository.name is missing",
  },
  {
    kind: "ExternalArtifact",
    spec: { sourceRef: { name: "a" } },
    want: "spec.sourceRef.kind is missing",
  },
  {
    kind: "Kustomization",
    spec: { prune: "yes" },
    want: 'spec.prune must be a boolean, not "yes"',
  },
  {
    kind: "Kustomization",
    spec: { commonMetadata: { labels: { "a/b": 1 } } },
    want: 'spec.commonMetadata.labels["a/b"] must be a string, not 1',
  },
  {
    kind: "Kustomization",
    spec: { targetNamespace: "" },
    want: "spec.targetNamespace must have at least 1 characters",
  },
  {
    kind: "Kustomization",
    spec: { patches: {} },
    want: "spec.patches must be an array, not an object",
  },
  {
    kind: "ImageRepository",
    spec: { exclusionList: Array.from({ length: 26 }, () => "x") },
    want: "spec.exclusionList must not have more than 25 items",
  },
  {
    kind: "ImagePolicy",
    spec: { policy: { semver: {} } },
    want: "spec.policy.semver.range is missing",
  },
  {
    kind: "ImagePolicy",
    spec: { policy: { numerical: { order: "down" } } },
    want: 'spec.policy.numerical.order must be one of asc, desc, not "down"',
  },
];

for (const { kind, spec, want } of BAD) {
  Deno.test(`decode() of ${kind} says: ${want}`, () => {
    const got = ALL_KINDS.find((k) => k.kind === kind)?.decode(objectOf(kind, spec));

    assert.deepEqual(got, { ok: false, code: "InvalidObject", message: want });
  });
}

Deno.test("decode() refuses another kind and another version by name", () => {
  const apiVersion = "source.toolkit.fluxcd.io/v1beta2";

  assert.deepEqual(GitRepository.decode({ apiVersion, kind: "Bucket" }), {
    ok: false,
    code: "InvalidObject",
    message: 'kind must be GitRepository, not "Bucket"',
  });
  assert.deepEqual(GitRepository.decode({ apiVersion, kind: "GitRepository" }), {
    ok: false,
    code: "InvalidObject",
    message:
      'apiVersion must be source.toolkit.fluxcd.io/v1, not "source.toolkit.fluxcd.io/v1beta2"',
  });
  assert.equal(GitRepository.decode(null).ok, false);
});

Deno.test("decode() keeps fields it does not know, leaves its argument alone and takes null as absent", () => {
  const given = Object.freeze({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: Object.freeze({ ...metadata, creationTimestamp: null, futureField: 1 }),
    spec: Object.freeze({ ...SPECS.GitRepository, ref: null, timeout: null, futureField: [1] }),
  });

  const got = GitRepository.decode(given);

  assert.ok(got.ok);
  assert.deepEqual(got.value.spec, {
    ...SPECS.GitRepository,
    timeout: "60s",
    futureField: [1],
  });
  assert.deepEqual(got.value.metadata, given.metadata);
});
