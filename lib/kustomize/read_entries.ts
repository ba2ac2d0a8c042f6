/**
 * Reads entries of a kustomization that may stand in files of their own: patches of the old fields, replacements.
 *
 * @module
 */
import { parseOne } from "../yaml/mod.ts";
import type { BuildContext } from "./context.ts";
import { list } from "./decode.ts";
import {
  type PatchFields,
  type ReplacementEntry,
  type ReplacementFields,
  replacementShape,
} from "./kustomization.ts";
import type { Folder } from "./loader.ts";
import { Refusal, runAll } from "./refusal.ts";
import type { ResourceList } from "./resource_list.ts";
import { parseFirst } from "./resources.ts";
import { compileSelector, selectResources } from "./selector.ts";
import { applyOperations, parseOperations } from "./transform/operations.ts";
import { parsePatch, type Patch } from "./transform/patches.ts";

/** An entry of `patchesStrategicMerge`: the patch itself, or the file that holds it; `field` is the entry's name. */
export function readMergePatch(
  text: string,
  folder: Folder,
  context: BuildContext,
  field = "paths",
): Patch {
  if (parseOne(text).ok && /^\s*(---|\w+\s*:)/m.test(text)) {
    return onlyMerge(parsePatch(text, `${context.file}: ${field}`, {}, context));
  }
  const loaded = context.loader.readText(folder, text);
  return onlyMerge(parsePatch(loaded.text, context.loader.show(loaded.path), {}, context));
}

/** A patch of the old field `patchesStrategicMerge`. */
export function onlyMerge(patch: Patch): Patch {
  if (patch.form === "merge") return { ...patch, keepsMetadata: true };
  throw new Refusal("a JSON 6902 patch belongs into patches, with a target", patch.place);
}

/** An entry of `patchesJson6902`. */
export function readJsonPatch(
  entry: PatchFields,
  folder: Folder,
  context: BuildContext,
  field = "jsonOp",
): { run: (resources: ResourceList) => void; key: string } {
  const { target, path = "", patch: inline = "" } = entry;
  if ((target?.name ?? "") === "") throw new Refusal("target.name is missing; name an object");
  if ((path === "") === (inline === "")) throw new Refusal("give one of patch and path");
  const loaded = path === "" ? undefined : context.loader.readText(folder, path);
  const found = {
    path: loaded === undefined ? `${context.file}: ${field}` : context.loader.show(loaded.path),
  };
  const operations = parseOperations(loaded?.text ?? inline, found.path, context);
  return {
    key: keyText(target, loaded?.text ?? inline, found.path),
    run(resources) {
      for (
        const resource of selectResources(resources, compileSelector(target ?? {}), context.meter)
      ) {
        applyOperations(resource, operations, found, context.meter);
      }
      resources.renamed();
    },
  };
}

/** A replacement, and the position of the entry that it comes from. */
export type ReadReplacement = ReplacementFields & { readonly entry: number };

/** Entries of `replacements`, those in files of their own read. */
export function readReplacements(
  entries: readonly ReplacementEntry[],
  folder: Folder,
  context: BuildContext,
): ReadReplacement[] {
  const read: ReadReplacement[] = [];
  runAll([...entries.entries()].map(([entry, fields]) => () => {
    for (const one of readReplacement(fields, entry, folder, context)) read.push({ ...one, entry });
  }));
  return read;
}

function readReplacement(
  entry: ReplacementEntry,
  index: number,
  folder: Folder,
  context: BuildContext,
): readonly ReplacementFields[] {
  const { path = "" } = entry;
  if (path === "") return [entry];
  const where = `replacements[${index}]`;
  if (entry.source !== undefined || (entry.targets?.length ?? 0) > 0) {
    throw new Refusal(`${where}: give either path, or source and targets`);
  }
  if (!context.loader.isFile(folder, path)) {
    throw new Refusal(`${where}: there is no file "${path}"; check path`);
  }
  const loaded = context.loader.readText(folder, path);
  const shown = context.loader.show(loaded.path);
  const node = parseFirst(loaded.text, shown, context.options.budget);
  const decoding = { path: shown, strict: false, coerce: true };
  if (node?.kind === "seq") return list(replacementShape)(node, "", decoding);
  if (node?.kind === "map") return [replacementShape(node, "", decoding)];
  throw new Refusal("a file of replacements must hold one, or a list of them", { path: shown });
}

/** Values as one text that is another for others. */
export function keyText(...values: readonly unknown[]): string {
  return JSON.stringify(values, (_, value) => (value instanceof Map ? [...value] : value));
}
