/**
 * Connections that are kept: a few for each server and identity, and none shared between two of them.
 *
 * @module
 */
import { ok, type Result, type Timer } from "../base/mod.ts";
import type { Connection, ConnectionOptions } from "./connection.ts";

/** Connections at once to one server by one identity. */
const MOST_PER_KEY = 4;
/** Unused connections in all; the one unused for longest goes first. */
const MOST_IDLE = 200;

/** A connection for one program. */
export interface Lease {
  /** The connection. */
  readonly connection: Connection;
  /** It was there before, and so may be gone without our knowing. */
  readonly isReused: boolean;
  /** Gives it back, once `ended`; it is kept if it is open then. */
  release(ended?: Promise<void>): void;
}

interface Shelf {
  busy: number;
  readonly idle: Idle[];
  readonly waiting: (() => void)[];
  /** Connections whose programs are about to end. */
  ending: number;
}

interface Idle {
  readonly connection: Connection;
  readonly timer: Timer;
  readonly since: number;
}

/** Connections by key. */
export class ConnectionPool {
  readonly #options: ConnectionOptions;
  readonly #shelves = new Map<string, Shelf>();
  readonly #busy = new Set<Connection>();
  #uses = 0;

  /** Keeps connections as long as the options say. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Takes a kept connection, or makes one; waits while there are too many. Fails when `signal` aborts. */
  async lease(
    key: string,
    open: () => Promise<Result<Connection>>,
    { isFresh, signal, whenCalledOff }: {
      readonly isFresh: boolean;
      readonly signal: AbortSignal;
      readonly whenCalledOff: Result<Lease>;
    },
  ): Promise<Result<Lease>> {
    const shelf = this.#shelf(key);
    if (isFresh) closeAll(shelf);
    // A connection that is free in a moment is worth more than a new one.
    while (shelf.busy >= MOST_PER_KEY || shelf.ending > shelf.waiting.length && !hasOpen(shelf)) {
      if (signal.aborted) return whenCalledOff;
      await turn(shelf, signal);
    }
    shelf.busy++;
    const kept = takeOpen(shelf);
    if (kept !== undefined) return ok(this.#leaseOf(key, shelf, kept, true));
    const opened = await open();
    if (opened.ok) return ok(this.#leaseOf(key, shelf, opened.value, false));
    this.#leave(key, shelf);
    return opened;
  }

  /** Closes all of them, also those in use. */
  close(): void {
    for (const shelf of this.#shelves.values()) closeAll(shelf);
    for (const connection of this.#busy) connection.close();
    this.#shelves.clear();
  }

  #leaseOf(key: string, shelf: Shelf, connection: Connection, isReused: boolean): Lease {
    this.#busy.add(connection);
    let isReleased = false;
    const free = () => {
      this.#busy.delete(connection);
      if (connection.isOpen && this.#shelves.get(key) === shelf) this.#keep(shelf, connection);
      else connection.close();
      this.#leave(key, shelf);
    };
    return {
      connection,
      isReused,
      release(ended) {
        if (isReleased) return;
        isReleased = true;
        if (ended === undefined) return free();
        shelf.ending++;
        void ended.then(() => {
          shelf.ending--;
          free();
        });
      },
    };
  }

  #keep(shelf: Shelf, connection: Connection): void {
    const timer = closeLater(connection, this.#options);
    shelf.idle.push({ connection, timer, since: this.#uses++ });
    const all = [...this.#shelves.values()].flatMap(({ idle }) => idle);
    if (all.length <= MOST_IDLE) return;
    const [oldest] = all.toSorted((a, b) => a.since - b.since);
    oldest?.timer.cancel();
    oldest?.connection.close();
  }

  #leave(key: string, shelf: Shelf): void {
    shelf.busy--;
    shelf.waiting.shift()?.();
    for (const [other, { busy, idle, waiting }] of this.#shelves) {
      const isUsed = busy > 0 || waiting.length > 0 ||
        idle.some(({ connection }) => connection.isOpen);
      if (!isUsed && other !== key) this.#shelves.delete(other);
    }
  }

  #shelf(key: string): Shelf {
    const kept = this.#shelves.get(key);
    if (kept !== undefined) return kept;
    const shelf: Shelf = { busy: 0, idle: [], waiting: [], ending: 0 };
    this.#shelves.set(key, shelf);
    return shelf;
  }
}

function hasOpen({ idle }: Shelf): boolean {
  return idle.some(({ connection }) => connection.isOpen);
}

/** The one used last: the others get their chance to grow old. */
function takeOpen(shelf: Shelf): Connection | undefined {
  for (let idle = shelf.idle.pop(); idle !== undefined; idle = shelf.idle.pop()) {
    idle.timer.cancel();
    if (idle.connection.isOpen) return idle.connection;
  }
  return undefined;
}

function closeAll(shelf: Shelf): void {
  for (const { connection, timer } of shelf.idle.splice(0)) {
    timer.cancel();
    connection.close();
  }
}

/** Waits for a place, or for the end. */
function turn(shelf: Shelf, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    function end(): void {
      signal.removeEventListener("abort", end);
      const at = shelf.waiting.indexOf(end);
      if (at !== -1) shelf.waiting.splice(at, 1);
      resolve();
    }
    shelf.waiting.push(end);
    signal.addEventListener("abort", end, { once: true });
  });
}

/** Closes a connection that nobody has used for some time. */
function closeLater(connection: Connection, { clock, timeouts }: ConnectionOptions): Timer {
  return clock.after(timeouts.keepMs, () => connection.close());
}
