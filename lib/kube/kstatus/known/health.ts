/**
 * The health of well-known kinds that kstatus knows nothing of: a table of rules, read when it is asked.
 *
 * @module
 */
import { type CelProgram, parseCel } from "../../../cel/mod.ts";
import { gvkOf, type KubeObject } from "../../object.ts";
import { BUILT_IN } from "./built_in.ts";
import { ARGO } from "./argo.ts";
import { CLUSTERS } from "./clusters.ts";
import { DATA } from "./data.ts";
import { DELIVERY } from "./delivery.ts";
import type { Health, Rules } from "./language.ts";
import { NETWORK } from "./network.ts";
import { PLATFORM } from "./platform.ts";
import { WORKLOADS } from "./workloads.ts";

/** What a rule says. */
export interface KnownHealth {
  /** How it is. */
  readonly status: Health;
  /** The object's own words, or a few of ours. */
  readonly message: string;
}

/** From well to ill. */
const ORDER: readonly string[] = [
  "Healthy",
  "Suspended",
  "Progressing",
  "Missing",
  "Degraded",
  "Unknown",
];

const KNOWN: readonly Rules[] = [
  ...ARGO,
  ...CLUSTERS,
  ...DATA,
  ...DELIVERY,
  ...NETWORK,
  ...PLATFORM,
  ...WORKLOADS,
];

interface ReadClause {
  readonly status: Health;
  readonly when: CelProgram;
  readonly message: CelProgram | undefined;
}

const tables = { known: indexOf(KNOWN), builtIn: indexOf(BUILT_IN) };
const read = new Map<Rules, readonly ReadClause[]>();

/**
 * The health of a custom resource of a well-known kind; nothing for other kinds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const canary = { apiVersion: "flagger.app/v1beta1", kind: "Canary", metadata: { name: "web" } };
 * assert.equal(knownHealth({ ...canary, status: { phase: "Failed" } })?.status, "Degraded");
 * assert.equal(knownHealth({ ...canary, kind: "Other" }), undefined);
 * ```
 */
export function knownHealth(object: KubeObject): KnownHealth | undefined {
  return judge(object, tables.known);
}

/**
 * The health of a built-in kind, as Argo CD sees it; whatever is being deleted is on its way.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const service = { apiVersion: "v1", kind: "Service", metadata: { name: "web" } };
 * assert.equal(builtInHealth(service)?.status, "Healthy");
 * ```
 */
export function builtInHealth(object: KubeObject): KnownHealth | undefined {
  if (object.metadata?.deletionTimestamp !== undefined && !isHeld(object)) {
    return { status: "Progressing", message: "Pending deletion" };
  }
  return judge(object, tables.builtIn);
}

/**
 * Whether going from `current` to `next` is a turn for the worse.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isWorse("Healthy", "Degraded"), true);
 * ```
 */
export function isWorse(current: string, next: string): boolean {
  return ORDER.indexOf(next) > ORDER.indexOf(current);
}

/** A hook of Argo CD that is kept until its sync is over. */
function isHeld({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.includes("argocd.argoproj.io/hook-finalizer") ?? false;
}

function judge(object: KubeObject, table: ReadonlyMap<string, Rules>): KnownHealth | undefined {
  const rules = rulesFor(object, table);
  if (rules === undefined) return undefined;
  const variables = { ...object, object };
  for (const { status, when, message } of clausesOf(rules)) {
    const answer = when.test(variables);
    if (!answer.ok || !answer.value) continue;
    const words = message?.evaluate(variables);
    const own = words?.ok && typeof words.value === "string" ? words.value : undefined;
    return { status, message: own ?? `${object.kind} is ${status.toLowerCase()}` };
  }
  return undefined;
}

/** By the kind, by any kind of the group, by any group below it. */
function rulesFor(object: KubeObject, table: ReadonlyMap<string, Rules>): Rules | undefined {
  const { group, kind } = gvkOf(object);
  const parent = group.slice(group.indexOf(".") + 1);
  const grandparent = parent.slice(parent.indexOf(".") + 1);
  const names = [
    `${group}/${kind}`,
    `${group}/*`,
    `*.${group}/*`,
    `*.${parent}/*`,
    `*.${grandparent}/*`,
  ];
  const name = names.find((candidate) => table.has(candidate));
  return name === undefined ? undefined : table.get(name);
}

function clausesOf(rules: Rules): readonly ReadClause[] {
  const known = read.get(rules);
  if (known !== undefined) return known;
  const clauses = rules.clauses.map(([status, when, message]): ReadClause => ({
    status,
    when: readProgram(when),
    message: message === undefined ? undefined : readProgram(message),
  }));
  read.set(rules, clauses);
  return clauses;
}

function readProgram(source: string): CelProgram {
  const program = parseCel(source);
  // A rule of ours: a test reads them all.
  if (!program.ok) throw new TypeError(program.message);
  return program.value;
}

function indexOf(list: readonly Rules[]): ReadonlyMap<string, Rules> {
  return new Map(list.flatMap((rules) => rules.kinds.map((kind) => [kind, rules] as const)));
}
