/**
 * A local copy that a watch keeps up to date: list, watch from its version, list again when that is too old.
 *
 * A watch can die without a word, so each one ends after about five minutes by agreement, and at once when
 * nothing came for 75 s: servers send a bookmark every minute. Time goes forward only: neither a list nor an
 * event of the past is believed.
 *
 * @module
 */
import { fail, type Failure, messageOf, ok, type Result, sleep } from "../base/mod.ts";
import type { ApiResource, Change, Informer, InformerOptions } from "./cluster.ts";
import type { Connection } from "./client.ts";
import { completeObject, METADATA } from "./lists.ts";
import { ForwardLists } from "./forward_lists.ts";
import { type GroupVersionKind, isNewerVersion, type KubeObject } from "./object.ts";
import { ObjectStore } from "./object_store.ts";
import { collectionPath, selectionQuery, withQuery } from "./paths.ts";
import { failureOf, isBehind, isExpired, isUnservedKind } from "./status.ts";
import { Watchdog } from "./watchdog.ts";
import { readWatch, type WatchEvent } from "./watch_stream.ts";

/** How an informer of a real cluster is opened. */
export interface WatchedOptions extends InformerOptions {
  /** Watch as this user. */
  user?: string;
  /** Told when the informer is closed. */
  onClose: () => void;
}

/** A watch is renewed after this time, spread so that not all are renewed together. */
const WATCH_SECONDS = 300;
const WATCH_SPREAD_SECONDS = 60;
/** Back-off of connections; a server that is back is noticed within some seconds. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
/** Back-off of refusals, which a second attempt does not change. */
const LONGEST_REFUSED_WAIT_MS = 30_000;
/** A watch that lasted this long was a good one. */
const GOOD_WATCH_MS = 5_000;

/** How a watch ended: go on from `version`, or list anew when there is none. */
interface WatchEnd {
  version: string | undefined;
  failure?: Failure;
}

/** See the module's description. */
export class WatchedInformer implements Informer {
  readonly synced: Promise<void>;
  readonly answered: Promise<void>;
  readonly #connection: Connection;
  readonly #gvk: GroupVersionKind;
  readonly #options: WatchedOptions;
  readonly #store: ObjectStore;
  readonly #lists: ForwardLists;
  readonly #running: Promise<void>;
  readonly #resolveSynced: () => void;
  readonly #resolveAnswered: () => void;
  #trouble: { code: string; message: string } | undefined;
  #failures = 0;
  #listedMs = 0;
  /** What watches have brought since the last list. */
  #watchedBytes = 0;
  #isClosed = false;
  /** Ends the watch or the pause that is under way. */
  #current = new AbortController();

  /** Starts at once. */
  constructor(connection: Connection, gvk: GroupVersionKind, options: WatchedOptions) {
    this.#connection = connection;
    this.#gvk = gvk;
    this.#options = options;
    this.#store = new ObjectStore({
      indexes: options.indexes ?? {},
      onError: (thrown) =>
        connection.log("an informer's handler threw", {
          kind: gvk.kind,
          error: messageOf(thrown),
          stack: thrown instanceof Error ? thrown.stack : undefined,
        }),
    });
    this.#lists = new ForwardLists(connection, options);
    const synced = Promise.withResolvers<void>();
    this.synced = synced.promise;
    this.#resolveSynced = synced.resolve;
    const answered = Promise.withResolvers<void>();
    this.answered = answered.promise;
    this.#resolveAnswered = answered.resolve;
    this.#running = this.#run();
  }

  get trouble(): { code: string; message: string } | undefined {
    return this.#trouble;
  }

  get(name: string, namespace?: string): KubeObject | undefined {
    return this.#store.get(name, namespace);
  }

  list(): readonly KubeObject[] {
    return this.#store.list();
  }

  byIndex(index: string, key: string): readonly KubeObject[] {
    return this.#store.byIndex(index, key);
  }

  onChange(handler: (change: Change) => void): () => void {
    return this.#store.onChange(handler);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#current.abort();
    this.#store.close();
    await this.#running;
    this.#options.onClose();
  }

  async #run(): Promise<void> {
    let version: string | undefined;
    while (!this.#isClosed) {
      const resource = await this.#watchable();
      if (!resource.ok) {
        // A kind that comes back has a history of its own.
        if (resource.code === "NoMatch") {
          version = undefined;
          this.#lists.forget();
        }
        await this.#pause(resource);
        continue;
      }
      if (version === undefined) {
        const listed = await this.#fill(resource.value);
        if (!listed.ok) {
          await this.#pause(listed);
          continue;
        }
        version = listed.value;
      }
      const startedMs = this.#connection.clock.monotonicMs();
      const end = await this.#follow(resource.value, version);
      version = end.version;
      const isGood = this.#connection.clock.monotonicMs() - startedMs >= GOOD_WATCH_MS;
      if (isGood) this.#failures = 0;
      // A server that ends every watch at once must not be asked in a tight loop.
      if (end.failure !== undefined) await this.#pause(end.failure);
      else if (!isGood) await this.#wait(LONGEST_WAIT_MS);
    }
  }

  async #watchable(): Promise<Result<ApiResource>> {
    const resource = await this.#connection.discovery.resourceOf(this.#gvk);
    if (!resource.ok || resource.value.verbs.includes("watch")) return resource;
    return fail(
      "MethodNotAllowed",
      `the server does not allow this method on the requested resource: watch ${resource.value.plural}`,
    );
  }

  /** Lists into the store; gives the version to watch from. */
  async #fill(resource: ApiResource): Promise<Result<string>> {
    const listed = await this.#lists.fetch(resource);
    if (listed.ok) this.#watchedBytes = 0;
    // What may not be kept is not half kept.
    else if (listed.code === "TooLarge" && this.#connection.maxListBytes !== undefined) {
      this.#store.replace([]);
    }
    if (!listed.ok) return await this.#checkServed(listed);
    if (this.#isClosed) return fail("Closed", "the informer is closed");
    this.#store.replace(listed.value.items);
    this.#listedMs = this.#connection.clock.monotonicMs();
    this.#trouble = undefined;
    this.#resolveSynced();
    this.#resolveAnswered();
    return ok(listed.value.resourceVersion);
  }

  /** A 404 for a whole collection means that the kind is served no more; discovery says so from then on. */
  async #checkServed(failure: Failure): Promise<Failure> {
    if (!isUnservedKind(failure)) return failure;
    const resource = await this.#connection.discovery.askFor(this.#gvk);
    return resource.ok ? failure : resource;
  }

  /** Watches from `from` until the watch ends. */
  async #follow(resource: ApiResource, from: string): Promise<WatchEnd> {
    const path = collectionPath(resource, this.#options.namespace);
    if (!path.ok) return { version: undefined, failure: path };
    const current = this.#begin();
    const { clock, watchIdleMs } = this.#connection;
    const watchdog = new Watchdog(clock, current, watchIdleMs);
    const opened = await this.#connection.transport.open({
      method: "GET",
      path: withQuery(path.value, {
        ...selectionQuery(this.#options),
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: from,
        timeoutSeconds: WATCH_SECONDS +
          Math.floor(this.#connection.random() * WATCH_SPREAD_SECONDS),
      }),
      ...(this.#options.metadataOnly === true ? { accept: METADATA } : {}),
      ...(this.#options.user === undefined ? {} : { user: this.#options.user }),
    }, current);
    if (!opened.ok) {
      watchdog.stop();
      const isTransient = ["Unreachable", "Timeout", "TooManyRequests", "ServiceUnavailable"]
        .includes(opened.code);
      if (isBehind(opened)) return { version: undefined, failure: opened };
      if (isTransient) return { version: from, failure: opened };
      return isExpired(opened)
        ? { version: undefined }
        : { version: undefined, failure: await this.#checkServed(opened) };
    }
    this.#trouble = undefined;
    const end = await this.#readEvents(resource, from, opened.value, watchdog);
    watchdog.stop();
    return end;
  }

  async #readEvents(
    resource: ApiResource,
    from: string,
    body: AsyncIterable<Uint8Array<ArrayBuffer>>,
    watchdog: Watchdog,
  ): Promise<WatchEnd> {
    let version = from;
    try {
      const onBytes = (sizeBytes: number) => {
        watchdog.feed();
        this.#watchedBytes += sizeBytes;
      };
      const { maxListBytes = Infinity } = this.#connection;
      for await (const event of readWatch(body, { onBytes })) {
        if (this.#isClosed) break;
        // How much of it is still held, a list tells.
        if (this.#watchedBytes > maxListBytes) return { version: undefined };
        if (event.type === "ERROR") return errorEnd(event);
        const taken = this.#take(event, resource, version);
        if (!taken.ok) return { version: undefined, failure: taken };
        version = taken.value;
      }
      return { version: this.#isOutdated() ? undefined : version };
    } catch (thrown) {
      if (watchdog.isSilent) {
        this.#connection.transport.renewPools();
        const seconds = this.#connection.watchIdleMs / 1000;
        const silent = fail(
          "Timeout",
          `the watch of ${resource.plural} was silent for ${seconds} s`,
        );
        return { version, failure: silent };
      }
      // What cannot be read could be any event: start from a list.
      const isBroken = thrown instanceof Error && thrown.name === "BrokenStream";
      const failure = fail(
        "Unreachable",
        `the watch of ${resource.plural} broke off${isBroken ? `: ${thrown.message}` : ""}`,
        thrown,
      );
      return { version: isBroken ? undefined : version, failure };
    }
  }

  /** Takes one event into the store; gives the version to go on from, which was `before` until now. */
  #take(event: WatchEvent, resource: ApiResource, before: string): Result<string> {
    const object = completeObject(event.object, resource) ?? bookmarkOf(event, resource);
    const version = object?.metadata.resourceVersion;
    if (object === undefined || version === undefined) return ok(before);
    // Events come in order: who tells of the past has lost track, and of what else is anybody's guess.
    if (isNewerVersion(before, version)) {
      const message = `the watch of ${resource.plural} went back from ${before} to ${version}`;
      return fail("Unreachable", message);
    }
    if (event.type === "DELETED") this.#store.take(object);
    else if (event.type === "ADDED" || event.type === "MODIFIED") {
      this.#store.put(this.#options.strip?.(object) ?? object);
    }
    this.#lists.reach(version);
    return ok(version);
  }

  /** No watch tells of an event that got lost on its way: now and then a list makes up for that. */
  #isOutdated(): boolean {
    const { clock, relistMs } = this.#connection;
    return clock.monotonicMs() - this.#listedMs >= relistMs;
  }

  #begin(): AbortController {
    this.#current = new AbortController();
    if (this.#isClosed) this.#current.abort();
    return this.#current;
  }

  async #pause(failure: Failure): Promise<void> {
    if (this.#isClosed) return;
    this.#trouble = { code: failure.code, message: failure.message };
    this.#resolveAnswered();
    // The objects of a kind that is gone are gone with it.
    if (failure.code === "NoMatch") this.#store.replace([]);
    const isRefusal = ["NoMatch", "Forbidden", "Unauthorized", "MethodNotAllowed", "TooLarge"]
      .includes(failure.code);
    await this.#wait(isRefusal ? LONGEST_REFUSED_WAIT_MS : LONGEST_WAIT_MS);
  }

  /** Waits with back-off; for a kind that is missing, until discovery brings news if that is sooner. */
  async #wait(longestMs: number): Promise<void> {
    const { clock, random, discovery } = this.#connection;
    const waitMs = Math.min(longestMs, FIRST_WAIT_MS * 2 ** Math.min(this.#failures, 20));
    this.#failures++;
    const current = this.#begin();
    const isMissing = this.#trouble?.code === "NoMatch";
    const stop = isMissing ? discovery.onRefresh(() => current.abort()) : () => {};
    await sleep(clock, waitMs * (0.5 + random() / 2), current.signal);
    stop();
  }
}

function errorEnd(event: WatchEvent): WatchEnd {
  const code = Number(event.object.code);
  const failure = failureOf(Number.isInteger(code) ? code : 500, event.object);
  return isExpired(failure) ? { version: undefined } : { version: undefined, failure };
}

/** A bookmark has a version and no name. */
function bookmarkOf(event: WatchEvent, resource: ApiResource): KubeObject | undefined {
  if (event.type !== "BOOKMARK" || typeof event.object.metadata !== "object") return undefined;
  return completeObject({
    ...event.object,
    metadata: { ...event.object.metadata, name: "" },
  }, resource);
}
