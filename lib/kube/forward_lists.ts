/**
 * Lists that do not go back in time: a server behind the others, or a cache on the way, shows what was long ago.
 *
 * Who believes it deletes what is new and applies what is old. A server that was restored from a backup shows
 * the past, too, and for good: after some time it is believed.
 *
 * @module
 */
import { ok, type Result } from "../base/mod.ts";
import type { Connection } from "./client.ts";
import type { ApiResource, ObjectList } from "./cluster.ts";
import { fetchList, type ListOptions } from "./lists.ts";
import { isNewerVersion } from "./object.ts";

/** How often the past is refused. Each time the server waits three seconds itself, and so do we then. */
const MOST_REFUSED = 5;

/** The lists of one informer. */
export class ForwardLists {
  readonly #connection: Connection;
  readonly #options: ListOptions;
  #reached: string | undefined;
  #refused = 0;

  /** Nothing is known of any version yet. */
  constructor(connection: Connection, options: ListOptions) {
    this.#connection = connection;
    this.#options = { ...pick(options), maxBytes: connection.maxListBytes };
  }

  /** The server was seen at `version`. */
  reach(version: string): void {
    if (isNewerVersion(version, this.#reached)) this.#reached = version;
  }

  /** What was seen counts no more. */
  forget(): void {
    this.#reached = undefined;
    this.#refused = 0;
  }

  /** Lists; an answer from before the newest version that was seen is asked for again. */
  async fetch(resource: ApiResource): Promise<Result<ObjectList>> {
    const { transport, log } = this.#connection;
    const listed = await fetchList(transport, resource, this.#options);
    if (!listed.ok) return listed;
    const notBefore = this.#reached;
    const { resourceVersion } = listed.value;
    if (notBefore === undefined || !isNewerVersion(notBefore, resourceVersion)) {
      return this.#accept(listed.value);
    }
    if (this.#refused >= MOST_REFUSED) {
      log("the API server went back in time, going on from there", {
        resource: resource.plural,
        from: notBefore,
        to: resourceVersion,
      });
      this.forget();
      return this.#accept(listed.value);
    }
    this.#refused++;
    // Another address than before, so that a cache has no answer; the server waits until it has come so far.
    const current = await fetchList(transport, resource, { ...this.#options, notBefore });
    return current.ok ? this.#accept(current.value) : current;
  }

  #accept(list: ObjectList): Result<ObjectList> {
    this.#refused = 0;
    this.reach(list.resourceVersion);
    return ok(list);
  }
}

/** What of an informer's options concerns a list. */
function pick(options: ListOptions): ListOptions {
  const { namespace, labelSelector, fieldSelector, metadataOnly, strip, user } = options;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(metadataOnly === undefined ? {} : { metadataOnly }),
    ...(strip === undefined ? {} : { strip }),
    ...(user === undefined ? {} : { user }),
  };
}
