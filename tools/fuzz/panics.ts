/**
 * Inputs that the real tool dies of.
 *
 * @module
 */
import type { Outcome } from "./compare.ts";

/** Counts panics of the peer by what it said. */
export class Panics {
  readonly #counts = new Map<string, number>();

  /** Learns of an input. */
  count(theirs: Outcome, ours: Outcome): void {
    if (theirs.kind !== "panicked") return;
    const said = theirs.text.split("\n").find((line) => line.trim() !== "") ?? "";
    // Names and numbers in it would make each a class of its own.
    const what = said.replace(/\d+/g, "N").replace(/: [A-Z].*/, "");
    const key = `${what.slice(0, 100)} (ours: ${ours.kind})`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** A line for each class. */
  lines(): string[] {
    if (this.#counts.size === 0) return ["kustomize panicked on none of them"];
    return [
      "kustomize itself panicked, which counts neither as equal nor as a difference:",
      ...[...this.#counts].map(([said, count]) => `${String(count).padStart(6)} ×  ${said}`),
    ];
  }
}
