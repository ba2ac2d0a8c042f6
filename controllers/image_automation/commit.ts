/**
 * The commit of an update.
 *
 * @module
 */
import type { ImageUpdateAutomation } from "../../crds/mod.ts";
import { ok, type Result } from "../../lib/base/mod.ts";
import type { NewCommit } from "../../lib/git/mod.ts";
import type { ManifestUpdate } from "../../lib/image/mod.ts";
import { type AutomationContext, nameOf } from "./context.ts";
import type { Task } from "./task.ts";

/** A commit that only we have, and its message. */
export interface MadeCommit {
  readonly commit: NewCommit;
  readonly message: string;
}

/** What a commit is made from. */
export interface CommitParts {
  /** Id of the commit it stands on. */
  readonly parent: string;
  readonly update: ManifestUpdate;
  readonly timeSeconds: number;
}

/** Makes the commit of an update, signed by the task's signer; nothing of it is sent yet. */
export async function makeCommit(
  automation: ImageUpdateAutomation,
  { parent, update: { files, changes }, timeSeconds }: CommitParts,
  { target: { url }, login, signer, budget }: Omit<Task, "choices" | "held">,
  ctx: AutomationContext,
): Promise<Result<MadeCommit>> {
  const wanted = automation.spec.git?.commit;
  const values = wanted?.messageTemplateValues ?? {};
  const data = { automation: nameOf(automation), changes, values };
  const message = ctx.renderMessage(wanted?.messageTemplate ?? "", data, budget);
  if (!message.ok) return message;
  const { name = "", email = "" } = wanted?.author ?? {};
  const author = { name, email, timeSeconds, zone: "+0000" };
  const draft = { parent, files, author, message: message.value };
  const sign = signer === undefined ? {} : { sign: signer };
  const commit = await ctx.git.makeCommit(url, { ...draft, ...sign }, login, budget);
  return commit.ok ? ok({ commit: commit.value, message: message.value }) : commit;
}
