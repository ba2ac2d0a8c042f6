/**
 * What a kustomization says about kinds: field tables, custom resources, schemas.
 *
 * @module
 */
import { sha256Hex } from "../base/mod.ts";
import {
  type Config,
  configOf,
  configShape,
  DEFAULT_CONFIG,
  EMPTY_CONFIG,
  mergeConfig,
} from "./config.ts";
import type { BuildContext } from "./context.ts";
import { checkDefinitions, configOfDefinitions } from "./crds.ts";
import { documentSchemas } from "./merge/schema.ts";
import { Refusal } from "./refusal.ts";
import { parseFirst } from "./resources.ts";
import { inEntry, type Target } from "./target_file.ts";

/** The first schema that a kustomization names, from the top down, holds for the whole build. */
export function useOpenApi(target: Target, context: BuildContext): void {
  inEntry(target, { field: "openapi" }, () => readOpenApi(target, context));
}

function readOpenApi({ kustomization, folder }: Target, context: BuildContext): void {
  const path = kustomization.openapi?.get("path");
  const version = kustomization.openapi?.get("version") ?? "";
  if (context.hasOwnSchemas || (path === undefined && version === "")) return;
  if (path !== undefined && version !== "") {
    throw new Refusal("give either path or version");
  }
  context.hasOwnSchemas = true;
  if (path === undefined) {
    if (version === "v1.21.2") return;
    throw new Refusal(`version "${version}" is not known; use v1.21.2, or a path`);
  }
  const loaded = context.loader.readText(folder, path);
  const shown = context.loader.show(loaded.path);
  const document = parseFirst(loaded.text, shown, context.options.budget);
  if (document?.kind !== "map") {
    throw new Refusal("an OpenAPI document must be a map", { path: shown });
  }
  context.schemasKey = sha256Hex(`${context.hasLoadedResources} ${loaded.text}`);
  // Once resources were read by the built-in schemas, those stay, as a second choice.
  context.schemas = documentSchemas(
    document,
    context.hasLoadedResources ? context.schemas : undefined,
  );
}

/** The built-in field tables and those of `configurations`. */
export function readConfigurations(target: Target, context: BuildContext): Config {
  let config = DEFAULT_CONFIG;
  for (const [index, path] of (target.kustomization.configurations ?? []).entries()) {
    const read = () => context.loader.readText(target.folder, path);
    const loaded = inEntry(target, { field: "configurations", index }, read);
    const shown = context.loader.show(loaded.path);
    const node = parseFirst(loaded.text, shown, context.options.budget);
    if (node === undefined) continue;
    const tables = configShape(node, "", { path: shown, strict: true, coerce: true });
    config = mergeConfig(config, configOf(tables));
  }
  return config;
}

/** The field tables that the definitions of `crds` amount to. */
export function readCrds(target: Target, context: BuildContext): Config {
  let config = EMPTY_CONFIG;
  for (const [index, path] of (target.kustomization.crds ?? []).entries()) {
    const read = () => context.loader.readText(target.folder, path);
    const loaded = inEntry(target, { field: "crds", index }, read);
    const shown = context.loader.show(loaded.path);
    const document = parseFirst(loaded.text, shown, context.options.budget);
    checkDefinitions(document, shown);
    config = mergeConfig(config, configOfDefinitions(document));
  }
  return config;
}
