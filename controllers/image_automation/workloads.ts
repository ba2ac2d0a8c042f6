/**
 * Workloads with annotations of Flux v1: their images follow the registry, and no other object is needed for that.
 *
 * @module
 */
import type { ImageUpdateAutomation } from "../../crds/mod.ts";
import { type FileTree, ok, type Result, treeOf } from "../../lib/base/mod.ts";
import {
  type AutomatedContainer,
  type AutomatedWorkloads,
  formatImageRef,
  type ManifestUpdate,
} from "../../lib/image/mod.ts";
import { type AutomationContext, nameOf } from "./context.ts";
import { below, inRepository } from "./files.ts";
import { chooseTags, type ChosenTags } from "./scans.ts";
import type { Task } from "./task.ts";

/** What is told of workloads beside the commit. */
export interface WorkloadReport {
  /** Workloads that people locked. */
  readonly locked: readonly string[];
  /** What could not be done. */
  readonly troubles: readonly string[];
  /** How far build dates have come that the next run goes on with. */
  readonly unfinished: string | undefined;
}

/** An update, with what it was made by. */
export interface WorkloadPlan {
  readonly update: ManifestUpdate;
  readonly report: WorkloadReport;
  /** The same images again, for the files of another commit. */
  readonly repeat: Repeat;
}

/** Adds the images of workloads to an update of `tree`. */
export type Repeat = (tree: FileTree, update: ManifestUpdate) => Result<ManifestUpdate>;

/** Adds the images of automated workloads to `update`, which markers asked for in the files of `commit`. */
export async function planWorkloads(
  automation: ImageUpdateAutomation,
  { commit, tree }: { readonly commit: string; readonly tree: FileTree },
  { update, task }: { readonly update: ManifestUpdate; readonly task: Task },
  ctx: AutomationContext,
): Promise<Result<WorkloadPlan>> {
  const files = below(automation, overlaid(tree, update));
  const found = ctx.findAutomated(files, task.budget);
  if (!found.ok) return found;
  ctx.scans.remember(nameOf(automation), { commit, path: pathOf(automation), found: found.value });
  const chosen = await chooseTags(automation, found.value.containers, task, ctx);
  const repeat: Repeat = (tree, update) =>
    addWorkloads(automation, { tree, update }, chosen, task, ctx);
  const whole = repeat(tree, update);
  if (!whole.ok) return whole;
  return ok({ update: whole.value, report: reportOf(found.value, chosen), repeat });
}

/**
 * What is told of the workloads of a commit whose files need not be read again: they are as registries want them.
 * Nothing when that is not so, or not known.
 */
export async function settledWorkloads(
  automation: ImageUpdateAutomation,
  commit: string,
  task: Task,
  ctx: AutomationContext,
): Promise<WorkloadReport | undefined> {
  const look = ctx.scans.lastLook(nameOf(automation));
  if (look?.commit !== commit || look.path !== pathOf(automation)) return undefined;
  const { found } = look;
  const chosen = await chooseTags(automation, found.containers, task, ctx);
  const isSame = found.containers.every((container) => wantedFor(container, chosen) === undefined);
  return isSame ? reportOf(found, chosen) : undefined;
}

function pathOf({ spec }: ImageUpdateAutomation): string {
  return spec.update.path ?? "";
}

function reportOf(
  { locked, troubles }: AutomatedWorkloads,
  chosen: ChosenTags,
): WorkloadReport {
  const { unfinished } = chosen;
  return { locked, troubles: [...troubles, ...chosen.troubles], unfinished };
}

/** The image that a container should have; nothing when it has it, or when none could be chosen. */
function wantedFor(container: AutomatedContainer, chosen: ChosenTags): string | undefined {
  const { image } = container;
  const choice = chosen.of(container);
  if (choice === undefined || choice.tag === image.tag) return undefined;
  const digest = image.digest === "" ? "" : choice.digest ?? "";
  return formatImageRef({ ...image, tag: choice.tag, digest });
}

function addWorkloads(
  automation: ImageUpdateAutomation,
  { tree, update }: { readonly tree: FileTree; readonly update: ManifestUpdate },
  chosen: ChosenTags,
  { budget }: Task,
  ctx: AutomationContext,
): Result<ManifestUpdate> {
  const files = below(automation, overlaid(tree, update));
  const choose = (container: AutomatedContainer) => wantedFor(container, chosen);
  const more = ctx.updateAutomated(files, choose, budget);
  if (!more.ok) return more;
  const added = inRepository(automation, more.value, ctx);
  return ok({
    files: new Map([...update.files, ...added.files]),
    changes: [...update.changes, ...added.changes],
    skipped: [...update.skipped, ...added.skipped],
  });
}

/** The files as they are with an update. */
function overlaid(tree: FileTree, { files }: ManifestUpdate): FileTree {
  if (files.size === 0) return tree;
  const changed = [...treeOf(Object.fromEntries(files))].map(([path, entry]) =>
    [path, { ...entry, mode: tree.get(path)?.mode ?? entry.mode }] as const
  );
  return new Map([...tree, ...changed]);
}
