/**
 * The table of flags as text for people, in groups.
 *
 * @module
 */
import type { Flag, FlagTable } from "./flags.ts";

/** Flags that the same readers look for. */
export interface FlagGroup {
  /** `The process`, `Every component`, `source`, `source, kustomize`. */
  readonly title: string;
  /** By name. */
  readonly flags: readonly (readonly [string, Flag])[];
}

/**
 * The flags by reader: of the process, of every component, of one, of several.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const groups = groupFlags({
 *   "log-level": { type: "text", default: "info", components: ["all"], help: "Least severity." },
 *   "storage-path": { type: "text", default: "/data", components: ["source"], help: "Folder." },
 * });
 * assert.deepEqual(groups.map(({ title }) => title), ["Every component", "source"]);
 * ```
 */
export function groupFlags(table: FlagTable): FlagGroup[] {
  const groups = new Map<string, [string, Flag][]>();
  for (const [name, flag] of Object.entries(table)) {
    const title = titleOf(flag);
    const group = groups.get(title) ?? [];
    group.push([name, flag]);
    groups.set(title, group);
  }
  return [...groups]
    .map(([title, flags]) => ({ title, flags: flags.sort(([a], [b]) => (a < b ? -1 : 1)) }))
    .sort((a, b) => rankOf(a.title) - rankOf(b.title) || (a.title < b.title ? -1 : 1));
}

function titleOf({ components }: Flag): string {
  if (components.includes("main")) return "The process";
  return components.includes("all") ? "Every component" : components.join(", ");
}

function rankOf(title: string): number {
  const rank = ["The process", "Every component"].indexOf(title);
  if (rank >= 0) return rank;
  return title.includes(",") ? 3 : 2;
}

/**
 * The groups as they are printed for `--help`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = flagHelp({
 *   "log-level": { type: "text", default: "info", components: ["all"], help: "Least severity." },
 * });
 * assert.equal(text, "Every component:\n  --log-level text  Least severity. (default info)\n");
 * ```
 */
export function flagHelp(table: FlagTable): string {
  const lefts = Object.entries(table).map(([name, flag]) => leftOf(name, flag).length);
  const width = Math.max(0, ...lefts);
  return groupFlags(table)
    .map(({ title, flags }) => {
      const rows = flags.map(([name, flag]) =>
        `${leftOf(name, flag).padEnd(width)}  ${helpOf(flag)}\n`
      );
      return `${title}:\n${rows.join("")}`;
    })
    .join("\n");
}

function leftOf(name: string, flag: Flag): string {
  return `  --${name}${flag.type === "boolean" ? "" : ` ${flag.type}`}`;
}

function helpOf(flag: Flag): string {
  const value = defaultText(flag);
  return `${flag.help}${value === "" || value === "false" ? "" : ` (default ${value})`}`;
}

/** The default as it would be written, with those of single components. */
export function defaultText(flag: Flag): string {
  const own = flag.type === "integer" ? Object.entries(flag.defaults ?? {}) : [];
  return [String(flag.default), ...own.map(([name, value]) => `${name} ${value}`)].join("; ");
}
