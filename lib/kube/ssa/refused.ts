/**
 * What an apply could not do, told as a whole: every object that was refused, with the place where it is written.
 *
 * @module
 */
import { type Failure, isRecord, mapParallel } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { gvkOf, type KubeObject } from "../object.ts";
import { joinFailures, placed } from "./errors.ts";
import { planObject } from "./plan.ts";
import { explainTerminating, terminatingNamespace } from "./terminating.ts";
import type { StagedApplyOptions } from "./types.ts";

/** Of a single failure everything is told, of many the beginnings. */
const MOST_BYTES_OF_ONE = 20_000;
const MOST_BYTES_OF_MANY = 1_000;

/** Answers after which asking for other objects is no use. */
const HOPELESS = new Set(["Unreachable", "Unauthorized", "Canceled", "NotLeader"]);
/** Then it is not what is written that is wrong. */
const LACKS_RIGHTS = / cannot \w+ resource "/;

/** An object, and why it was not applied. */
export interface Refused {
  readonly object: KubeObject;
  readonly failure: Failure;
}

/** A server that gives no answer in time says nothing about the object; one that says so itself does. */
export function isHopeless(failure: Failure): boolean {
  const isSilent = failure.code === "Timeout" && !wasAnswered(failure.cause);
  return isSilent || HOPELESS.has(failure.code);
}

function wasAnswered(cause: unknown): boolean {
  return isRecord(cause) && (typeof cause.httpStatus === "number" || wasAnswered(cause.cause));
}

/** All of them as one failure. */
export async function joinRefused(
  cluster: Cluster,
  refused: readonly Refused[],
  { placeOf }: Pick<StagedApplyOptions, "placeOf">,
): Promise<Failure | undefined> {
  const most = refused.length > 1 ? MOST_BYTES_OF_MANY : MOST_BYTES_OF_ONE;
  const ending = new Map<string, number>();
  const others: Failure[] = [];
  for (const { object, failure } of refused) {
    const namespace = terminatingNamespace(failure);
    if (namespace === undefined) {
      const place = LACKS_RIGHTS.test(failure.message) ? undefined : placeOf?.(object);
      others.push(placed(failure, place, most));
    } else ending.set(namespace, (ending.get(namespace) ?? 0) + 1);
  }
  const explained = await Promise.all(
    [...ending].map(([name, count]) => explainTerminating(cluster, name, count)),
  );
  return joinFailures([...explained, ...others]);
}

/**
 * What else would be refused of objects whose turn does not come any more. Left out is what may only fail for want of
 * the definitions and namespaces that were to come before.
 */
export async function findFurtherRefused(
  cluster: Cluster,
  objects: readonly KubeObject[],
  options: StagedApplyOptions & {
    readonly concurrency: number;
    readonly all: readonly KubeObject[];
  },
): Promise<Refused[]> {
  const defined = new Set(options.all.flatMap(definedKinds));
  const asked = objects.filter((object) => !defined.has(`${gvkOf(object).group}/${object.kind}`));
  const plans = await mapParallel(asked, options.concurrency, async (object) => {
    const plan = await planObject(cluster, object, options);
    return plan.ok || plan.code === "NotFound" || plan.code === "Canceled"
      ? undefined
      : { object, failure: plan };
  });
  return plans.filter((found) => found !== undefined);
}

/** The kinds that a definition brings. */
function definedKinds({ kind, spec }: KubeObject): string[] {
  if (kind !== "CustomResourceDefinition" || !isRecord(spec) || !isRecord(spec.names)) return [];
  return [`${spec.group}/${spec.names.kind}`];
}
