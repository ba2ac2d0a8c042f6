/**
 * Replacements: a value of one resource goes into fields of others.
 *
 * @module
 */
import type { Meter } from "../../base/mod.ts";
import {
  cloneNode,
  resolvePlain,
  type ScalarNode,
  stringNode,
  type YamlNode,
} from "../../yaml/mod.ts";
import { splitBracketPath } from "../field_path.ts";
import { formatInner } from "../inner_text.ts";
import type { FieldOptionFields, ReplacementFields } from "../kustomization.ts";
import { countNodes, lookUp, parseInner, PathFinder } from "../node_path.ts";
import { Refusal } from "../refusal.ts";
import { gvkOf, nameOf, namespaceOf, own, previousIds, type Resource } from "../resource.ts";
import { type Gvk, isSelected, showId } from "../resource_id.ts";
import type { ResourceList } from "../resource_list.ts";
import { isEmpty } from "../resources.ts";
import { compileSelector, SCAN_PER_ENTRY, type Selector } from "../selector.ts";

type Source = NonNullable<ReplacementFields["source"]>;
type Target = NonNullable<ReplacementFields["targets"]>[number];

/** An identity as replacements see it: the namespace as written, nothing put in its place. */
interface WrittenId extends Gvk {
  readonly name: string;
  readonly namespace: string;
}

/** What the steps share. */
interface Work {
  /** Scalars that were made have the type that their text looks like, however often it changes. */
  readonly made: WeakSet<YamlNode>;
  readonly meter: Meter;
}

const DEFAULT_PATH = "metadata.name";
/** How much text is read in about the time of one step of another loop. */
const CHARS_PER_STEP = 64;

/** Applies replacements one after the other. */
export function applyReplacements(
  resources: ResourceList,
  replacements: readonly (ReplacementFields & { readonly entry: number })[],
  meter: Meter,
): void {
  const made = new WeakSet<YamlNode>();
  for (const replacement of replacements) {
    inReplacement(replacement.entry, () => applyOne(resources, replacement, { made, meter }));
  }
  resources.renamed();
}

function inReplacement(entry: number, step: () => void): void {
  try {
    step();
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.isPlaced) throw thrown;
    throw new Refusal(`replacements[${entry}]: ${thrown.message}`, undefined, thrown.code);
  }
}

function applyOne(resources: ResourceList, replacement: ReplacementFields, work: Work): void {
  const { source, sourceValue, targets = [] } = replacement;
  if ((source === undefined && sourceValue === undefined) || targets.length === 0) {
    throw new Refusal("source and at least one target are needed");
  }
  if (source !== undefined && sourceValue !== undefined) {
    throw new Refusal("give either source or sourceValue");
  }
  const value = source === undefined
    ? stringNode(sourceValue ?? "")
    : readSource(resources, source, targets);
  for (const target of targets) applyTarget(resources, target, value, work);
}

function writtenIds(resource: Resource): WrittenId[] {
  const { node } = resource;
  const current = { ...gvkOf(node), name: nameOf(node), namespace: namespaceOf(node) };
  return [current, ...previousIds(resource)];
}

function readSource(
  resources: ResourceList,
  source: Source,
  targets: readonly Target[],
): YamlNode {
  const { group = "", version = "", kind = "", name = "", namespace = "" } = source;
  const candidates = name === "" ? resources.items : resources.withAnyName(name);
  const matches = candidates.filter((resource) =>
    writtenIds(resource).some((id) =>
      (name === "" || id.name === name) &&
      (namespace === "" || (id.namespace || "default") === namespace) &&
      isSelected(id, { group, version, kind })
    )
  );
  const shown = showId({ group, version, kind, name, namespace });
  const [resource, second] = matches;
  if (resource === undefined) {
    throw new Refusal(
      `no resource is ${shown}; check kind, name and namespace of the source`,
    );
  }
  if (second !== undefined) {
    throw new Refusal(`several resources are ${shown}; say more`);
  }
  const path = source.fieldPath || DEFAULT_PATH;
  // The value is the field itself: when the source is a target too, those after it get what it has become.
  if (targets.some((target) => target.select && compileTarget(target).isChosen(resource))) {
    own(resource);
  }
  const field = lookUp(resource.node, splitBracketPath(path));
  if (field === undefined || isEmpty(field)) {
    throw new Refusal(
      `field ${path} of ${shown} is missing; check fieldPath of the source`,
    );
  }
  return cutSource(field, source.options);
}

function cutSource(field: YamlNode, options: FieldOptionFields | undefined): YamlNode {
  const { delimiter = "", index = 0 } = options ?? {};
  if (delimiter === "") return field;
  if (field.kind !== "scalar") throw new Refusal("a delimiter needs a plain value");
  const part = field.value.split(delimiter)[index];
  if (part === undefined) {
    throw new Refusal(`"${field.value}" has no part ${index} between "${delimiter}"`);
  }
  return { ...field, value: part };
}

function applyTarget(
  resources: ResourceList,
  target: Target,
  value: YamlNode,
  work: Work,
): void {
  const { literalName, isChosen } = compileTarget(target);
  const candidates = literalName === undefined
    ? resources.items
    : resources.withAnyName(literalName);
  work.meter.spendEntries(Math.ceil(candidates.length / SCAN_PER_ENTRY), "a replacement");
  for (const resource of candidates) {
    if (isChosen(resource)) copyInto(resource, target, value, work);
  }
  // The next target, or replacement, may look for a name that this one has written.
  if (pathsOf(target).some((path) => NAMING.test(path))) resources.renamed();
}

function compileTarget(target: Target): {
  readonly literalName: string | undefined;
  readonly isChosen: (resource: Resource) => boolean;
} {
  if (target.select === undefined) throw new Refusal("a target has no select");
  const select = compileSelector(target.select);
  const rejects = (target.reject ?? []).map((fields) => ({
    selector: compileSelector(fields),
    byMetadata: (fields.labelSelector ?? "") !== "" || (fields.annotationSelector ?? "") !== "",
  }));
  return {
    literalName: select.literalName,
    isChosen(resource) {
      const ids = writtenIds(resource);
      if (!ids.some((id) => hasId(select, id)) || !select.matchesMetadata(resource)) return false;
      return !rejects.some(({ selector, byMetadata }) =>
        (byMetadata && selector.matchesMetadata(resource)) ||
        (!selector.isOpen && ids.some((id) => hasId(selector, id)))
      );
    },
  };
}

/** Fields that say what a resource is called. */
const NAMING = /^(kind|apiVersion|metadata(\.(name|namespace))?)$/;

function pathsOf({ fieldPaths }: Target): readonly string[] {
  return fieldPaths?.length ? fieldPaths : [DEFAULT_PATH];
}

function hasId(selector: Selector, id: WrittenId): boolean {
  return selector.matchesKind(id) && selector.matchesName(id.name) &&
    selector.matchesNamespace(id.namespace);
}

function copyInto(
  resource: Resource,
  target: Target,
  value: YamlNode,
  work: Work,
): void {
  own(resource);
  const paths = pathsOf(target);
  const { options } = target;
  const make = options?.create ? value.kind : undefined;
  for (const fieldPath of paths) {
    const path = splitBracketPath(fieldPath);
    if (copyIntoText(resource, path, value, options, work)) continue;
    const where = `field ${fieldPath} of ${
      showId({ ...gvkOf(resource.node), name: nameOf(resource.node) })
    }`;
    const fields = within(where, () => new PathFinder(make, work.made).find(resource.node, path));
    if (fields.length === 0) {
      throw new Refusal(`${where} is not there; set options.create, or check the path`);
    }
    for (const field of fields) {
      within(where, () => setValue(resource.node, field, value, options, work));
    }
  }
}

function within<T>(where: string, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    throw new Refusal(`${where}: ${thrown.message}`, undefined, thrown.code);
  }
}

/** Follows the path into a text that holds JSON or YAML; false when it does not lead into one. */
function copyIntoText(
  resource: Resource,
  path: readonly string[],
  value: YamlNode,
  options: FieldOptionFields | undefined,
  work: Work,
): boolean {
  for (let length = 1; length < path.length; length++) {
    let text: YamlNode | undefined;
    try {
      text = lookUp(resource.node, path.slice(0, length));
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      return false;
    }
    if (text?.kind !== "scalar") continue;
    return replaceInText(text, path.slice(length), value, options, work);
  }
  return false;
}

function replaceInText(
  text: ScalarNode,
  path: readonly string[],
  value: YamlNode,
  options: FieldOptionFields | undefined,
  work: Work,
): boolean {
  // The text is read again for each path that leads into it.
  work.meter.step("a replacement", 1 + Math.ceil(text.value.length / CHARS_PER_STEP));
  try {
    const inner = parseInner(text);
    const made = new WeakSet<YamlNode>();
    const fields = new PathFinder(options?.create ? value.kind : undefined, made).find(inner, path);
    if (fields.length === 0) return false;
    for (const field of fields) setValue(inner, field, value, options, { ...work, made });
    text.value = formatInner(inner, text.value);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.code === "Unsupported") throw thrown;
    return false;
  }
}

function setValue(
  root: YamlNode,
  field: YamlNode,
  value: YamlNode,
  options: FieldOptionFields | undefined,
  work: Work,
): void {
  const { delimiter = "", index = 0 } = options ?? {};
  let copy: YamlNode = cloneNode(value);
  if (delimiter !== "") {
    if (field.kind !== "scalar") throw new Refusal("a delimiter needs a plain value");
    const parts = field.value.split(delimiter);
    const part = value.kind === "scalar" ? value.value : "";
    if (index < 0) parts.unshift(part);
    else if (index >= parts.length) parts.push(part);
    else parts[index] = part;
    copy = { ...(copy.kind === "scalar" ? copy : stringNode("")), value: parts.join(delimiter) };
  }
  if (field.kind === "scalar") setTyped(field, copy.kind === "scalar" ? copy.value : "", work);
  else {
    work.meter.spendEntries(countNodes(copy), "a replacement");
    replaceNode(root, field, copy, work.meter);
  }
}

/** The field keeps its type, so the text must suit it. */
function setTyped(field: ScalarNode, value: string, work: Work): void {
  const looks = resolvePlain(value, "kyaml");
  if (work.made.has(field) || field.isUntagged) field.tag = looks;
  else if (
    field.tag !== "str" && field.tag !== looks && !(field.tag === "float" && looks === "int")
  ) {
    throw new Refusal(`the field holds a ${field.tag}, "${value.slice(0, 60)}" is none`);
  }
  // A value that is put behind itself grows twofold every time.
  work.meter.spendBytes(value.length, "a replacement");
  field.value = value;
  delete field.style;
}

/** Puts `replacement` where `node` stands; the tree knows no parents, so it is searched. */
function replaceNode(
  root: YamlNode,
  node: YamlNode,
  replacement: YamlNode,
  meter: Meter,
): boolean {
  meter.step("a replacement");
  if (root.kind === "map") {
    for (const entry of root.entries) {
      if (entry.value === node) {
        entry.value = replacement;
        return true;
      }
      if (replaceNode(entry.value, node, replacement, meter)) return true;
    }
  } else if (root.kind === "seq") {
    for (const [index, item] of root.items.entries()) {
      if (item === node) {
        root.items[index] = replacement;
        return true;
      }
      if (replaceNode(item, node, replacement, meter)) return true;
    }
  }
  return false;
}
