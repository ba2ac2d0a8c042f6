/**
 * Writes to the object that is reconciled: its status and its finalizers, each in one request.
 *
 * @module
 */
import { type Clock, fail, isRecord, ok, type Random, type Result, sleep } from "../base/mod.ts";
import { type Cluster, type KubeObject, refOf } from "../kube/mod.ts";
import { mergePatchOf } from "./merge_patch.ts";
import type { Status } from "./summarize.ts";

/** The finalizer of every kind that is reconciled. */
export const FINALIZER = "finalizers.fluxcd.io";
const MOST_TRIES = 5;
const CONFLICT_DELAY_MS = 100;

/** What a writer needs. */
export interface ObjectWriterOptions {
  cluster: Cluster;
  clock: Clock;
  random: Random;
  /** Field manager of each write. */
  fieldManager: string;
  /** Asked before each write: a process that lost its lease writes nothing. */
  mayWrite: () => boolean;
  /** Told of each state that the server showed: the cache may lag behind it. */
  onSeen: (object: KubeObject) => void;
}

/** The status of any object; what is none counts as empty. */
export function statusOf(object: KubeObject): Status {
  return isRecord(object.status) ? object.status : {};
}

/**
 * The only way in which a run changes its object. Each write is computed on top of the object's last known
 * state and guarded by its version; after a conflict it is computed again on what others made of it.
 */
export class ObjectWriter {
  readonly #options: ObjectWriterOptions;
  #object: KubeObject;
  /** Writes go one after the other: steps and checkpoints may be asked for at the same time. */
  #last: Promise<unknown> = Promise.resolve();

  /** Starts from `object` as the cache knows it. */
  constructor(object: KubeObject, options: ObjectWriterOptions) {
    this.#object = object;
    this.#options = options;
  }

  /** The last known state. */
  get object(): KubeObject {
    return this.#object;
  }

  /** Makes the status what `compute` makes of the one that is there; no request when that is the same. */
  writeStatus(compute: (status: Status) => Status): Promise<Result<KubeObject>> {
    return this.#write((object) => {
      const status = statusOf(object);
      const patch = mergePatchOf(status, compute(status));
      return patch && { status: patch };
    }, "status");
  }

  /** Adds our finalizer. */
  addFinalizer(): Promise<Result<KubeObject>> {
    return this.#writeFinalizers((finalizers) =>
      finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER]
    );
  }

  /** Takes our finalizer away. */
  removeFinalizer(): Promise<Result<KubeObject>> {
    return this.#writeFinalizers((finalizers) => finalizers.filter((name) => name !== FINALIZER));
  }

  #writeFinalizers(
    change: (finalizers: readonly string[]) => readonly string[],
  ): Promise<Result<KubeObject>> {
    return this.#write((object) => {
      const before = object.metadata.finalizers ?? [];
      const finalizers = change(before);
      return finalizers.length === before.length ? undefined : { metadata: { finalizers } };
    });
  }

  #write(
    patchOf: (object: KubeObject) => Record<string, unknown> | undefined,
    subresource?: string,
  ): Promise<Result<KubeObject>> {
    const done = this.#last.then(() => this.#tryWrite(patchOf, subresource));
    this.#last = done.catch(() => {});
    return done;
  }

  async #tryWrite(
    patchOf: (object: KubeObject) => Record<string, unknown> | undefined,
    subresource?: string,
  ): Promise<Result<KubeObject>> {
    for (let attempt = 1;; attempt++) {
      const patch = patchOf(this.#object);
      if (patch === undefined) return ok(this.#object);
      const written = await this.#send(patch, subresource);
      if (written.ok) return written;
      if (written.code !== "Conflict" || attempt === MOST_TRIES) return written;
      // The first conflict is mostly a stale cache: there is nothing to wait for.
      if (attempt > 1) await this.#pause();
      const live = await this.#readAgain();
      if (!live.ok) return live;
    }
  }

  async #send(
    patch: Record<string, unknown>,
    subresource?: string,
  ): Promise<Result<KubeObject>> {
    const { cluster, fieldManager, mayWrite, onSeen } = this.#options;
    if (!mayWrite()) return fail("NotLeader", "This process may not write now");
    const { resourceVersion } = this.#object.metadata;
    const metadata = isRecord(patch["metadata"]) ? patch["metadata"] : {};
    const guarded = { ...patch, metadata: { ...metadata, resourceVersion } };
    const written = await cluster.patch(refOf(this.#object), guarded, {
      type: "merge",
      fieldManager,
      ...(subresource === undefined ? {} : { subresource }),
    });
    if (!written.ok) return written;
    this.#object = written.value;
    onSeen(written.value);
    return written;
  }

  async #readAgain(): Promise<Result<KubeObject>> {
    const live = await this.#options.cluster.get(refOf(this.#object));
    if (!live.ok) return live;
    const { name, uid } = this.#object.metadata;
    if (live.value.metadata.uid !== uid) {
      return fail("NotFound", `${this.#object.kind} "${name}" was deleted and created again`);
    }
    this.#object = live.value;
    this.#options.onSeen(live.value);
    return live;
  }

  #pause(): Promise<void> {
    const { clock, random } = this.#options;
    return sleep(clock, CONFLICT_DELAY_MS * (1 + random()));
  }
}
