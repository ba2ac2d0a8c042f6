/**
 * Where a subject stands at an instant of its history.
 *
 * @module
 */
import { isEqualJson } from "../../../lib/base/mod.ts";
import type { KubeObject } from "../../../lib/kube/mod.ts";
import { inventoryId } from "../../../lib/kube/ssa/mod.ts";
import { fieldOf } from "../../../tools/demo/observe.ts";
import type { Step } from "./steps.ts";
import {
  type BuiltRevision,
  hasFields,
  type Judgement,
  type Subject,
  wantedOf,
} from "./subject.ts";

const OWNER_NAME = "kustomize.toolkit.fluxcd.io/name";
const OWNER_NAMESPACE = "kustomize.toolkit.fluxcd.io/namespace";
const LAG_MS = 2_000;

/** A subject's objects and revisions, as far as its history was read. */
export class Ledger {
  readonly subject: Subject;
  readonly judgement: Judgement;
  /** Inventory id of the Kustomization. */
  readonly ownerId: string;
  /** Inventory id of the GitRepository. */
  readonly sourceId: string;
  readonly #objects = new Map<string, KubeObject>();
  /** Ids of objects that somebody else wrote last. */
  readonly #foreign = new Set<string>();
  /** Ids of objects that may be otherwise than they are known, and what was sent of them. */
  readonly #uncertain = new Map<string, unknown>();
  /** Index of each revision that was served, and since when. */
  readonly #served: { readonly index: number; readonly sinceMs: number }[] = [];
  #lastRunBeganMs = 0;
  #lastRunEndMs = 0;
  /** What {@linkcode Ledger.inventory} was last made of: it is asked for at every write to an object. */
  #recorded: { owner: unknown; sent: unknown; ids: ReadonlySet<string> } = {
    owner: undefined,
    sent: undefined,
    ids: new Set(),
  };
  #lastOwner: KubeObject | undefined;

  /** Before the first step. */
  constructor(subject: Subject, judgement: Judgement) {
    this.subject = subject;
    this.judgement = judgement;
    this.ownerId = idOf("kustomize", "Kustomization", subject.kustomization);
    this.sourceId = idOf("source", "GitRepository", subject.source);
  }

  /** The Kustomization now. */
  get owner(): KubeObject | undefined {
    return this.#objects.get(this.ownerId);
  }

  /** The Kustomization as it was last, even if it is gone. */
  get lastOwner(): KubeObject | undefined {
    return this.#lastOwner;
  }

  /** The object now. */
  get(id: string): KubeObject | undefined {
    return this.#objects.get(id);
  }

  /** Whether somebody else had the last word about an object. */
  isForeign(id: string): boolean {
    return this.#foreign.has(id);
  }

  /** Whether nobody knows what became of the last write to an object. */
  isUncertain(id: string): boolean {
    return this.#uncertain.has(id);
  }

  /** Enters a step. */
  enter(step: Step): void {
    const { id, after } = step;
    if (step.isUncertain) this.#uncertain.set(id, step.request);
    else this.#uncertain.delete(id);
    if (id === this.ownerId) this.#lastOwner = after ?? this.#lastOwner;
    if (after === undefined) this.#objects.delete(id);
    else this.#objects.set(id, after);
    const isOurs = this.judgement.isOurs(step.user);
    if (isOurs) this.#foreign.delete(id);
    else if (!isSameContent(step.before, after)) this.#foreign.add(id);
    const atMs = Date.parse(step.at);
    if (id === this.sourceId && step.isUncertain) this.#noteServed(step.request, atMs);
    if (id === this.sourceId) this.#noteServed(after, atMs);
    // A run ends with a word about Ready; the next one begins afterwards.
    const isEnd = id === this.ownerId && isOurs && !step.isUncertain &&
      step.subresource === "status" &&
      endsRun(step);
    if (isEnd) [this.#lastRunBeganMs, this.#lastRunEndMs] = [this.#lastRunEndMs, atMs];
  }

  #noteServed(source: unknown, sinceMs: number): void {
    const index = this.indexOf(fieldOf(source, "status", "artifact", "revision"));
    if (index >= 0 && this.#served.at(-1)?.index !== index) this.#served.push({ index, sinceMs });
  }

  /** The place of a revision among the subject's; -1 when it is none of them. */
  indexOf(revision: unknown): number {
    return this.subject.revisions.findLastIndex((built) => built.revision === revision);
  }

  /** Whether the source has served the revision so far. */
  wasServed(index: number): boolean {
    return this.#served.some((served) => served.index === index);
  }

  /** What the run that goes on may be made from. */
  candidates(): readonly BuiltRevision[] {
    return this.#knownSince(this.#lastRunEndMs);
  }

  /** What the run that has just ended may have been made from: its end is too late to judge its beginning. */
  candidatesOfEnded(): readonly BuiltRevision[] {
    return this.#knownSince(this.#lastRunBeganMs);
  }

  /** All that was the newest, as far as the controllers know, at some time since then. */
  #knownSince(beganMs: number): readonly BuiltRevision[] {
    const { revisions } = this.subject;
    const current = this.#served.filter((_, at) => this.#takenInMs(at + 1) > beganMs);
    return current.flatMap(({ index }) => revisions[index] ?? []);
  }

  /** By when the controllers know of what the source served at a place in time; never where it is not served yet. */
  #takenInMs(at: number): number {
    const served = this.#served[at];
    if (served === undefined) return Infinity;
    const { index, sinceMs } = served;
    const { revision = "" } = this.subject.revisions[index] ?? {};
    const { lagMs = LAG_MS, toldMs = (_, servedMs) => servedMs } = this.judgement;
    return toldMs(revision, sinceMs) + lagMs;
  }

  /** Ids on record now, or perhaps. */
  inventory(): ReadonlySet<string> {
    const { owner } = this;
    const sent = this.#uncertain.get(this.ownerId);
    if (this.#recorded.owner !== owner || this.#recorded.sent !== sent) {
      this.#recorded = { owner, sent, ids: inventoryOf(owner).union(inventoryOf(sent)) };
    }
    return this.#recorded.ids;
  }

  /** Whether an object carries the labels of this Kustomization. */
  owns(object: KubeObject | undefined): boolean {
    const { name, namespace } = this.subject.kustomization;
    const labels = object?.metadata.labels;
    return labels?.[OWNER_NAME] === name && labels[OWNER_NAMESPACE] === namespace;
  }

  /** What keeps the cluster from being as `built` says; drift that others made does not count. */
  missingOf(built: BuiltRevision): string[] {
    return [...wantedOf(built)].flatMap(([id, wanted]) => {
      if (this.isForeign(id) || this.isUncertain(id)) return [];
      const found = this.get(id);
      if (found === undefined) return [`${id} is not there`];
      if (!this.owns(found)) return [`${id} is not labelled`];
      return hasFields(found, wanted) ? [] : [`${id} is not as built`];
    });
  }
}

/** Whether nothing was changed that a Kustomization could have asked for: not the status, not annotations. */
function isSameContent(before: KubeObject | undefined, after: KubeObject | undefined): boolean {
  const [one, other] = [before, after].map((object) => {
    if (object === undefined) return undefined;
    const { metadata, status: _, ...content } = object;
    return { ...content, labels: metadata.labels };
  });
  return isEqualJson(one, other);
}

/** Ids in the inventory of a Kustomization. */
export function inventoryOf(owner: unknown): ReadonlySet<string> {
  const entries = fieldOf(owner, "status", "inventory", "entries");
  return new Set(
    Array.isArray(entries) ? entries.map((entry) => String(fieldOf(entry, "id"))) : [],
  );
}

/** Whether deleting the Kustomization deletes what it applied. */
export function deletesObjects(owner: KubeObject | undefined): boolean {
  if (fieldOf(owner, "spec", "suspend") === true) return false;
  const policy = fieldOf(owner, "spec", "deletionPolicy") ?? "MirrorPrune";
  if (policy === "Orphan") return false;
  return policy !== "MirrorPrune" || fieldOf(owner, "spec", "prune") === true;
}

/**
 * Whether a write is the last word of a run. A run that goes on may say so in the meantime; what stands in
 * `Ready` then is from the one before.
 */
export function endsRun({ request, after }: Step): boolean {
  if (fieldOf(request, "status", "conditions") === undefined) return false;
  return conditionOf(after, "Ready")?.status !== "Unknown" &&
    conditionOf(after, "Reconciling")?.reason !== "Progressing";
}

/** What a condition says, and of which generation. */
export function conditionOf(
  object: KubeObject | undefined,
  type: string,
): { status: unknown; reason: unknown; generation: unknown } | undefined {
  const conditions = fieldOf(object, "status", "conditions");
  if (!Array.isArray(conditions)) return undefined;
  const found: unknown = conditions.find((condition) => fieldOf(condition, "type") === type);
  if (found === undefined) return undefined;
  const [status, reason, generation] = ["status", "reason", "observedGeneration"]
    .map((field) => fieldOf(found, field));
  return { status, reason, generation };
}

/** Whether an object claims to be ready in its present generation. */
export function claimsReady(object: KubeObject | undefined): boolean {
  return object !== undefined && conditionOf(object, "Ready")?.status === "True" &&
    fieldOf(object, "status", "observedGeneration") === object.metadata.generation;
}

function idOf(
  group: string,
  kind: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  return inventoryId({ apiVersion: `${group}.toolkit.fluxcd.io/v1`, kind, namespace, name });
}
