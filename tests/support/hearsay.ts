/**
 * What the controllers were told of a source, and when: in a test whose watches break, what they do is judged by
 * what they can know.
 *
 * @module
 */
import { fieldOf } from "../../tools/demo/observe.ts";
import type { Passed } from "./fault_proxy.ts";

/** The path of the list, or of a watch, of all sources. */
const SOURCES = /\/gitrepositories\?/;

/** See the module's description. */
export class Hearsay {
  /** When each revision came by a watch for the first time. */
  readonly #events = new Map<string, number>();
  /** When lists that came through were asked for, in order, and when they came. */
  readonly #lists: { readonly askedMs: number; readonly cameMs: number }[] = [];

  /** Takes what came through a proxy at a time. */
  take({ path, event, status, askedMs }: Passed, nowMs: number): void {
    if (!SOURCES.test(path) || status !== 200) return;
    if (event === undefined) {
      this.#lists.push({ askedMs, cameMs: nowMs });
      return;
    }
    const revision = String(fieldOf(event.object, "status", "artifact", "revision"));
    if (!this.#events.has(revision)) this.#events.set(revision, nowMs);
  }

  /** Whether a watch told of a revision. */
  has(revision: string): boolean {
    return this.#events.has(revision);
  }

  /** When it was told that a revision is served, which it is since `servedMs`; `Infinity` where it was not. */
  toldMs(revision: string, servedMs: number): number {
    const list = this.#lists.find(({ askedMs }) => askedMs >= servedMs);
    return Math.min(this.#events.get(revision) ?? Infinity, list?.cameMs ?? Infinity);
  }
}
