/**
 * Our CustomResourceDefinitions in a real API server: what it takes, fills in and refuses.
 *
 * @module
 */
import assert from "node:assert/strict";
import { loadAll } from "js-yaml";
import { ALL_KINDS } from "../../crds/mod.ts";
import { isRecord } from "../../lib/base/mod.ts";
import { type TestNamespace, useTestCluster } from "../support/control_plane.ts";

const cluster = useTestCluster();
const SAMPLES = new URL("../../../shared/samples/", import.meta.url);

type Fields = Readonly<Record<string, unknown>>;

interface Sample {
  readonly file: string;
  readonly object: Record<string, unknown>;
}

/** Every object of our kinds in the sample repositories. */
function findSamples(folder: URL): Sample[] {
  const found: Sample[] = [];
  for (const entry of Deno.readDirSync(folder)) {
    const url = new URL(entry.isDirectory ? `${entry.name}/` : entry.name, folder);
    if (entry.isDirectory) found.push(...findSamples(url));
    else if (/\.ya?ml$/.test(entry.name)) found.push(...readSamples(url));
  }
  return found;
}

function readSamples(url: URL): Sample[] {
  const text = Deno.readTextFileSync(url);
  // Other files of the samples are templates, which are no YAML.
  if (!text.includes("toolkit.fluxcd.io/")) return [];
  return loadAll(text).filter(isRecord).filter(isOurs).map((object) => ({
    file: url.pathname.slice(SAMPLES.pathname.length),
    object,
  }));
}

function isOurs({ apiVersion, kind }: Fields): boolean {
  return ALL_KINDS.some((k) => k.apiVersion === apiVersion && k.kind === kind);
}

function samplesAreMissing(): boolean {
  try {
    return !Deno.statSync(SAMPLES).isDirectory;
  } catch (error) {
    if (Deno.env.get("CI") === "true") throw error;
    return true;
  }
}

async function dryRun(namespace: TestNamespace, object: Fields): Promise<Fields> {
  const args = ["create", "--dry-run=server", "--output=json", "--filename=-"];
  const made: unknown = JSON.parse(await namespace.kubectl(args, JSON.stringify(object)));
  assert.ok(isRecord(made));
  return made;
}

/** An object of a kind with the least spec, and what a case adds. */
function objectOf(kind: string, spec: Fields): Fields {
  const least: Readonly<Record<string, Fields>> = {
    GitRepository: { url: "https://git.example/app", interval: "1m" },
    Kustomization: {
      interval: "10m",
      prune: true,
      sourceRef: { kind: "GitRepository", name: "app" },
    },
    ImageRepository: { image: "registry.example/app", interval: "5m" },
    ImagePolicy: { imageRepositoryRef: { name: "app" }, policy: { alphabetical: {} } },
  };
  const apiVersion = ALL_KINDS.find((k) => k.kind === kind)?.apiVersion;
  return { apiVersion, kind, metadata: { name: "app" }, spec: { ...least[kind], ...spec } };
}

Deno.test({
  name: "the API server takes every sample of our kinds and fills in what decode() fills in",
  ignore: samplesAreMissing(),
  async fn(t) {
    await using namespace = await cluster.openNamespace();
    const samples = findSamples(SAMPLES);
    assert.ok(samples.length >= 6, `only ${samples.length} samples found`);
    for (const { file, object } of samples) {
      await t.step(`${file}: ${String(object.kind)}`, async () => {
        const metadata = { ...(isRecord(object.metadata) ? object.metadata : {}) };
        metadata.namespace = namespace.name;

        const made = await dryRun(namespace, { ...object, metadata });

        assertSameDefaults({ ...object, metadata }, made);
      });
    }
  },
});

/** What the API server made of `object` is what our decoder makes of it. */
function assertSameDefaults(object: Fields, made: Fields): void {
  const kind = ALL_KINDS.find((k) => k.kind === object.kind);
  const decoded = kind?.decode(object);
  assert.ok(decoded?.ok && isRecord(decoded.value), JSON.stringify(decoded));
  assert.deepEqual(decoded.value.spec, made.spec);
  // A create takes no status; the next read fills its default in.
  assert.deepEqual(decoded.value.status, { observedGeneration: -1 });
}

const DEFAULTED: readonly { kind: string; spec: Fields }[] = [
  { kind: "GitRepository", spec: { verify: { secretRef: { name: "keys" } } } },
  {
    kind: "Kustomization",
    spec: { postBuild: { substituteFrom: [{ kind: "Secret", name: "s" }] } },
  },
  { kind: "ImageRepository", spec: {} },
  { kind: "ImagePolicy", spec: { policy: { numerical: {} } } },
];

Deno.test("the API server and decode() fill in the same defaults", async (t) => {
  await using namespace = await cluster.openNamespace();
  for (const { kind, spec } of DEFAULTED) {
    await t.step(kind, async () => {
      const object = objectOf(kind, spec);
      const metadata = { name: "app", namespace: namespace.name };

      const made = await dryRun(namespace, { ...object, metadata });

      assertSameDefaults({ ...object, metadata }, made);
    });
  }
});

const REFUSED: readonly { kind: string; spec: Fields; want: RegExp }[] = [
  {
    kind: "GitRepository",
    spec: { serviceAccountName: "x" },
    want: /serviceAccountName can only be set when provider is 'azure' or 'aws'/,
  },
  { kind: "GitRepository", spec: { timeout: "1h" }, want: /spec\.timeout in body should match/ },
  { kind: "GitRepository", spec: { url: "git@x:y" }, want: /spec\.url in body should match/ },
  {
    kind: "Kustomization",
    spec: { interval: "soon" },
    want: /spec\.interval in body should match/,
  },
  {
    kind: "Kustomization",
    spec: { kubeConfig: {} },
    want: /exactly one of spec\.kubeConfig\.configMapRef or spec\.kubeConfig\.secretRef/,
  },
  {
    kind: "Kustomization",
    spec: { kubeConfig: { secretRef: { name: "a" }, configMapRef: { name: "b" } } },
    want: /exactly one of spec\.kubeConfig\.configMapRef or spec\.kubeConfig\.secretRef/,
  },
  {
    kind: "Kustomization",
    spec: { sourceRef: { kind: "HelmRepository", name: "x" } },
    want: /spec\.sourceRef\.kind: Unsupported value: "HelmRepository"/,
  },
  { kind: "ImageRepository", spec: { provider: "x" }, want: /spec\.provider: Unsupported value/ },
  {
    kind: "ImageRepository",
    spec: { exclusionList: Array.from({ length: 26 }, () => "x") },
    want: /spec\.exclusionList: Too many: 26/,
  },
  {
    kind: "ImagePolicy",
    spec: { interval: "5m" },
    want: /spec\.interval is only accepted when spec\.digestReflectionPolicy is set to 'Always'/,
  },
  {
    kind: "ImagePolicy",
    spec: { digestReflectionPolicy: "Always" },
    want: /spec\.interval must be set when spec\.digestReflectionPolicy is set to 'Always'/,
  },
];

Deno.test("the API server refuses what the schemas and their rules forbid", async (t) => {
  await using namespace = await cluster.openNamespace();
  for (const { kind, spec, want } of REFUSED) {
    await t.step(`${kind} ${JSON.stringify(spec).slice(0, 60)}`, async () => {
      await assert.rejects(dryRun(namespace, objectOf(kind, spec)), want);
    });
  }
});

Deno.test("a fresh object shows at once that no controller has seen it", async () => {
  await using namespace = await cluster.openNamespace();
  const object = objectOf("ImageRepository", { suspend: true });

  await namespace.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(object));

  const status = await namespace.kubectl(["get", "imgrepo", "app", "-o", "jsonpath={.status}"]);
  assert.deepEqual(JSON.parse(status), { observedGeneration: -1 });
});
