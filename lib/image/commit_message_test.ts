/**
 * Commit messages; what Flux makes of templates is held by `deno task conformance commit_message`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget } from "../base/mod.ts";
import type { Change, ObjectIdentity } from "./changes.ts";
import { type CommitMessageData, formatCommitMessage } from "./commit_message.ts";

const DATA: CommitMessageData = {
  automation: { namespace: "ns", name: "auto" },
  changes: [
    {
      file: "b.yaml",
      object: object("v1", "ConfigMap", "z"),
      changes: [change("x:1", "x:2", "ns:x"), change("y:1", "y:2", "ns:y")],
    },
    {
      file: "a.yaml",
      object: object("apps/v1", "Deployment", "w"),
      changes: [change("1", "2", "ns:x:tag")],
    },
    {
      file: "a.yaml",
      object: object("apps/v1", "Deployment", "a"),
      changes: [change("1", "3", "ns:x:tag")],
    },
  ],
  values: { cluster: "prod" },
};
const A = "{{{apps/v1 Deployment} {a d}}}";
const W = "{{{apps/v1 Deployment} {w d}}}";
const Z = "{{{v1 ConfigMap} {z d}}}";

// What stands on the right was found by asking Go's library; but for Changes, whose order there is chance.
const messages: readonly (readonly [string, string])[] = [
  [
    "{{ .AutomationObject }}|{{ .AutomationObject.Name }}|{{ .Values.cluster }}",
    "ns/auto|auto|prod",
  ],
  [
    "{{ .Changed }}",
    `{map[a.yaml:map[${A}:[{1 3 ns:x:tag}] ${W}:[{1 2 ns:x:tag}]] ` +
    `b.yaml:map[${Z}:[{x:1 x:2 ns:x} {y:1 y:2 ns:y}]]]}`,
  ],
  [
    "{{ range $f, $o := .Changed.FileChanges }}{{ $f }}:{{ range $k, $c := $o }}{{ $k.Kind }}/" +
    "{{ $k.Name }} {{ $k.APIVersion }} {{ len $c }};{{ end }}{{ end }}",
    "a.yaml:Deployment/a apps/v1 1;Deployment/w apps/v1 1;b.yaml:ConfigMap/z v1 2;",
  ],
  [
    "{{ range $k, $v := .Changed.Objects }}{{ $k.Name }}{{ $v }}{{ end }}",
    "a[{1 3 ns:x:tag}]w[{1 2 ns:x:tag}]z[{x:1 x:2 ns:x} {y:1 y:2 ns:y}]",
  ],
  [
    '{{ len (index .Changed.FileChanges "a.yaml") }} {{ index .Changed.FileChanges "none" }}',
    "2 map[]",
  ],
  ["{{ range .Changed.Changes }}{{ .NewValue }},{{ end }}", "2,3,x:2,y:2,"],
  ["{{ .AutomationObject | toJson }}", '{"Namespace":"ns","Name":"auto"}'],
  ["{{ eq .AutomationObject .AutomationObject }} {{ empty .AutomationObject }}", "true false"],
  [
    '{{ $v := semver "v1.2.3-rc.1+b.5" }}{{ $v.Major }} {{ $v.Minor }} {{ $v.Patch }} {{ $v.Prerelease }} {{ $v.Metadata }} {{ $v.Original }} {{ $v }} {{ $v.String }}',
    "1 2 3 rc.1 b.5 v1.2.3-rc.1+b.5 1.2.3-rc.1+b.5 1.2.3-rc.1+b.5",
  ],
  ['{{ $v := semver "1.2" }}{{ $v }} {{ $v.Original }} {{ add $v.Minor 1 }}', "1.2.0 1.2 3"],
  ['{{ semverCompare "^1.2.0" "1.3.0" }} {{ semverCompare ">=2" "1.3.0" }}', "true false"],
];

for (const [template, want] of messages) {
  Deno.test(`formatCommitMessage() makes of ${template} what Flux makes`, () => {
    assert.deepEqual(formatCommitMessage(template, DATA, defaultBudget()), {
      ok: true,
      value: want,
    });
  });
}

const RUN = "failed to run template from spec: template: commit message:";

const refused: readonly (readonly [string, string, string])[] = [
  [
    "a\n{{ nope }}",
    "InvalidTemplate",
    "unable to create commit message template from spec: " +
    'template: commit message:2: function "nope" not defined',
  ],
  [
    "l\nhéé {{ .Nope }}",
    "TemplateFailed",
    `${RUN}2:9: executing "commit message" at <.Nope>: ` +
    "can't evaluate field Nope in type source.TemplateData",
  ],
  [
    '{{ .AutomationObject "a" }}',
    "TemplateFailed",
    `${RUN}1:3: executing "commit message" at <.AutomationObject>: ` +
    "AutomationObject has arguments but cannot be invoked as function",
  ],
  [
    "{{ range .Updated.Files }}{{ end }}",
    "RemovedTemplateField",
    "template uses removed '.Updated' field. Please use '.Changed' instead. See: " +
    "https://fluxcd.io/flux/components/image/imageupdateautomations/#message-template",
  ],
  [
    '{{ semverCompare "latest" "1.0.0" }}',
    "TemplateFailed",
    `${RUN}1:3: executing "commit message" at <semverCompare "latest" "1.0.0">: ` +
    'error calling semverCompare: improper constraint: "latest"',
  ],
  [
    '{{ range until 1000 }}{{ repeat 100000 "a" }}{{ end }}',
    "BudgetSpent",
    "failed to run template from spec: More than 4194304 bytes at commit message",
  ],
];

for (const [template, code, message] of refused) {
  Deno.test(`formatCommitMessage() refuses ${template}`, () => {
    const got = formatCommitMessage(template, DATA, defaultBudget());

    assert.equal(got.ok ? "" : got.code, code);
    assert.equal(got.ok ? "" : got.message, message);
  });
}

function object(apiVersion: string, kind: string, name: string): ObjectIdentity {
  return { apiVersion, kind, name, namespace: "d" };
}

function change(oldValue: string, newValue: string, setter: string): Change {
  return { oldValue, newValue, setter };
}
