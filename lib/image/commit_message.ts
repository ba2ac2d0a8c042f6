/**
 * Messages of the commits that write images, by a template (contract/image.md, "Message template").
 *
 * @module
 */
import { type Budget, fail, type Failure, type Result } from "../base/mod.ts";
import { formatVersion, parseRange, parseVersion, satisfies } from "../semver/mod.ts";
import {
  Dict,
  type Field,
  fixed,
  type FunctionTable,
  parseTemplate,
  refuse,
  runTemplate,
  SPRIG,
  Struct,
  valueOf,
} from "../template/mod.ts";
import type { Change, ObjectChanges, ObjectIdentity } from "./changes.ts";

/** What a message tells about. */
export interface CommitMessageData {
  /** The ImageUpdateAutomation. */
  readonly automation: { readonly namespace: string; readonly name: string };
  /** What it changed. */
  readonly changes: readonly ObjectChanges[];
  /** `messageTemplateValues` */
  readonly values: Readonly<Record<string, string>>;
}

/** What a message says without a template. */
const DEFAULT_TEMPLATE = "Update from image update automation";

const MOST_BYTES = 4 << 20;
const MOST_STEPS = 200_000;

const FUNCTIONS: FunctionTable = {
  ...SPRIG,
  semver: fixed(1, (a) => versionData(a.text(0))),
  semverCompare: fixed(2, (a) => {
    const range = valueOf(parseRange(a.text(0)));
    return satisfies(valueOf(parseVersion(a.text(1))), range);
  }),
};

/** What Sprig gives of a version: its parts, by methods. */
function versionData(text: string): Struct {
  const parsed = parseVersion(text);
  if (!parsed.ok) return refuse("Invalid Semantic Version");
  const { major, minor, patch, prerelease, metadata, original } = parsed.value;
  const whole = formatVersion(parsed.value);
  const parts = {
    Major: major,
    Minor: minor,
    Patch: patch,
    Prerelease: prerelease,
    Metadata: metadata,
    Original: original,
    String: whole,
  };
  const methods = Object.entries(parts).map(([name, value]) => [name, () => value] as const);
  return new Struct("*semver.Version", [], { methods: Object.fromEntries(methods), text: whole });
}

/**
 * The message that `template` makes of what changed. Fails with `RemovedTemplateField` for the fields that Flux took
 * away, `InvalidTemplate`, `TemplateFailed` or `BudgetSpent`, in Flux's words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * const object = { apiVersion: "v1", kind: "Pod", namespace: "d", name: "p" };
 * const change = { setter: "d:app:tag", oldValue: "1", newValue: "2" };
 * const data = {
 *   automation: { namespace: "d", name: "auto" },
 *   changes: [{ file: "pod.yaml", object, changes: [change] }],
 *   values: { env: "prod" },
 * };
 * const template = "{{ .Values.env }}:{{ range .Changed.Changes }} {{ .OldValue }} -> {{ .NewValue }}{{ end }}";
 * assert.deepEqual(formatCommitMessage(template, data, defaultBudget()), { ok: true, value: "prod: 1 -> 2" });
 * ```
 */
export function formatCommitMessage(
  template: string,
  data: CommitMessageData,
  budget: Budget,
): Result<string> {
  const limits: Budget = {
    ...budget,
    bytes: Math.min(budget.bytes, MOST_BYTES),
    entries: Math.min(budget.entries, MOST_STEPS),
  };
  const parsed = parseTemplate(template === "" ? DEFAULT_TEMPLATE : template, {
    name: "commit message",
    functions: FUNCTIONS,
    budget: limits,
  });
  if (!parsed.ok) return within("unable to create commit message template from spec", parsed);
  const message = runTemplate(parsed.value, templateData(data), {
    functions: FUNCTIONS,
    budget: limits,
  });
  if (message.ok) return message;
  return removedField(message.message) ?? within("failed to run template from spec", message);
}

function within(what: string, { code, message, cause }: Failure): Failure {
  return fail(code, `${what}: ${message}`, cause);
}

const REMOVED = [
  {
    field: ".Updated",
    instead: "'.Changed'",
    problem: "can't evaluate field Updated in type source.TemplateData",
  },
  {
    field: ".Changed.ImageResult",
    instead: "'.Changed.FileChanges' or '.Changed.Objects'",
    problem: "can't evaluate field ImageResult in type update.Result",
  },
] as const;

const MANUAL = "https://fluxcd.io/flux/components/image/imageupdateautomations/#message-template";

/** Where a template uses what older versions had, and what there is instead. */
function removedField(message: string): Failure | undefined {
  const removed = REMOVED.find(({ problem }) => message.includes(problem));
  return removed && fail(
    "RemovedTemplateField",
    `template uses removed '${removed.field}' field. Please use ${removed.instead} instead. ` +
      `See: ${MANUAL}`,
  );
}

function templateData({ automation, changes, values }: CommitMessageData): Struct {
  const { namespace, name } = automation;
  return new Struct("source.TemplateData", [
    {
      name: "AutomationObject",
      value: new Struct("types.NamespacedName", fieldsOf({ Namespace: namespace, Name: name }), {
        text: `${namespace}/${name}`,
      }),
    },
    { name: "Changed", value: changedData(changes) },
    {
      name: "Values",
      value: new Dict(Object.entries(values), { typeName: "map[string]string", zero: "" }),
    },
  ]);
}

function changedData(changes: readonly ObjectChanges[]): Struct {
  const files = Map.groupBy(changes, ({ file }) => file);
  const fileChanges = new Dict([...files].map(([file, its]) => [file, objectsData(its)]), {
    typeName: "map[string]update.ObjectChanges",
    zero: objectsData([]),
  });
  const all = changes.toSorted((a, b) => a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
  return new Struct("update.Result", [{ name: "FileChanges", value: fileChanges }], {
    methods: { Objects: () => objectsData(all), Changes: () => distinctData(all) },
  });
}

/** Changes by object; those of one object in several files go together, by the names of the files. */
function objectsData(changes: readonly ObjectChanges[]): Dict {
  const objects = Map.groupBy(changes, ({ object }) => JSON.stringify(objectParts(object)));
  const entries = [...objects.values()].map((its): [Struct, readonly Struct[]] => {
    const [first] = its;
    const list = its.flatMap((it) => it.changes).map(changeData);
    return [objectData(first?.object ?? NOBODY), list];
  });
  return new Dict(entries, { typeName: "update.ObjectChanges", zero: [] });
}

const NOBODY: ObjectIdentity = { apiVersion: "", kind: "", namespace: "", name: "" };

function objectParts({ apiVersion, kind, namespace, name }: ObjectIdentity): readonly string[] {
  return [apiVersion, kind, name, namespace];
}

/** In the order of Go's fields, which is also that of objects in a message. */
function objectData({ apiVersion, kind, namespace, name }: ObjectIdentity): Struct {
  const type = new Struct("yaml.TypeMeta", fieldsOf({ APIVersion: apiVersion, Kind: kind }));
  const place = new Struct("yaml.NameMeta", fieldsOf({ Name: name, Namespace: namespace }));
  const whole = new Struct("yaml.ResourceIdentifier", [
    { name: "TypeMeta", value: type, isEmbedded: true },
    { name: "NameMeta", value: place, isEmbedded: true },
  ]);
  return new Struct("update.ObjectIdentifier", [
    { name: "ResourceIdentifier", value: whole, isEmbedded: true },
  ]);
}

function distinctData(changes: readonly ObjectChanges[]): readonly Struct[] {
  const seen = new Map<string, Change>();
  for (const change of changes.flatMap((it) => it.changes)) {
    const { setter, oldValue, newValue } = change;
    const key = JSON.stringify([setter, oldValue, newValue]);
    if (!seen.has(key)) seen.set(key, change);
  }
  return [...seen.values()].map(changeData);
}

function changeData({ setter, oldValue, newValue }: Change): Struct {
  return new Struct(
    "update.Change",
    fieldsOf({ OldValue: oldValue, NewValue: newValue, Setter: setter }),
  );
}

function fieldsOf(values: Readonly<Record<string, string>>): readonly Field[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
