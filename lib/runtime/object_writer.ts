/**
 * Writes to the object that is reconciled: its status and its finalizers, each in one request.
 *
 * @module
 */
import {
  type Clock,
  fail,
  type Failure,
  isEqualJson,
  isRecord,
  ok,
  type Random,
  type Result,
  sleep,
} from "../base/mod.ts";
import { type Cluster, type KubeObject, refOf } from "../kube/mod.ts";
import { mergePatchOf } from "./merge_patch.ts";
import type { Status } from "./summarize.ts";
import { type PatchOperation, testedPatchOf } from "./tested_patch.ts";

/** The finalizer of every kind that is reconciled. */
export const FINALIZER = "finalizers.fluxcd.io";
const MOST_TRIES = 5;
/** So often a write goes by the version of the whole object, then by the fields that it changes. */
const VERSIONED_TRIES = 2;
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

/** What each run computes anew, whatever is there; the rest of a status is what runs start from. */
const COMPUTED = new Set(["conditions", "observedGeneration", "lastHandledReconcileAt"]);

/** The status of any object; what is none counts as empty. */
export function statusOf(object: KubeObject): Status {
  return isRecord(object.status) ? object.status : {};
}

/** A change of an object, in both forms. */
interface Change {
  /** RFC 7396, to be guarded by the object's version. */
  readonly merge: Readonly<Record<string, unknown>>;
  /** RFC 6902; it guards itself. */
  readonly tested: readonly PatchOperation[];
  /** Which fields of the status it changes. */
  readonly fields: readonly string[];
}

/**
 * The only way in which a run changes its object. Each write is computed on top of the object's last known
 * state and guarded by its version; after a conflict it is computed again on what others made of it, and guarded
 * by the fields it changes where others write all the time. Where they changed what the run started from (an
 * inventory, an artifact), the run is outdated: it writes nothing more.
 */
export class ObjectWriter {
  readonly #options: ObjectWriterOptions;
  #object: KubeObject;
  /** The status that the run goes by: as it found it, but for what it wrote itself. */
  #basis: Status;
  readonly #generation: number | undefined;
  #outdated: Failure | undefined;
  /** Writes go one after the other: steps and checkpoints may be asked for at the same time. */
  #last: Promise<unknown> = Promise.resolve();

  /** Starts from `object` as the cache knows it. */
  constructor(object: KubeObject, options: ObjectWriterOptions) {
    this.#object = object;
    this.#basis = statusOf(object);
    this.#generation = object.metadata.generation;
    this.#options = options;
  }

  /** The last known state. */
  get object(): KubeObject {
    return this.#object;
  }

  /** Whether the run started from what was not so any more. */
  get isOutdated(): boolean {
    return this.#outdated !== undefined;
  }

  /** Asks the server whether the object is as the run found it, but for what the run wrote. */
  confirm(): Promise<Result<KubeObject>> {
    return this.#inTurn(async () => {
      if (this.#outdated !== undefined) return this.#outdated;
      const live = await this.#readAgain();
      if (!live.ok) return live;
      const fields = [...Object.keys(this.#basis), ...Object.keys(statusOf(live.value))];
      const isSame = this.#generation === live.value.metadata.generation && this.#isBasisOf(fields);
      return isSame ? live : this.#outdate();
    });
  }

  /** Makes the status what `compute` makes of the one that is there; no request when that is the same. */
  writeStatus(compute: (status: Status) => Status): Promise<Result<KubeObject>> {
    return this.#write((object) => {
      const status = statusOf(object);
      const wanted = compute(status);
      const patch = mergePatchOf(status, wanted);
      if (patch === undefined) return undefined;
      const path = "/status";
      const isBare = object.status === undefined;
      return {
        merge: { status: patch },
        tested: isBare ? [{ op: "add", path, value: wanted }] : testedPatchOf(path, status, wanted),
        fields: Object.keys(patch),
      };
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
      if (finalizers.length === before.length) return undefined;
      const { finalizers: known } = object.metadata;
      return {
        merge: { metadata: { finalizers } },
        tested: testedPatchOf("/metadata", { finalizers: known }, { finalizers }),
        fields: [],
      };
    });
  }

  #write(
    changeOf: (object: KubeObject) => Change | undefined,
    subresource?: string,
  ): Promise<Result<KubeObject>> {
    return this.#inTurn(() => this.#tryWrite(changeOf, subresource));
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Whether nobody else changed those of `fields` that runs start from. */
  #isBasisOf(fields: readonly string[]): boolean {
    const status = statusOf(this.#object);
    return fields.every((field) =>
      COMPUTED.has(field) || isEqualJson(this.#basis[field], status[field])
    );
  }

  #outdate(): Failure {
    const { kind, metadata: { name } } = this.#object;
    return this.#outdated = fail("Outdated", `${kind} "${name}" was changed since the run began`);
  }

  async #tryWrite(
    changeOf: (object: KubeObject) => Change | undefined,
    subresource?: string,
  ): Promise<Result<KubeObject>> {
    for (let attempt = 1;; attempt++) {
      if (this.#outdated !== undefined) return this.#outdated;
      const change = changeOf(this.#object);
      if (change === undefined) return ok(this.#object);
      if (!this.#isBasisOf(change.fields)) return this.#outdate();
      const isTested = attempt > VERSIONED_TRIES;
      const written = await this.#send(change, { isTested, subresource });
      if (written.ok) return written;
      // A test that fails is a conflict by another name.
      const isConflict = written.code === "Conflict" || (isTested && written.code === "Invalid");
      if (!isConflict || attempt === MOST_TRIES) return written;
      // The first conflict is mostly a stale cache: there is nothing to wait for.
      if (attempt > 1) await this.#pause();
      const live = await this.#readAgain();
      if (!live.ok) return live;
    }
  }

  async #send(
    { merge, tested, fields }: Change,
    { isTested, subresource }: { isTested: boolean; subresource: string | undefined },
  ): Promise<Result<KubeObject>> {
    const { cluster, fieldManager, mayWrite, onSeen } = this.#options;
    if (!mayWrite()) return fail("NotLeader", "This process may not write now");
    const { resourceVersion, uid } = this.#object.metadata;
    const metadata = isRecord(merge.metadata) ? merge.metadata : {};
    const patch = isTested
      ? [{ op: "test", path: "/metadata/uid", value: uid }, ...tested]
      : { ...merge, metadata: { ...metadata, resourceVersion } };
    const written = await cluster.patch(refOf(this.#object), patch, {
      type: isTested ? "json" : "merge",
      fieldManager,
      ...(subresource === undefined ? {} : { subresource }),
    });
    if (!written.ok) return written;
    this.#object = written.value;
    const status = statusOf(written.value);
    const own = Object.fromEntries(fields.map((field) => [field, status[field]]));
    this.#basis = { ...this.#basis, ...own };
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
