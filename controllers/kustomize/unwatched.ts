/**
 * Says of which applied kinds drift is seen at the interval only, as they may not be watched (design D12).
 *
 * @module
 */
import { sleep } from "../../lib/base/mod.ts";
import { type GroupVersionKind, gvkOf } from "../../lib/kube/mod.ts";
import { type ConditionValue, findCondition } from "../../lib/runtime/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { memoryKey } from "./memory.ts";
import type { Attempt, KustomizationOutcome } from "./outcomes.ts";

/** Abnormal when True, and absent otherwise. */
const TYPE = "DriftUnwatched";
/** What the API server will say again; other trouble passes. */
const REFUSALS: readonly string[] = ["Forbidden", "MethodNotAllowed"];
/** The first list of a kind is under way when this is asked; a server that is slow is not waited for. */
const ANSWER_MS = 1_000;

/** A kind, and why it is not watched. */
interface Refusal {
  readonly gvk: GroupVersionKind;
  readonly code: string;
  readonly message: string;
}

/** The outcome with the condition, or without one that no longer holds. */
export async function tellUnwatched(
  { kustomization }: Attempt,
  outcome: KustomizationOutcome,
  ctx: KustomizeContext,
): Promise<KustomizationOutcome> {
  const refusals = await findRefusals(memoryKey(kustomization), ctx);
  const said = findCondition(kustomization.status?.conditions, TYPE);
  if (refusals.length === 0 && said === undefined) return outcome;
  return { ...outcome, conditions: { ...outcome.conditions, [TYPE]: conditionOf(refusals) } };
}

async function findRefusals(key: string, { memory, live, clock }: KustomizeContext) {
  const kinds = new Map<string, GroupVersionKind>();
  for (const { ref } of memory.of(key).applied.values()) {
    kinds.set(nameOf(gvkOf(ref)), gvkOf(ref));
  }
  const over = new AbortController();
  const answers = Promise.all([...kinds.values()].map((gvk) => live.answered(gvk)));
  await Promise.race([answers, sleep(clock, ANSWER_MS, over.signal)]);
  over.abort();
  return [...kinds.values()].flatMap((gvk): Refusal[] => {
    const trouble = live.trouble(gvk);
    return trouble !== undefined && REFUSALS.includes(trouble.code) ? [{ gvk, ...trouble }] : [];
  });
}

/** In an order of its own: the same refusals give the same words, whichever came first. */
function conditionOf(refusals: readonly Refusal[]): ConditionValue | null {
  const sorted = refusals.toSorted((a, b) => nameOf(a.gvk) < nameOf(b.gvk) ? -1 : 1);
  const [first] = sorted;
  if (first === undefined) return null;
  const kinds = sorted.map(({ gvk }) => nameOf(gvk)).join(", ");
  return {
    status: "True",
    reason: first.code,
    message: `Drift of ${kinds} is noticed at the interval only: ${first.message}`,
  };
}

/** As messages name a kind: `Deployment.apps`. */
function nameOf({ group, kind }: GroupVersionKind): string {
  return group === "" ? kind : `${kind}.${group}`;
}
