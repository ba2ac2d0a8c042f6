/**
 * Histories made by hand, for tests of the checker.
 *
 * @module
 */
import type { KubeObject } from "../../../lib/kube/mod.ts";
import { refOf } from "../../../lib/kube/mod.ts";
import { inventoryId } from "../../../lib/kube/ssa/mod.ts";
import type { Step } from "./steps.ts";

/** The controllers of a story. */
export const CONTROLLERS = "system:serviceaccount:flux-system:sluice";

/** Tells steps one after the other, a second apart; each object is as the last step left it. */
export class Story {
  readonly steps: Step[] = [];
  readonly #objects = new Map<string, KubeObject>();
  #uids = 0;

  /** Makes or changes an object; a new spec is a new generation. */
  write(object: KubeObject, user: string = CONTROLLERS): this {
    const before = this.#objects.get(idOf(object));
    const uid = before?.metadata.uid ?? `uid-${++this.#uids}`;
    const isNewSpec = JSON.stringify(before?.spec) !== JSON.stringify(object.spec);
    const generation = (before?.metadata.generation ?? 0) + (isNewSpec ? 1 : 0);
    const metadata = { ...before?.metadata, ...object.metadata, uid, generation };
    return this.#enter(object, {
      user,
      verb: "patch",
      after: { ...before, ...object, metadata },
    });
  }

  /** Merges into an object's status; a field that is undefined goes. */
  status(
    object: KubeObject,
    status: Readonly<Record<string, unknown>>,
    user: string = CONTROLLERS,
  ): this {
    const before = this.#objects.get(idOf(object)) ?? object;
    const merged = { ...Object(before.status), ...status };
    return this.#enter(object, {
      user,
      verb: "patch",
      subresource: "status",
      request: { status },
      after: { ...before, status: merged },
    });
  }

  /** Deletes an object, bound to `uid`: its own when absent, none when null. */
  remove(object: KubeObject, uid?: string | null, user: string = CONTROLLERS): this {
    const before = this.#objects.get(idOf(object));
    const bound = uid === undefined ? before?.metadata.uid : uid;
    const request = bound === null ? {} : { preconditions: { uid: bound } };
    const holds = (before?.metadata.finalizers ?? []).length > 0;
    const after = holds && before !== undefined
      ? { ...before, metadata: { ...before.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }
      : undefined;
    return this.#enter(object, { user, verb: "delete", request, after });
  }

  /** A write that the server gave up on: perhaps it was made, perhaps not. */
  cutOff(
    object: KubeObject,
    step: Pick<Step, "verb"> & Partial<Pick<Step, "request" | "subresource">>,
  ): this {
    const after = this.#objects.get(idOf(object)) ?? object;
    return this.#enter(object, { user: CONTROLLERS, ...step, after, isUncertain: true });
  }

  /** A status write whose answer shows more than was sent: what a write did that was cut off. */
  reveal(
    object: KubeObject,
    sent: Readonly<Record<string, unknown>>,
    shown: Readonly<Record<string, unknown>>,
  ): this {
    const before = this.#objects.get(idOf(object)) ?? object;
    const after = { ...before, status: { ...Object(before.status), ...shown, ...sent } };
    const step = { user: CONTROLLERS, verb: "patch", subresource: "status" };
    return this.#enter(object, { ...step, request: { status: sent }, after });
  }

  /** The last finalizer goes, and the object with it. */
  release(object: KubeObject, user: string = CONTROLLERS): this {
    return this.#enter(object, { user, verb: "patch", after: undefined });
  }

  #enter(
    object: KubeObject,
    step: Pick<Step, "user" | "verb" | "after"> & Partial<Step>,
  ): this {
    const id = idOf(object);
    const before = this.#objects.get(id);
    if (step.after === undefined) this.#objects.delete(id);
    else this.#objects.set(id, step.after);
    const at = new Date(this.steps.length * 1_000).toISOString();
    this.steps.push({ at, subresource: "", id, request: object, before, ...step });
    return this;
  }
}

function idOf(object: KubeObject): string {
  return inventoryId(refOf(object));
}
