/**
 * Puts one value, such as the name of a project, into many fields.
 *
 * @module
 */
import type { BuildContext } from "../context.ts";
import { fields, integer, list, text } from "../decode.ts";
import { splitPath } from "../field_path.ts";
import { fieldSpec, makeText, setText, visitField } from "../field_spec.ts";
import { selectorShape } from "../kustomization.ts";
import type { Folder } from "../loader.ts";
import { decodePlugin } from "../plugin_config.ts";
import { Refusal } from "../refusal.ts";
import type { Resource } from "../resource.ts";
import type { ResourceList } from "../resource_list.ts";
import { parseFirst } from "../resources.ts";
import { compileSelector, selectResources } from "../selector.ts";
import { namespaceResource } from "./namespace.ts";

const valueTargets = list(
  fields({ selector: selectorShape, fieldPath: text, filePathPosition: integer }),
);

/** Puts a value, by default the name of the folder, into fields or into paths that fields hold. */
export function valueAdd(
  config: Resource,
  folder: Folder,
  context: BuildContext,
): (resources: ResourceList) => void {
  const shape = fields({ value: text, targets: valueTargets, targetFilePath: text });
  const read = decodePlugin(config, shape, context);
  const value = read.value?.trim() || folder.path.slice(folder.path.lastIndexOf("/") + 1);
  const targets = [...read.targets ?? []];
  if (read.targetFilePath) {
    const loaded = context.loader.readText(folder, read.targetFilePath);
    const path = context.loader.show(loaded.path);
    const node = parseFirst(loaded.text, path, context.options.budget);
    const more = node === undefined
      ? {}
      : fields({ targets: valueTargets })(node, "", { path, strict: false, coerce: true });
    targets.push(...more.targets ?? []);
  }
  if (targets.length === 0) throw new Refusal("the transformer needs targets", config.provenance);
  return (resources) => {
    for (const { selector, fieldPath = "", filePathPosition = 0 } of targets) {
      if (fieldPath === "") throw new Refusal("a target needs a fieldPath", config.provenance);
      const chosen = selector === undefined
        ? resources.items
        : selectResources(resources, compileSelector(selector), context.meter);
      for (const resource of chosen) addValue(resource, fieldPath, value, filePathPosition);
    }
    resources.renamed();
  };
}

function addValue(resource: Resource, path: string, value: string, position: number): void {
  if (path === "metadata/namespace") return namespaceResource(resource, value, { specs: [] });
  const spec = fieldSpec(splitPath(path, "/").join("/"), {}, true);
  visitField(resource, spec, {
    make: makeText,
    visit(node) {
      const old = node.kind === "scalar" ? node.value : "";
      setText(node, position > 0 ? insertPart(old, position - 1, value) : value);
    },
  });
}

/** Inserts a part into a path; a position behind its end means the end. */
function insertPart(path: string, position: number, part: string): string {
  const isAbsolute = path.startsWith("/");
  const parts = path.split("/").filter((text) => text !== "");
  parts.splice(Math.min(position, parts.length), 0, part);
  return (isAbsolute ? "/" : "") + parts.join("/");
}
