/**
 * What others changed of an applied object, where that is to be told of and to stay (`sluice.dev/drift: Inform`).
 *
 * @module
 */
import { isEqualJson, isRecord, parsePointer, sha256Hex, stringifyJson } from "../../base/mod.ts";
import type { KubeObject, ManagedFields } from "../object.ts";
import type { DiffStep } from "./drift.ts";
import { managersOf } from "./field_owners.ts";
import { memberOf } from "./ignored_paths.ts";

/** Annotations in which Kubernetes' own controllers count what they did: each rollout changes them. */
export const BOOKKEEPING: ReadonlySet<string> = new Set([
  "deployment.kubernetes.io/revision",
  "deprecated.daemonset.template.generation",
]);

/** What was said of an object before: others changed it, and that stays. */
export interface ToldForeign {
  /** The object itself was deleted. */
  readonly isGone: boolean;
  /** JSON pointers. */
  readonly paths: ReadonlySet<string>;
}

/** What others changed of one object. */
export interface ForeignChange {
  /** The object itself was deleted. */
  readonly isGone: boolean;
  /** JSON pointers into the live object, sorted. */
  readonly paths: readonly string[];
  /** Who wrote what is there now, as far as that is known; sorted. */
  readonly managers: readonly string[];
  /** Names paths and values: another change has another one. */
  readonly digest: string;
}

/** An object that others deleted. */
export const GONE: ForeignChange = { isGone: true, paths: [], managers: [], digest: "gone" };

/** The steps of `steps`, which lead from the live object to a dry-run, that would undo what others did. */
export function foreignSteps(
  live: KubeObject,
  steps: readonly DiffStep[],
  { fieldManager, isBaseKnown, told }: {
    readonly fieldManager: string;
    readonly isBaseKnown: boolean;
    readonly told?: ToldForeign | undefined;
  },
): DiffStep[] {
  return steps.filter(({ op, path }) => {
    // What a dry-run takes away is ours: others' fields stay anyway.
    if (op === "remove") return false;
    const [top, field, name = ""] = parsePointer(path);
    if (top === "metadata" && field === "annotations" && BOOKKEEPING.has(name)) return false;
    if (isBaseKnown) return true;
    // Whether somebody took a field away, or it is new in git, nobody can tell who does not know what was applied,
    // but for what was told of when it was known.
    if (op === "add") return told?.paths.has(path) === true;
    const owners = managersOf(live, path);
    return owners.length > 0 && !owners.includes(fieldManager);
  });
}

/** What `steps` come to, or nothing. */
export function describeForeign(
  live: KubeObject,
  steps: readonly DiffStep[],
  fieldManager: string,
): ForeignChange | undefined {
  if (steps.length === 0) return undefined;
  const paths = [...new Set(steps.map(({ path }) => path))].toSorted();
  const isForeign = ({ manager }: ManagedFields) => manager !== fieldManager;
  const managers = new Set(paths.flatMap((path) => managersOf(live, path, isForeign)));
  const values = steps.map(({ op, path, oldValue }) => [op, path, oldValue ?? null]);
  const digest = sha256Hex(stringifyJson(values));
  return { isGone: false, paths, managers: [...managers].toSorted(), digest };
}

/** `desired` with the live values where `steps` would undo what others did. */
export function keepForeign(
  desired: KubeObject,
  live: KubeObject,
  steps: readonly DiffStep[],
  fieldManager: string,
): KubeObject {
  const copy = structuredClone(desired);
  for (const step of steps) {
    const isApplied = managersOf(
      live,
      step.path,
      ({ manager, operation }) => manager !== fieldManager && operation === "Apply",
    ).length > 0;
    keep({ into: copy, live, path: parsePointer(step.path) }, step, isApplied);
  }
  return copy;
}

interface Place {
  /** A record or a list of what is sent. */
  readonly into: unknown;
  /** What stands there live. */
  readonly live: unknown;
  readonly path: readonly string[];
}

/** Goes down both at once; lists by what names their items, since their order may differ. */
function keep({ into, live, path }: Place, step: DiffStep, isApplied: boolean): void {
  const [part, ...rest] = path;
  if (part === undefined || !isRecord(into)) return;
  const [ours, theirs] = [into[part], memberOf(live, part)];
  const [next, ...below] = rest;
  if (next !== undefined && isRecord(ours)) {
    return keep({ into: ours, live: theirs, path: rest }, step, isApplied);
  }
  const areLists = Array.isArray(ours) && Array.isArray(theirs);
  // A list without names is one value.
  if (next === undefined || !areLists || !haveNames(ours) || !haveNames(theirs)) {
    return put(into, part, theirs, isApplied);
  }
  const item: unknown = next === "-" ? step.value : theirs[Number(next)];
  const index = ours.findIndex((other) => nameOf(other) === nameOf(item));
  if (index < 0) return;
  if (next === "-") ours.splice(index, 1);
  else if (below.length === 0) ours[index] = structuredClone(item);
  else keep({ into: ours[index], live: item, path: below }, step, isApplied);
}

/** What another manager applies is left to it; the rest is sent as it is. */
function put(
  into: Record<string, unknown>,
  part: string,
  theirs: unknown,
  isApplied: boolean,
): void {
  if (into[part] === undefined || isEqualJson(into[part], theirs)) return;
  if (theirs === undefined || isApplied) delete into[part];
  else into[part] = structuredClone(theirs);
}

/** Fields by which the API merges lists, the ones that are unlikely to be repeated first. */
const NAMES = ["mountPath", "devicePath", "containerPort", "port", "ip", "name"];

function nameOf(item: unknown): string | undefined {
  if (!isRecord(item)) return undefined;
  const field = NAMES.find((name) => item[name] !== undefined);
  return field && stringifyJson([field, item[field], item.protocol ?? "TCP"]);
}

function haveNames(list: readonly unknown[]): boolean {
  const names = list.map(nameOf);
  return !names.includes(undefined) && new Set(names).size === names.length;
}
