/**
 * Holds commit messages against `cases/flux/commit_message.json`. Of an error it counts that there is one, and
 * whether it is about a removed field, whose words are compared as well.
 *
 * @module
 */
import { defaultBudget } from "../../lib/base/mod.ts";
import { formatCommitMessage, type ObjectChanges } from "../../lib/image/mod.ts";

interface Row {
  readonly input: {
    readonly automationObject: string;
    readonly changed: readonly ObjectChanges[];
    readonly template: string;
    readonly values: Readonly<Record<string, string>> | null;
  };
  readonly expect:
    | { readonly message: string }
    | { readonly error: string; readonly removedField: boolean };
}

/** Why the row fails, or nothing. */
export function runRow(row: unknown): string | undefined {
  // The file's own README gives rows this shape.
  const { input: { automationObject, changed, template, values }, expect } = row as Row;
  const [namespace = "", name = ""] = automationObject.split("/");
  const data = { automation: { namespace, name }, changes: changed, values: values ?? {} };
  const got = formatCommitMessage(template, data, defaultBudget());
  if ("message" in expect) return differ(got.ok ? got.value : got.message, expect.message);
  if (got.ok) return `got ${JSON.stringify(got.value)}, want the error ${expect.error}`;
  if (!expect.removedField) return differ(got.code === "RemovedTemplateField", false);
  return differ(got.message, expect.error) ?? differ(got.code, "RemovedTemplateField");
}

function differ(got: unknown, want: unknown): string | undefined {
  return got === want ? undefined : `got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`;
}
