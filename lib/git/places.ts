/**
 * How many conversations with one server there may be at once over HTTP; SSH counts its own connections.
 *
 * @module
 */
import { Semaphore } from "../base/mod.ts";

/** Each conversation has one connection at a time. */
export const MOST_PER_ORIGIN = 16;

/** Places by origin, while anybody has or wants one. */
export class Places {
  readonly #origins = new Map<string, { readonly places: Semaphore; users: number }>();

  /** Runs a conversation with the server of `url` when it is its turn, or when `signal` aborts. */
  async run<T>(url: string, step: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { protocol, origin } = new URL(url);
    if (protocol === "ssh:") return await step();
    const entry = this.#origins.get(origin) ??
      { places: new Semaphore(MOST_PER_ORIGIN), users: 0 };
    this.#origins.set(origin, entry);
    entry.users++;
    try {
      return await entry.places.run(step, signal);
    } finally {
      entry.users--;
      if (entry.users === 0) this.#origins.delete(origin);
    }
  }
}
