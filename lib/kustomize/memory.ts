/**
 * A store of so many bytes in which what was not used for the longest time makes room.
 *
 * @module
 */

/** One thing that is kept. */
interface Entry {
  readonly bytes: number;
  /** The last turn that used it. */
  usedAt: number;
  /** Takes it out of the drawer that it lies in. */
  drop(): void;
}

interface Slot<T> extends Entry {
  readonly value: T;
}

/** Share of the limit that is left after room was made, so that it need not be made for every entry anew. */
const LEFT_AFTER_ROOM = 0.9;

/** Counts what its drawers hold. */
export class Memory {
  /** Most bytes that are held, by estimate. */
  readonly limitBytes: number;
  readonly #entries = new Set<Entry>();
  #usedBytes = 0;
  #turn = 0;
  /** The turn in which there was no more room to be made. */
  #fullAt = -1;

  /** Holds nothing yet. */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Bytes that are held, by estimate. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Number of the turn that is on. */
  get turn(): number {
    return this.#turn;
  }

  /** Begins a turn: what it uses is younger than what any turn before it used. */
  beginTurn(): void {
    this.#turn++;
  }

  /** Takes an entry in, when there is room or room can be made. */
  admit(entry: Entry): boolean {
    if (this.#usedBytes + entry.bytes > this.limitBytes && !this.#makeRoom(entry.bytes)) {
      return false;
    }
    this.#entries.add(entry);
    this.#usedBytes += entry.bytes;
    return true;
  }

  /** Lets go of an entry. */
  release(entry: Entry): void {
    if (this.#entries.delete(entry)) this.#usedBytes -= entry.bytes;
  }

  /** Drops what earlier turns used last; what this turn uses stays, even when that leaves no room. */
  #makeRoom(bytes: number): boolean {
    if (this.#fullAt === this.#turn) return false;
    const most = Math.floor(this.limitBytes * LEFT_AFTER_ROOM) - bytes;
    const old = [...this.#entries].filter(({ usedAt }) => usedAt < this.#turn);
    // What was put in later hangs on what was there before: of two that are equally old, it goes first.
    for (const entry of old.reverse().sort((a, b) => a.usedAt - b.usedAt)) {
      if (this.#usedBytes <= most) return true;
      entry.drop();
      this.release(entry);
    }
    if (this.#usedBytes + bytes <= this.limitBytes) return true;
    this.#fullAt = this.#turn;
    return false;
  }
}

/** Values of one type by text, held in a {@linkcode Memory}. */
export class Drawer<T> {
  readonly #memory: Memory;
  readonly #slots = new Map<string, Slot<T>>();

  /** An empty drawer. */
  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** What was kept under `key`, unless it had to make room. */
  get(key: string): T | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    slot.usedAt = this.#memory.turn;
    return slot.value;
  }

  /** Keeps a value of about `bytes` in the place of what was there, if there is room for it. */
  put(key: string, value: T, bytes: number): void {
    const slots = this.#slots;
    const old = slots.get(key);
    if (old !== undefined) {
      slots.delete(key);
      this.#memory.release(old);
    }
    const usedAt = this.#memory.turn;
    const slot: Slot<T> = { value, bytes, usedAt, drop: () => slots.delete(key) };
    if (this.#memory.admit(slot)) slots.set(key, slot);
  }
}
