/**
 * Conformance of `lib/envsubst`, and of `postBuild` in `lib/delivery`, with the rows recorded from
 * fluxcd/pkg/envsubst and fluxcd/pkg/kustomize.
 *
 * @module
 */
import { fail, isEqualJson, ok, type Result } from "../../lib/base/mod.ts";
import { joinVariables, substituteNode, type VariableSource } from "../../lib/delivery/mod.ts";
import { substitute } from "../../lib/envsubst/mod.ts";
import { emitYaml, getKey, type MapNode, parseOne, textOf, toPlain } from "../../lib/yaml/mod.ts";

interface TemplateInput {
  readonly op?: undefined;
  readonly template: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly strict: boolean;
}

type Data = Readonly<Record<string, string>>;

interface PostBuildInput {
  readonly op: "postBuild";
  readonly resourceYaml: string;
  readonly configMaps: Readonly<Record<string, Data>>;
  readonly secrets: Readonly<Record<string, Data>>;
  readonly substitute: Data | null;
  readonly substituteFrom:
    | readonly { kind: "ConfigMap" | "Secret"; name: string; optional: boolean }[]
    | null;
  readonly strict: boolean;
  readonly always: boolean;
  readonly dryRun: boolean;
}

interface Row {
  readonly input: TemplateInput | PostBuildInput;
  readonly expect: Readonly<Record<string, unknown>>;
}

/** Why the row fails, or nothing. */
export function runRow(row: unknown): string | undefined {
  // The file's own README gives rows this shape.
  const { input, expect } = row as Row;
  const got = input.op === undefined ? fillTemplate(input) : postBuild(input);
  const isSame = input.op === "postBuild" && "error" in expect
    // Whose words these are depends on who reads the cluster and the YAML.
    ? "error" in got
    : isEqualJson(got, expect);
  return isSame ? undefined : `got ${JSON.stringify(got)}, want ${JSON.stringify(expect)}`;
}

function fillTemplate({ template, vars, strict }: TemplateInput): Record<string, unknown> {
  const filled = substitute(template, new Map(Object.entries(vars)), { strict });
  return filled.ok ? { output: filled.value } : { error: filled.message };
}

function postBuild(input: PostBuildInput): Record<string, unknown> {
  const parsed = parseOne(input.resourceYaml);
  if (!parsed.ok || parsed.value?.kind !== "map") return { error: "no object" };
  const node = parsed.value;
  if (isSkipped(node)) return { skipped: true };
  const sources = readSources(input);
  if (!sources.ok) return { error: sources.message };
  const variables = joinVariables(sources.value);
  if (!variables.ok) return { error: variables.message };
  if (variables.value.size === 0 && !input.always) return result(node);
  const filled = substituteNode(node, variables.value, input);
  return filled.ok ? result(filled.value) : { error: filled.message };
}

/** Upstream answers nothing at all for these; ours gives them back as they are. */
function isSkipped(node: MapNode): boolean {
  return ["labels", "annotations"].some((field) => {
    const entries = getKey(getKey(node, "metadata"), field);
    return textOf(getKey(entries, "kustomize.toolkit.fluxcd.io/substitute")) === "disabled";
  });
}

/** Stands in for the controller's reads; a dry run makes none. */
function readSources(input: PostBuildInput): Result<readonly VariableSource[]> {
  const sources: VariableSource[] = [];
  for (const { kind, name, optional } of input.dryRun ? [] : input.substituteFrom ?? []) {
    const data = (kind === "Secret" ? input.secrets : input.configMaps)[name];
    if (data !== undefined) sources.push({ name: `${kind}/${name}`, data });
    else if (!optional) return fail("NotFound", `substitute from '${kind}/${name}' error`);
  }
  return ok([...sources, { name: "", data: input.substitute ?? {} }]);
}

function result(node: MapNode): Record<string, unknown> {
  return { object: toPlain(node), yaml: emitYaml(node) };
}
