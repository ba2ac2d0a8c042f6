/**
 * What is sealed with sops in a revision, opened with the keys that `spec.decryption` names (contract/kustomize.md §4).
 *
 * Nothing that was opened leaves memory, and it is kept no longer than the run that needs it.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { type Budget, fail, type FileTree, ok, type Result, sleep } from "../../lib/base/mod.ts";
import { openTree, type ResourceOpener } from "../../lib/delivery/mod.ts";
import { warning } from "../../lib/runtime/mod.ts";
import { DataKeys } from "../../lib/sops/mod.ts";
import type { KustomizeContext, KustomizeSettings } from "./context.ts";
import { type Attempt, eventMetadata } from "./outcomes.ts";

/** A revision as it is built. */
export interface OpenedRevision {
  /** Its files; those that were sealed, opened. */
  readonly tree: FileTree;
  /** Opens what is still sealed after the build; absent without `spec.decryption`. */
  readonly opener?: ResourceOpener;
  /** Whether anything was sealed so far. */
  hasSecrets(): boolean;
}

/** Lines of this length are masked by themselves: a parser may quote one of them. */
const LEAST_LINE = 8;
const CHANGED =
  "the MAC does not match, so it was changed after it was sealed; seal it anew with sops, " +
  "or restore it";

/** Why the account that `spec.decryption` names may not be used, in Flux's words. */
export function refusedAccount(
  { spec }: Kustomization,
  { allowsAccounts }: KustomizeSettings,
): { message: string } | undefined {
  if (allowsAccounts || !spec.decryption?.serviceAccountName) return undefined;
  const message = "to use spec.decryption.serviceAccountName for decryption authentication " +
    "please enable the ObjectLevelWorkloadIdentity feature gate in the controller";
  return { message };
}

/** Opens the sealed files that the build will read. */
export async function openRevision(
  attempt: Attempt,
  tree: FileTree,
  ctx: KustomizeContext,
  budget: Budget,
): Promise<Result<OpenedRevision>> {
  const { kustomization } = attempt;
  if (kustomization.spec.decryption === undefined) return ok({ tree, hasSecrets: () => false });
  const services = await ctx.readKeyServices(kustomization, budget);
  if (!services.ok) return services;
  const keys = new DataKeys(services.value);
  const pause = () => sleep(ctx.clock, 0);
  const opened = await openTree(tree, kustomization.spec, { keys, budget, pause });
  if (!opened.ok) return opened;
  const { secrets, changed, sealed } = opened.value;
  keepOut(attempt, secrets);
  const refused = tellChanged(attempt, changed, ctx);
  if (refused !== undefined) return refused;
  let hasSecrets = opened.value.tree !== tree;
  const opener: ResourceOpener = {
    keys,
    budget,
    pause,
    files: sealed,
    onSecrets(values) {
      hasSecrets = true;
      keepOut(attempt, values);
    },
  };
  return ok({ tree: opened.value.tree, opener, hasSecrets: () => hasSecrets });
}

/** Files that were changed after they were sealed: an event, as Flux never looks, or the end of the run. */
function tellChanged(
  attempt: Attempt,
  changed: readonly string[],
  ctx: KustomizeContext,
): Result<never> | undefined {
  if (changed.length === 0) return undefined;
  const message = `${changed.join(", ")}: ${CHANGED}`;
  if (ctx.settings.isGuarded) return fail("BuildFailed", `error decrypting sources: ${message}`);
  ctx.event(warning("MacMismatch", { message }, eventMetadata(attempt)));
  return undefined;
}

/** Messages of the build may quote what it reads. */
function keepOut(attempt: Attempt, values: readonly string[]): void {
  const all = new Set(values);
  for (const value of values) {
    if (!value.includes("\n")) continue;
    for (const line of value.split("\n")) {
      const text = line.trim();
      if (text.length >= LEAST_LINE) all.add(text);
    }
  }
  // The longest first, so that none is cut by a shorter one; one by one, as a call has a limit of arguments.
  for (const text of [...all].sort((a, b) => b.length - a.length)) attempt.secrets.push(text);
}
