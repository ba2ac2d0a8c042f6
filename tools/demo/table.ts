/**
 * What the demo prints at its end: a table, and the controllers' log in words.
 *
 * @module
 */
import { parseJson } from "../../lib/base/mod.ts";
import { fieldOf } from "./observe.ts";

/** One thing that was to be seen. */
export interface Row {
  readonly title: string;
  readonly seen: boolean;
  readonly seconds: number;
  readonly detail: string;
}

const WIDTH = 100;

/** A table that fits a terminal; long details go on in the next line. */
export function formatTable(rows: readonly Row[]): string {
  const titleWidth = Math.max(...rows.map(({ title }) => title.length));
  const lines = rows.flatMap((row) => {
    const mark = row.seen ? "seen" : "MISSED";
    const head = `  ${row.title.padEnd(titleWidth)}  ${
      row.seconds.toFixed(1).padStart(6)
    } s  ${mark}`;
    const detail = wrap(row.detail, WIDTH - 6).map((line) => `      ${line}`);
    return [head, ...detail];
  });
  return lines.join("\n");
}

/** A line of the controllers' log for a person; one that is no JSON stays as it is. */
export function formatLogLine(line: string): string {
  const entry = parseLine(line);
  if (entry === undefined) return `  ${line}`;
  const text = (field: string) => String(fieldOf(entry, field) ?? "");
  const who = text("controllerKind") === "" ? "" : ` ${text("controllerKind")}/${text("name")}:`;
  const what = text("reason") === ""
    ? text("msg")
    : `${text("reason")}: ${text("message").split("\n")[0]}`;
  return `  ${text("ts").slice(11, 19)}${who} ${what}`;
}

function parseLine(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
