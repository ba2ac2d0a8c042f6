/**
 * ImageUpdateAutomation: writes the images that policies have chosen into a git repository.
 *
 * @module
 */
import { GitRepository, type ImageUpdateAutomation } from "../../crds/mod.ts";
import {
  fail,
  type Failure,
  formatTime,
  ok,
  parseDuration,
  type Result,
  sleep,
  startDeadline,
} from "../../lib/base/mod.ts";
import { QUESTIONS_A_RUN } from "../../lib/image/mod.ts";
import {
  failing,
  halted,
  LOCK_ANNOTATION,
  lockedBy,
  ready,
  successNews,
  unsupportedAnnotation,
} from "../../lib/runtime/mod.ts";
import { type AutomationContext, type AutomationOutcome, keyOf, nameOf } from "./context.ts";
import { isByPolicies } from "./follow.ts";
import { type Choices, choicesOf, hasSameChoices } from "./policies.ts";
import { heldNames } from "./reverts.ts";
import { openSigner } from "./signer.ts";
import { type Target, targetOf } from "./target.ts";
import type { Task } from "./task.ts";
import { incomplete, lockedOf } from "./workload_outcomes.ts";
import { type Attempt, attemptWrite } from "./write.ts";

const UP_TO_DATE = "repository up-to-date";
const UNCHANGED = "no change since last reconciliation";
/** Others push too; after this many lost races the back-off has its turn. */
const MOST_ATTEMPTS = 5;
const PAUSE_MS = 200;
const DEFAULT_TIMEOUT_MS = 60_000;
const SHORT_ID = 7;

/** Brings the repository up to date with the policies. */
export async function reconcileImageUpdateAutomation(
  automation: ImageUpdateAutomation,
  ctx: AutomationContext,
): Promise<AutomationOutcome> {
  const lastAutomationRunTime = formatTime(ctx.clock.now());
  const outcome = await update(automation, ctx);
  const lastPush = outcome.status?.lastPushCommit ?? automation.status?.lastPushCommit;
  if (outcome.kind === "ready") ctx.told.set(keyOf(automation), lastPush);
  if (outcome.kind === "retry") ctx.told.delete(keyOf(automation));
  return { ...outcome, status: { lastAutomationRunTime, ...outcome.status } };
}

/** An automation leaves nothing behind. */
export function finalizeImageUpdateAutomation(
  automation: ImageUpdateAutomation,
  { scans, told }: Pick<AutomationContext, "scans" | "told">,
): Promise<AutomationOutcome> {
  scans.forget(nameOf(automation));
  told.delete(keyOf(automation));
  return Promise.resolve(ready("Succeeded", "nothing to clean up"));
}

async function update(
  automation: ImageUpdateAutomation,
  ctx: AutomationContext,
): Promise<AutomationOutcome> {
  const lock = lockedBy(automation.metadata);
  if (lock !== undefined) return halted("Locked", lock);
  const refused = unsupportedAnnotation(automation.metadata, [LOCK_ANNOTATION]);
  if (refused !== undefined) return halted("Unsupported", refused);

  const { namespace } = nameOf(automation);
  const policies = await ctx.listPolicies(namespace);
  const choices = choicesOf(automation, policies);
  if (!choices.ok) return halted("InvalidPolicySelector", choices);
  if (automation.spec.git === undefined) {
    const kind = automation.spec.sourceRef.kind;
    const message =
      `source kind '${kind}' necessitates field .spec.git: invalid source configuration`;
    return halted("InvalidSourceConfiguration", { message });
  }

  const source = await openSource(automation, ctx);
  if (!source.ok) {
    if (source.code === "AccessDenied") return halted("AccessDenied", source);
    const message = `failed configuring source manager: ${source.message}`;
    return failing("SourceManagerFailed", { message });
  }
  using deadline = startDeadline(ctx.clock, source.value.timeoutMs, ctx.signal);
  const task: Task = {
    ...source.value,
    choices: choices.value,
    held: heldNames(policies),
    budget: ctx.budget(deadline.signal),
    questions: { left: QUESTIONS_A_RUN },
  };
  const outcome = toOutcome(automation, task, await writeAgainstOthers(automation, task, ctx));
  return isEcho(automation, choices.value, ctx) ? withoutTrace(outcome) : outcome;
}

/**
 * Whether a policy asked for the run while the one before it was about to look, and it has been seen: neither is that a run
 * anybody waited for, nor a reason to say that nothing has changed.
 */
function isEcho(
  automation: ImageUpdateAutomation,
  choices: Choices,
  { triggers }: AutomationContext,
): boolean {
  return isByPolicies(triggers) && hasSameChoices(automation, choices);
}

function withoutTrace(outcome: AutomationOutcome): AutomationOutcome {
  const events = outcome.events?.filter(({ type }) => type !== "Trace");
  return events === undefined ? outcome : { ...outcome, events };
}

type Source = Omit<Task, "choices" | "held" | "budget" | "questions"> & {
  readonly timeoutMs: number;
};

/** The repository, how to log in, and who signs. */
async function openSource(
  automation: ImageUpdateAutomation,
  ctx: AutomationContext,
): Promise<Result<Source>> {
  const repository = await findRepository(automation, ctx);
  if (!repository.ok) return repository;
  const target = targetOf(automation, repository.value);
  if (!target.ok) return target;
  const signer = await openSigner(automation, ctx);
  if (!signer.ok) return signer;
  const login = await ctx.readCredentials(repository.value);
  if (!login.ok) return login;
  const timeout = parseDuration(repository.value.spec.timeout);
  const timeoutMs = timeout.ok ? timeout.value : DEFAULT_TIMEOUT_MS;
  return ok({ target: target.value, signer: signer.value, login: login.value, timeoutMs });
}

async function findRepository(
  automation: ImageUpdateAutomation,
  ctx: AutomationContext,
): Promise<Result<GitRepository>> {
  const { namespace: own } = nameOf(automation);
  const { name, namespace = own } = automation.spec.sourceRef;
  if (namespace !== own && ctx.noCrossNamespaceRefs) {
    return fail(
      "AccessDenied",
      `can't access '${GitRepository.kind}/${namespace}/${name}', ` +
        "cross-namespace references have been blocked",
    );
  }
  const { apiVersion, kind } = GitRepository;
  const found = await ctx.readRepository({ apiVersion, kind, namespace, name });
  if (found.ok || found.code !== "NotFound") return found;
  return fail("NotFound", `referenced git repository does not exist: ${found.message}`);
}

/** A push that somebody else's came before is begun again, from what they pushed. */
async function writeAgainstOthers(
  automation: ImageUpdateAutomation,
  task: Task,
  ctx: AutomationContext,
): Promise<Attempt> {
  let base: string | undefined;
  for (let count = 1;; count++) {
    const attempt = await attemptWrite(automation, task, ctx);
    if (attempt.kind !== "refused") return attempt;
    // On the same base again: nobody came before us, the server does not want it.
    const isRace = attempt.failure.code === "RefMoved" || attempt.base !== base;
    if (!isRace || count === MOST_ATTEMPTS) return { kind: "failed", failure: attempt.failure };
    base = attempt.base;
    await sleep(ctx.clock, PAUSE_MS * count * (0.5 + ctx.random()), task.budget.signal);
  }
}

function toOutcome(
  automation: ImageUpdateAutomation,
  { target, choices }: { readonly target: Target; readonly choices: Choices },
  attempt: Attempt,
): AutomationOutcome {
  if (attempt.kind === "failed" || attempt.kind === "refused") return notWritten(attempt.failure);
  const observed = { observedPolicies: { ...choices }, observedSourceRevision: attempt.revision };
  const { workloads } = attempt;
  const message = UP_TO_DATE + (workloads === undefined ? "" : lockedOf(workloads));
  if (attempt.kind === "unchanged") {
    const events = [successNews(automation, message, UNCHANGED)];
    return incomplete(workloads, { status: observed }) ??
      ready("Succeeded", message, { status: observed, events });
  }
  const pushed = {
    status: { ...observed, lastPushCommit: attempt.commit, lastPushTime: attempt.pushedAt },
    events: [{
      type: "Normal" as const,
      reason: "Succeeded",
      message: pushedMessage(target, attempt),
    }],
  };
  return incomplete(workloads, pushed) ?? ready("Succeeded", message, pushed);
}

function pushedMessage(
  { pushBranch, refspec }: Target,
  { commit, message }: Attempt & { kind: "pushed" },
): string {
  const more = refspec === undefined ? "" : ` and refspecs '${refspec.text}'`;
  return `pushed commit '${
    commit.slice(0, SHORT_ID)
  }' to branch '${pushBranch}'${more}\n${message}`;
}

function notWritten(failure: Failure): AutomationOutcome {
  switch (failure.code) {
    case "RemovedTemplateField":
      return halted("RemovedTemplateField", failure);
    case "InvalidImage":
    case "BudgetSpent":
      return failing("UpdateFailed", failure);
    default:
      return failing("GitOperationFailed", failure);
  }
}
