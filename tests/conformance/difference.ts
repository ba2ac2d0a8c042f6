/**
 * Says where two texts begin to differ.
 *
 * @module
 */

/** The first line that differs, in both texts; nothing when they are the same. */
export function firstDifference(got: string, want: string): string | undefined {
  if (got === want) return undefined;
  const gotLines = got.split("\n");
  const wantLines = want.split("\n");
  const index = gotLines.findIndex((line, at) => line !== wantLines[at]);
  const at = index < 0 ? gotLines.length : index;
  return `line ${at + 1}: got ${show(gotLines[at])}, want ${show(wantLines[at])}`;
}

function show(line: string | undefined): string {
  return line === undefined ? "the end" : JSON.stringify(line.slice(0, 120));
}
