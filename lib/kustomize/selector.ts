/**
 * Picks resources by group, version, kind, name, namespace, labels and annotations.
 *
 * @module
 */
import { RE2JS } from "re2js";
import { isMet, messageOf, type Meter, parseLabelSelector } from "../base/mod.ts";
import type { SelectorFields } from "./kustomization.ts";
import { Refusal } from "./refusal.ts";
import { currentId, metadataMap, originalId, type Resource } from "./resource.ts";
import type { ResourceList } from "./resource_list.ts";
import type { Gvk } from "./resource_id.ts";

/** Tests one part of an identity. */
export type Matcher = (value: string) => boolean;

/** A selector ready for use. */
export interface Selector {
  /** The name, where it is one and no pattern. */
  readonly literalName: string | undefined;
  /** True when nothing of the identity is asked for. */
  readonly isOpen: boolean;
  /** Tests group, version and kind. */
  matchesKind(gvk: Gvk): boolean;
  /** Tests a name. */
  readonly matchesName: Matcher;
  /** Tests a namespace. */
  readonly matchesNamespace: Matcher;
  /** Tests labels and annotations. */
  matchesMetadata(resource: Resource): boolean;
}

const LITERAL = /^[A-Za-z0-9_-]+$/;
const LONGEST_PATTERN = 1_000;

/** Compiles a selector; refuses patterns that are no regular expressions. */
export function compileSelector(fields: SelectorFields): Selector {
  const group = compilePattern(fields.group, "group");
  const version = compilePattern(fields.version, "version");
  const kind = compilePattern(fields.kind, "kind");
  const labels = compileLabels(fields.labelSelector);
  const annotations = compileLabels(fields.annotationSelector);
  const name = fields.name ?? "";
  return {
    literalName: LITERAL.test(name) ? name : undefined,
    isOpen: [fields.group, fields.version, fields.kind, fields.name, fields.namespace]
      .every((part) => (part ?? "") === ""),
    matchesKind: (gvk) => group(gvk.group) && version(gvk.version) && kind(gvk.kind),
    matchesName: compilePattern(name, "name"),
    matchesNamespace: compilePattern(fields.namespace, "namespace"),
    matchesMetadata: ({ node }) =>
      (labels === undefined || labels(metadataMap(node, "labels"))) &&
      (annotations === undefined || annotations(metadataMap(node, "annotations"))),
  };
}

type LabelTest = (labels: ReadonlyMap<string, string>) => boolean;

function compileLabels(selector: string | undefined): LabelTest | undefined {
  if (selector === undefined || selector === "") return undefined;
  const parsed = parseLabelSelector(selector);
  if (parsed.ok) return (labels) => parsed.value.every((it) => isMet(it, labels.get(it.key)));
  const shown = selector.slice(0, 200);
  throw new Refusal(
    `"${shown}" is not a label selector such as app=web,tier in (a,b),!old`,
  );
}

function compilePattern(pattern: string | undefined, part: string): Matcher {
  if (pattern === undefined || pattern === "") return () => true;
  if (LITERAL.test(pattern)) return (value) => value === pattern;
  const compiled = compileRegex(`^(?:${pattern})$`);
  if (compiled !== undefined) return compiled;
  throw new Refusal(`${part} "${pattern.slice(0, 200)}" is not a regular expression`);
}

/** A test that finds `pattern` anywhere in a text; `undefined` when it is no regular expression. */
export function compileRegex(pattern: string): Matcher | undefined {
  if (pattern.length > LONGEST_PATTERN) return undefined;
  try {
    const compiled = RE2JS.compile(pattern);
    return (value) => compiled.matcher(value).find();
  } catch (thrown) {
    // re2js has one error class for every way a pattern can be wrong; its words add nothing here.
    messageOf(thrown);
    return undefined;
  }
}

/** How many resources may be looked at for one entry of the budget. */
export const SCAN_PER_ENTRY = 16;

/** The resources that match now, or matched when they were loaded. */
export function selectResources(
  list: ResourceList,
  selector: Selector,
  meter: Meter,
): readonly Resource[] {
  const { literalName } = selector;
  const candidates = literalName === undefined ? list.items : list.withAnyName(literalName);
  meter.spendEntries(Math.ceil(candidates.length / SCAN_PER_ENTRY), "a selector");
  return candidates.filter((resource) => {
    const current = currentId(resource);
    if (!selector.matchesKind(current)) return false;
    const original = originalId(resource);
    return (selector.matchesNamespace(original.namespace) ||
      selector.matchesNamespace(current.namespace)) &&
      (selector.matchesName(original.name) || selector.matchesName(current.name)) &&
      selector.matchesMetadata(resource);
  });
}
