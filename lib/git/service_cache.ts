/**
 * Remembers what servers said of themselves, so that polling costs one request.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import type { Service } from "./transport.ts";

const MOST_SERVICES = 1000;
const LONGEST_MS = 3_600_000;

/** Services by repository URL. */
export class ServiceCache {
  readonly #clock: Clock;
  readonly #services = new Map<string, { service: Service; atMs: number }>();

  /** Forgets by this clock. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The service of a repository, unless it was asked too long ago. */
  get(key: string): Service | undefined {
    const kept = this.#services.get(key);
    if (kept === undefined) return undefined;
    if (this.#clock.monotonicMs() - kept.atMs < LONGEST_MS) return kept.service;
    this.#services.delete(key);
    return undefined;
  }

  /** Remembers a service; one of version 0 is not, its refs are the answer itself. */
  set(key: string, service: Service): void {
    if (service.advertisement.version === 0) return;
    this.#services.delete(key);
    this.#services.set(key, { service, atMs: this.#clock.monotonicMs() });
    const [oldest] = this.#services.keys();
    if (this.#services.size > MOST_SERVICES && oldest !== undefined) this.#services.delete(oldest);
  }

  /** Forgets a service. */
  delete(key: string): void {
    this.#services.delete(key);
  }
}
