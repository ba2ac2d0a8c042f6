/**
 * Which files an automation would change, and how.
 *
 * @module
 */
import type { ImageUpdateAutomation } from "../../crds/mod.ts";
import { fail, type FileTree, joinInside, ok, type Result } from "../../lib/base/mod.ts";
import type { Commit } from "../../lib/git/mod.ts";
import type { ManifestUpdate } from "../../lib/image/mod.ts";
import { type AutomationContext, nameOf } from "./context.ts";
import { type Choices, imagesOf } from "./policies.ts";
import { mayBeReverted, revertedNames, withoutPolicies } from "./reverts.ts";
import type { Task } from "./task.ts";

/** The update of the files of `commit`, in paths of the repository; what a person took back is held first. */
export async function planUpdate(
  automation: ImageUpdateAutomation,
  commit: Commit,
  task: Task,
  ctx: AutomationContext,
): Promise<Result<ManifestUpdate>> {
  const images = withoutPolicies(task.choices, task.held);
  const update = updateFiles(automation, commit.tree, { ...task, images }, ctx);
  if (!update.ok) return update;
  const reverted = await findReverted(automation, { commit, update: update.value }, task, ctx);
  if (!reverted.ok) return reverted;
  if (reverted.value.size === 0) return ok(inRepository(automation, update.value, ctx));
  const held = await hold(automation, commit, { names: reverted.value, choices: images }, ctx);
  if (!held.ok) return held;
  const rest = withoutPolicies(images, reverted.value);
  const less = updateFiles(automation, commit.tree, { ...task, images: rest }, ctx);
  return less.ok ? ok(inRepository(automation, less.value, ctx)) : less;
}

/** The update that the choices ask for in the files of any commit, in paths of the repository. */
export function updateOf(
  automation: ImageUpdateAutomation,
  tree: FileTree,
  task: Task,
  ctx: AutomationContext,
): Result<ManifestUpdate> {
  const images = withoutPolicies(task.choices, task.held);
  const update = updateFiles(automation, tree, { ...task, images }, ctx);
  return update.ok ? ok(inRepository(automation, update.value, ctx)) : update;
}

/** In paths below `spec.update.path`. */
function updateFiles(
  automation: ImageUpdateAutomation,
  tree: FileTree,
  { images, budget }: Task & { readonly images: Choices },
  ctx: AutomationContext,
): Result<ManifestUpdate> {
  const wanted = imagesOf(nameOf(automation).namespace, images);
  return ctx.updateFiles(below(automation, tree), wanted, budget);
}

/** As in a chroot: the path leads nowhere else. */
function prefixOf({ spec }: ImageUpdateAutomation): string {
  const folder = joinInside("", spec.update.path ?? "");
  return folder === "" ? "" : `${folder}/`;
}

/** The files that the automation may change, in paths below `spec.update.path`. */
export function below(automation: ImageUpdateAutomation, tree: FileTree): FileTree {
  const prefix = prefixOf(automation);
  return new Map(
    [...tree].filter(([path]) => path.startsWith(prefix))
      .map(([path, entry]) => [path.slice(prefix.length), entry]),
  );
}

/** The update in paths of the repository. */
export function inRepository(
  automation: ImageUpdateAutomation,
  update: ManifestUpdate,
  { log }: AutomationContext,
): ManifestUpdate {
  const prefix = prefixOf(automation);
  for (const { file, reason } of update.skipped) {
    log.debug("file passed over", { file: prefix + file, reason });
  }
  const files = new Map([...update.files].map(([path, content]) => [prefix + path, content]));
  return { ...update, files };
}

/** Costs a look at the files of our last push, when something of it has to be written again. */
async function findReverted(
  automation: ImageUpdateAutomation,
  { commit, update }: { readonly commit: Commit; readonly update: ManifestUpdate },
  task: Task,
  ctx: AutomationContext,
): Promise<Result<ReadonlySet<string>>> {
  const { choices, target, login, budget } = task;
  const last = automation.status?.lastPushCommit;
  const isOnPushBranch = !target.switchesBranch || commit.ref.endsWith(`/${target.pushBranch}`);
  const isSuspect = isOnPushBranch && last !== undefined &&
    mayBeReverted(automation, choices, update, commit.commit);
  if (!isSuspect) return ok(new Set());
  const ref = { commit: last, ref: "", revision: `sha1:${last}` };
  const then = await ctx.git.fetchTree(target.url, ref, login, budget);
  // Rewritten history: there is nothing that anyone could have taken back.
  if (!then.ok && then.code === "UnknownCommit") return ok(new Set());
  if (!then.ok) return then;
  const files = below(automation, then.value.tree);
  const missing = updateFiles(automation, then.value.tree, { ...task, images: choices }, ctx);
  if (!missing.ok) return missing;
  return ok(revertedNames(automation, choices, update, { files, update: missing.value }));
}

async function hold(
  automation: ImageUpdateAutomation,
  { commit }: Commit,
  { names, choices }: { readonly names: ReadonlySet<string>; readonly choices: Choices },
  ctx: AutomationContext,
): Promise<Result<void>> {
  const { namespace } = nameOf(automation);
  for (const name of names) {
    const tag = choices[name]?.tag ?? "";
    const held = await ctx.holdPolicy(namespace, name, `${tag} ${commit}`);
    if (!held.ok) return fail(held.code, `failed to hold policy '${name}': ${held.message}`, held);
    ctx.event({
      type: "Warning",
      reason: "Held",
      message: `tag ${tag} of policy '${name}' was taken back by commit '${commit.slice(0, 7)}': ` +
        "it is not written again until another is chosen or the policy's annotation sluice.dev/hold is removed",
    });
  }
  return ok(undefined);
}
