import assert from "node:assert/strict";
import { defaultBudget, encodeBase64, type FileTree, systemClock, treeOf } from "../base/mod.ts";
import { DataKeys } from "../sops/mod.ts";
import type { Manifests } from "./build.ts";
import { attemptManifests } from "./build_job.ts";
import { openBuildPool } from "./build_pool.ts";
import { readKeyServices } from "./decryption_keys.ts";
import type { RemoteAttempt } from "./remote_builds.ts";
import { buildOpening, type OpenedResources, type ResourceOpener } from "./sealed_resource.ts";
import type { BuildSpec } from "./spec.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";

/** Keys at hand need nobody to ask. */
const LOCAL = { http: openHttp(), clock: new FakeClock(), env: () => undefined };
const SAMPLES = new URL("../sops/testdata/", import.meta.url);

function sample(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, SAMPLES));
}

async function openerWith(key: string, told: string[] = []): Promise<ResourceOpener> {
  const services = await readKeyServices(new Map([[key, await sample(key)]]), "apps/keys", LOCAL);
  assert.ok(services.ok);
  const keys = new DataKeys(services.value);
  return { keys, budget: defaultBudget(), onSecrets: (values) => told.push(...values) };
}

function build(tree: FileTree, spec: BuildSpec = {}) {
  return (opened: OpenedResources): Promise<RemoteAttempt<Manifests>> =>
    Promise.resolve(
      attemptManifests(tree, spec, { budget: defaultBudget(), opened, variables: new Map() }),
    );
}

async function secretWith(entries: Readonly<Record<string, string>>): Promise<string> {
  const lines: string[] = [];
  for (const [key, file] of Object.entries(entries)) {
    lines.push(`  ${key}: ${encodeBase64(new TextEncoder().encode(await sample(file)))}`);
  }
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: entries}\ndata:\n${lines.join("\n")}\n`;
}

Deno.test("buildOpening() opens objects that the build has changed", async () => {
  const told: string[] = [];
  const tree = treeOf({ "s.yaml": await sample("secret.regex.yaml") });
  const spec = { namePrefix: "my-", targetNamespace: "apps" };

  const { result } = await buildOpening(await openerWith("one.agekey", told), build(tree, spec));

  assert.ok(result.ok, result.ok ? "" : result.message);
  assert.deepEqual(result.value.objects, [{
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "my-s", namespace: "apps" },
    stringData: { user: "admin", password: "hunter2-hunter2" },
  }]);
  assert.ok(told.includes("hunter2-hunter2"));
});

Deno.test("buildOpening() opens entries of Secrets in the format that their key says", async () => {
  const entries = {
    "values.yaml": "age-values.yaml",
    "config.json": "age-config.json",
    "prod.env": "age-prod.env",
    "app.ini": "age-app.ini",
    token: "age-token",
  };
  const tree = treeOf({ "s.yaml": await secretWith(entries) });

  const { result } = await buildOpening(await openerWith("one.agekey"), build(tree));

  assert.ok(result.ok, result.ok ? "" : result.message);
  const data: unknown = result.value.objects[0]?.data;
  const want: Record<string, string> = {};
  for (const key of Object.keys(entries)) {
    want[key] = encodeBase64(await Deno.readFile(new URL(`opened/${key}`, SAMPLES)));
  }
  assert.deepEqual(data, want);
});

Deno.test("buildOpening() puts variables into what it opened", async () => {
  const sealed = await sample("secret.regex.yaml");
  const tree = treeOf({ "s.yaml": sealed.replace("name: s", "name: ${name}") });
  const spec = { postBuild: {} };

  const { result } = await buildOpening(
    await openerWith("one.agekey"),
    (opened) =>
      Promise.resolve(attemptManifests(tree, spec, {
        budget: defaultBudget(),
        opened,
        variables: new Map([["name", "filled"]]),
      })),
  );

  assert.equal(result.ok && result.value.objects[0]?.metadata.name, "filled");
});

const stay = [
  {
    name: "an object with the annotation",
    annotations: "{kustomize.toolkit.fluxcd.io/decrypt: Disabled}",
  },
];
for (const { name, annotations } of stay) {
  Deno.test(`buildOpening() leaves ${name} sealed`, async () => {
    const sealed = await sample("secret.regex.yaml");
    const tree = treeOf({
      "s.yaml": sealed.replace("name: s", `name: s\n    annotations: ${annotations}`),
    });

    const { result } = await buildOpening(await openerWith("one.agekey"), build(tree));

    assert.ok(result.ok);
    assert.match(result.value.toYaml(), /password: ENC\[/);
  });
}

Deno.test("buildOpening() names object, entry and file that cannot be opened, in Flux's words", async () => {
  const sealed = await sample("secret.regex.yaml");
  const opener = await openerWith("two.agekey");
  const [mac = "?"] = /ENC\[[^\]]*\]/.exec(sealed.slice(sealed.indexOf("mac:"))) ?? [];
  const files = new Map([[mac, "s.yaml"]]);

  const whole = await buildOpening({ ...opener, files }, build(treeOf({ "s.yaml": sealed })));
  const entry = await buildOpening(
    opener,
    build(treeOf({ "s.yaml": await secretWith({ a: "age-token" }) })),
  );

  assert.match(
    whole.result.ok ? "" : whole.result.message,
    /^decryption failed for 'Secret\.v1\.\[noGrp\]\/s': failed to decrypt and format '\/s' Secret data \(file s\.yaml\): cannot get sops data key: Failed to get/,
  );
  assert.match(
    entry.result.ok ? "" : entry.result.message,
    /^decryption failed for 'Secret\.v1\.\[noGrp\]\/entries': failed to decrypt and format '\/entries' Secret field 'a': cannot get sops data key/,
  );
});

Deno.test("buildOpening() opens what a thread built", async () => {
  const docs = Array.from(
    { length: 160 },
    (_, index) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${index}}\n`,
  );
  const tree = treeOf({
    "many.yaml": docs.join("---\n"),
    "s.yaml": await sample("secret.regex.yaml"),
  });
  await using pool = openBuildPool({ clock: systemClock });
  const opener = await openerWith("one.agekey");

  const { result } = await buildOpening(
    opener,
    (opened) =>
      pool.build({
        key: "a/b",
        tree,
        spec: {},
        budget: defaultBudget(),
        opened,
        variables: undefined,
      }),
  );

  assert.ok(result.ok, result.ok ? "" : result.message);
  assert.match(result.value.toYaml(), /hunter2-hunter2/);
});

Deno.test("buildOpening() ends where a build never does", async () => {
  const { result } = await buildOpening(
    await openerWith("one.agekey"),
    () =>
      Promise.resolve({
        result: { ok: false, code: "x", message: "x" },
        needed: [],
        sealed: ["a: b\n"],
      }),
  );

  assert.equal(!result.ok && result.code, "BuildFailed");
});
