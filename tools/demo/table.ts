/**
 * The table at the end of the demo.
 *
 * @module
 */

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
