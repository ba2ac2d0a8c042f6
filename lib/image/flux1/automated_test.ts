/**
 * Which workloads of a folder are automated, and what becomes of their files.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget, treeOf } from "../../base/mod.ts";
import { type AutomatedContainer, findAutomated, updateAutomated } from "./automated.ts";
import { formatImageRef } from "./image_ref.ts";

interface Parts {
  readonly kind?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly images?: Readonly<Record<string, string>>;
  readonly pod?: string;
}

/** A workload `apps:…/web`, written as people write it. */
function workload(parts: Parts = {}): string {
  const { kind = "Deployment", annotations = AUTOMATED, images = { web: "app:1" }, pod } = parts;
  return [
    "apiVersion: apps/v1",
    `kind: ${kind} # kept`,
    "metadata:",
    "  name: web",
    "  namespace: apps",
    "  annotations:",
    ...Object.entries(annotations).map(([name, value]) => `    ${name}: "${value}"`),
    "spec:",
    "  template:",
    "    spec:",
    ...(pod === undefined ? [] : [`      ${pod}`]),
    "      containers:",
    ...Object.entries(images).map(([name, image]) => `      - {image: ${image}, name: ${name}}`),
    "",
  ].join("\n");
}

const AUTOMATED = { "fluxcd.io/automated": "true" };
const KEYS = { ...AUTOMATED, "fluxcd.io/locked": "true" };

function found(files: Readonly<Record<string, string>>) {
  const got = findAutomated(treeOf(files), defaultBudget());
  assert.ok(got.ok, JSON.stringify(got));
  const { containers, locked, troubles } = got.value;
  return { containers: containers.map(line), locked, troubles };
}

function line({ workload, container, image, pattern }: AutomatedContainer): string {
  return `${workload} ${container} ${formatImageRef(image)} ${pattern.text}`;
}

const WEB = "apps:deployment/web web app:1 glob:*";

const cases: {
  name: string;
  text: string;
  containers?: readonly string[];
  locked?: readonly string[];
  troubles?: readonly string[];
}[] = [
  { name: "an automated workload", text: workload(), containers: [WEB] },
  {
    name: "the spelling of before",
    text: workload({ annotations: { "flux.weave.works/automated": "true" } }),
    containers: [WEB],
  },
  {
    name: "the filters of its containers, however they are written",
    text: workload({
      annotations: {
        ...AUTOMATED,
        "fluxcd.io/tag.a": "semver:~1.0",
        "filter.fluxcd.io/b": "glob:main-*",
        "fluxcd.io/tag.c": "regex:^v",
        "fluxcd.io/tag.d": "regexp:^v",
        "fluxcd.io/tag.other": "glob:x",
      },
      images: { a: "app:1", b: "app:1", c: "app:1", d: "app:1" },
    }),
    containers: [
      "apps:deployment/web a app:1 semver:~1.0",
      "apps:deployment/web b app:1 glob:main-*",
      "apps:deployment/web c app:1 regexp:^v",
      "apps:deployment/web d app:1 regexp:^v",
    ],
  },
  { name: "nothing of what is not asked for", text: workload({ annotations: { a: "b" } }) },
  {
    name: "nothing of what is automated by anything but true",
    text: workload({ annotations: { "fluxcd.io/automated": "yes" } }),
  },
  {
    name: "nothing of what is to be ignored",
    text: workload({ annotations: { ...KEYS, "fluxcd.io/ignore": "true" } }),
  },
  {
    name: "a lock without a reason",
    text: workload({ annotations: KEYS }),
    locked: ["apps:deployment/web is locked"],
  },
  {
    name: "who locked it, and why",
    text: workload({
      annotations: { ...KEYS, "fluxcd.io/locked_user": "ann", "fluxcd.io/locked_msg": "freeze" },
    }),
    locked: ["apps:deployment/web is locked by ann: freeze"],
  },
  {
    name: "a lock that was taken off",
    text: workload({ annotations: { ...AUTOMATED, "fluxcd.io/locked": "false" } }),
    containers: [WEB],
  },
  { name: "nothing of a Job, which cannot be changed", text: workload({ kind: "Job" }) },
  {
    name: "the workload of a list, and the one behind it",
    text: `kind: List\nitems:\n- ${workload().trimEnd().replaceAll("\n", "\n  ")}\n---\n${
      workload({ kind: "DaemonSet" })
    }`,
    containers: [WEB, "apps:daemonset/web web app:1 glob:*"],
  },
  {
    name: "no container whose image belongs to a policy",
    text: workload({ images: {} }) +
      '      - name: web\n        image: app:1 # {"$imagepolicy": "apps:app"}\n',
  },
  {
    name: "no image that is written elsewhere",
    text: workload({ images: {} }).replace("spec:", "x: &image app:1\nspec:") +
      "      - name: web\n        image: *image\n",
  },
  {
    name: "a filter that cannot be read",
    text: workload({ annotations: { ...AUTOMATED, "fluxcd.io/tag.web": "regexp:(" } }),
    troubles: ['apps:deployment/web: fluxcd.io/tag.web is "regexp:(", which cannot be read'],
  },
  {
    name: "an image that is none",
    text: workload({ images: { web: "'a:b:c'" } }),
    troubles: [
      'apps:deployment/web: parsing "a:b:c": expected image name as either <image>:<tag> or just <image>: invalid image ID',
    ],
  },
];

for (const { name, text, ...want } of cases) {
  Deno.test(`findAutomated() finds ${name}`, () => {
    const nothing = { containers: [], locked: [], troubles: [] };

    assert.deepEqual(found({ "app.yaml": text }), { ...nothing, ...want });
  });
}

Deno.test("findAutomated() finds what a pod pulls with", () => {
  const pod = "imagePullSecrets: [{name: a}, {name: b}]\n      serviceAccountName: puller";

  const got = findAutomated(treeOf({ "app.yaml": workload({ pod }) }), defaultBudget());

  const [container] = got.ok ? got.value.containers : [];
  assert.deepEqual(container?.pullSecrets, ["a", "b"]);
  assert.equal(container?.serviceAccount, "puller");
});

Deno.test("findAutomated() reads manifests only, passes broken ones over, and keeps to its budget", () => {
  const text = workload();
  const files = { "app.txt": text, "broken.yaml": `a: [\n${text}`, "ok.yml": text };

  assert.deepEqual(found(files).containers, [WEB]);
  const poor = { ...defaultBudget(), bytes: 10 };
  const spent = findAutomated(treeOf(files), poor);
  assert.equal(spent.ok ? "" : spent.code, "BudgetSpent");
});

Deno.test("updateAutomated() changes the images that were chosen, and no other byte", () => {
  const text = workload({ images: { web: '"app:1"', side: "side:7", same: "same:1" } })
    .replaceAll("\n", "\r\n");
  const images: Readonly<Record<string, string>> = { web: "app:2", same: "same:1" };

  const got = updateAutomated(
    treeOf({ "a/app.yaml": text, "other.yaml": "image: app:1\n" }),
    ({ container }) => images[container],
    defaultBudget(),
  );

  assert.ok(got.ok, JSON.stringify(got));
  const files = [...got.value.files].map((
    [path, bytes],
  ) => [path, new TextDecoder().decode(bytes)]);
  assert.deepEqual(files, [["a/app.yaml", text.replace('"app:1"', '"app:2"')]]);
  assert.deepEqual(got.value.changes, [{
    file: "a/app.yaml",
    object: { apiVersion: "apps/v1", kind: "Deployment", namespace: "apps", name: "web" },
    changes: [{ setter: "fluxcd.io/automated", oldValue: "app:1", newValue: "app:2" }],
  }]);
});

Deno.test("updateAutomated() asks for no image of what is locked", () => {
  const files = treeOf({ "app.yaml": workload({ annotations: KEYS }) });

  const got = updateAutomated(files, () => assert.fail("it is locked"), defaultBudget());

  assert.deepEqual(got.ok && [...got.value.files], []);
});
