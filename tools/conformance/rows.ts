/**
 * Reads recorded rows: a JSON array, one row a line, or a folder of files of either kind or of one row each.
 *
 * @module
 */
import { fail, isRecord, messageOf, ok, parseJson, type Result } from "../../lib/base/mod.ts";

/** One recorded case; what else it holds is its area's own. */
export interface Row {
  /** On one line: the names of some rows hold line breaks. */
  readonly name: string;
  readonly data: unknown;
}

/** A list of the folder's own files; no row. */
const INDEX = "index.json";

/** The rows at `path`, a file or a folder; fails with `BadRows`. */
export async function readRows(path: string): Promise<Result<Row[]>> {
  const files = await filesAt(path);
  if (!files.ok) return files;
  const rows: Row[] = [];
  for (const file of files.value) {
    const parsed = parseRows(await Deno.readTextFile(file), file);
    if (!parsed.ok) return parsed;
    rows.push(...parsed.value);
  }
  if (rows.length === 0) return fail("BadRows", `${path} holds no rows`);
  return ok(rows);
}

async function filesAt(path: string): Promise<Result<string[]>> {
  try {
    if (!(await Deno.stat(path)).isDirectory) return ok([path]);
    const files: string[] = [];
    for await (const { name } of Deno.readDir(path)) {
      if (/\.jsonl?$/.test(name) && name !== INDEX) files.push(`${path}/${name}`);
    }
    return ok(files.sort());
  } catch (thrown) {
    return fail("BadRows", `Cannot read rows from ${path}: ${messageOf(thrown)}`);
  }
}

/** The rows in `text`, the content of `file`. */
export function parseRows(text: string, file: string): Result<Row[]> {
  const rows: Row[] = [];
  for (const { value, place } of file.endsWith(".jsonl") ? lines(text) : [whole(text)]) {
    let parsed: unknown;
    try {
      parsed = parseJson(value);
    } catch (thrown) {
      return fail("BadRows", `${file}${place}: ${messageOf(thrown)}`);
    }
    for (const [index, data] of (Array.isArray(parsed) ? parsed : [parsed]).entries()) {
      if (!isRecord(data) || typeof data.name !== "string") {
        return fail("BadRows", `${file}${place}: row ${index + 1} has no name`);
      }
      rows.push({ name: onOneLine(data.name), data });
    }
  }
  return ok(rows);
}

interface Piece {
  readonly value: string;
  readonly place: string;
}

function whole(value: string): Piece {
  return { value, place: "" };
}

function lines(text: string): Piece[] {
  return text.split("\n")
    .map((value, index) => ({ value, place: `: line ${index + 1}` }))
    .filter(({ value }) => value.trim() !== "");
}

/** Line breaks and tabs as the escapes that a person would type. */
export function onOneLine(text: string): string {
  return text.replace(/[\n\r\t]/g, (sign) => JSON.stringify(sign).slice(1, -1));
}
