/**
 * How a build says no: thrown inside the engine, turned into one failure at its face.
 *
 * @module
 */
import { BudgetSpent, fail, type Failure } from "../base/mod.ts";

/** Why a build was refused. */
export type RefusalCode = "BuildFailed" | "Unsupported" | "RemoteNeeded";

/** Where in the input the reason lies. */
export interface Place {
  /** Path in the tree. */
  readonly path: string;
  /** Line, from 1, where one is known. */
  readonly line?: number | undefined;
}

/** One reason why a build cannot go on. */
export class Refusal extends Error {
  /** What kind of reason. */
  readonly code: RefusalCode;
  /** True when the message says where. */
  readonly isPlaced: boolean;

  /** Names the place, when given, in front of the reason; `told` when the message names it already. */
  constructor(message: string, place?: Place | "told", code: RefusalCode = "BuildFailed") {
    super(place === undefined || place === "told" ? message : `${showPlace(place)}: ${message}`);
    this.name = "Refusal";
    this.code = code;
    this.isPlaced = place !== undefined;
  }
}

const MOST_TOLD = 20;

/** Several reasons that do not depend on each other. */
export class Refusals extends Error {
  /** The reasons, in the order of the input. */
  readonly all: readonly Refusal[];

  /** Joins the reasons, a line each; nobody reads more than some of them. */
  constructor(all: readonly Refusal[]) {
    const told = all.slice(0, MOST_TOLD).map((refusal) => refusal.message);
    if (all.length > told.length) told.push(`and ${all.length - told.length} more`);
    super(told.join("\n"));
    this.name = "Refusals";
    this.all = all;
  }
}

/** `file:line`, or `file`. */
export function showPlace(place: Place): string {
  return place.line === undefined ? place.path : `${place.path}:${place.line}`;
}

/** Runs every step, even when one before it was refused, and then throws all the reasons at once. */
export function runAll(steps: Iterable<() => void>): void {
  const reasons: Refusal[] = [];
  for (const step of steps) reasons.push(...reasonsOf(step));
  throwAll(reasons);
}

/** Runs a step and gives the reasons for which it was refused. */
export function reasonsOf(step: () => void): readonly Refusal[] {
  try {
    step();
    return [];
  } catch (thrown) {
    if (thrown instanceof Refusal) return [thrown];
    if (thrown instanceof Refusals) return thrown.all;
    throw thrown;
  }
}

/** Throws the given reasons; does nothing when there are none. */
export function throwAll(reasons: readonly Refusal[]): void {
  const [first, ...rest] = reasons;
  if (first === undefined) return;
  throw rest.length === 0 ? first : new Refusals(reasons);
}

/** The failure that stands for what was thrown; `undefined` for anything that is a bug. */
export function failureOf(thrown: unknown): Failure | undefined {
  if (thrown instanceof Refusal) return fail(thrown.code, thrown.message, thrown);
  if (thrown instanceof Refusals) {
    const codes = new Set(thrown.all.map((refusal) => refusal.code));
    const [only] = codes;
    const code = codes.size === 1 && only !== undefined ? only : "BuildFailed";
    return fail(code, thrown.message, thrown);
  }
  if (thrown instanceof BudgetSpent) return fail("BudgetExceeded", thrown.message, thrown);
  return undefined;
}
