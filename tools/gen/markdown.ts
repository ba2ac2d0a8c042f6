/**
 * Markdown as `deno fmt` leaves it.
 *
 * @module
 */

/** A table, its columns as wide as their widest cell. */
export function tableOf(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = [heading, ...rows].map((row) => row.map(escapeCell));
  const widths = heading.map((_, column) =>
    Math.max(3, ...cells.map((row) => (row[column] ?? "").length))
  );
  const line = (row: readonly string[], fill: string) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width, fill)).join(" | ")} |`;
  const [first = [], ...rest] = cells;
  return [line(first, " "), line([], "-"), ...rest.map((row) => line(row, " "))].join("\n");
}

function escapeCell(cell: string): string {
  return cell.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** A span of code. */
export function code(text: string): string {
  // A fence longer than any run of backticks inside.
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

const LINE_WIDTH = 120;

/** An item of a list, its lines no longer than a terminal is wide where its words allow that. */
export function listItem(text: string): string {
  const lines: string[] = [];
  let line = "-";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = " ";
    }
    line += ` ${word}`;
  }
  return [...lines, line].join("\n");
}
