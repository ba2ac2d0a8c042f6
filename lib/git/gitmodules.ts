/**
 * `.gitmodules`: which submodules a commit has, read from a file that a stranger wrote.
 *
 * @module
 */
import { invalid } from "./failure.ts";

/** One submodule. */
export interface Submodule {
  /** Folder, relative to the root of the repository that names it. */
  readonly path: string;
  /** Address as it is written; may be relative to that of the repository. */
  readonly url: string;
}

const MOST_BYTES = 1 << 20;
const MOST_SUBMODULES = 1000;
const MOST_LENGTH = 4096;

/** A header: `[submodule "name"]`, or `[core]`; what comes behind it may be an entry. */
const HEADER =
  /^\[[ \t]*(?<section>[a-z0-9.-]+)(?:[ \t]+"(?<name>(?:[^"\\\n]|\\.)*)")?[ \t]*\][ \t]*(?<rest>.*)$/i;
const ENTRY = /^(?<key>[a-z][a-z0-9-]*)[ \t]*(?:=(?<value>.*))?$/is;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["b", "\b"],
  ['"', '"'],
  ["\\", "\\"],
]);

/**
 * Reads the file. What it says beside `path` and `url` is not looked at: `update` may name a program
 * (CVE-2019-19604), and `branch` another commit than the one that is pinned.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = '[submodule "lib"]\n\tpath = lib\n\turl = ../lib.git\n';
 * assert.deepEqual(parseGitmodules(new TextEncoder().encode(text)), [{ path: "lib", url: "../lib.git" }]);
 * ```
 */
export function parseGitmodules(content: Uint8Array): readonly Submodule[] {
  if (content.length > MOST_BYTES) throw invalid(`.gitmodules: longer than ${MOST_BYTES} bytes`);
  const named = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const { number, text } of statements(decode(content))) {
    const where = `.gitmodules: line ${number}`;
    const header = HEADER.exec(text)?.groups;
    if (text.startsWith("[") && header === undefined) throw invalid(`${where}: no section`);
    if (header !== undefined) current = openSection(named, header, where);
    const entry = header === undefined ? text : header["rest"] ?? "";
    if (entry !== "" && !/^[#;]/.test(entry)) readEntry(current, entry, where);
  }
  return [...named].flatMap(([name, entries]) => submodule(name, entries));
}

function decode(content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw invalid(".gitmodules: not UTF-8");
  }
}

interface Statement {
  /** Line it begins at, from 1. */
  readonly number: number;
  readonly text: string;
}

/** git-config "Syntax": a backslash at the end of a line goes on with the next; CRLF ends lines too. */
function* statements(text: string): Generator<Statement> {
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const number = at + 1;
    let joined = lines[at] ?? "";
    while (/(^|[^\\])(\\\\)*\\$/.test(joined) && at + 1 < lines.length) {
      if (joined.length > MOST_LENGTH) throw invalid(`.gitmodules: line ${number}: too long`);
      joined = joined.slice(0, -1) + (lines[++at] ?? "");
    }
    if (joined.length > MOST_LENGTH) throw invalid(`.gitmodules: line ${number}: too long`);
    const trimmed = joined.replace(/^[ \t]+/, "");
    if (trimmed !== "" && !/^[#;]/.test(trimmed)) yield { number, text: trimmed };
  }
}

/** Entries of one name may stand in several sections; those of other sections go nowhere. */
function openSection(
  named: Map<string, Map<string, string>>,
  header: Readonly<Record<string, string | undefined>>,
  where: string,
): Map<string, string> {
  const { section = "", name } = header;
  if (section.toLowerCase() !== "submodule" || name === undefined) return new Map();
  const plain = name.replace(/\\(.)/g, "$1");
  checkName(plain, where);
  const known = named.get(plain);
  if (known !== undefined) return known;
  if (named.size === MOST_SUBMODULES) {
    throw invalid(`${where}: more than ${MOST_SUBMODULES} submodules`);
  }
  const entries = new Map<string, string>();
  named.set(plain, entries);
  return entries;
}

/** git keeps a submodule's objects in a folder of this name; we do not, but whoever clones it will (CVE-2018-11235). */
function checkName(name: string, where: string): void {
  const parts = name.split(/[/\\]/);
  if (name === "" || parts[0] === "" || parts.includes("..") || hasControls(name)) {
    throw invalid(`${where}: ${JSON.stringify(name)} is no name of a submodule`);
  }
}

function readEntry(
  section: Map<string, string> | undefined,
  text: string,
  where: string,
): void {
  const { key, value } = ENTRY.exec(text)?.groups ?? {};
  if (section === undefined || key === undefined) throw invalid(`${where}: no entry`);
  // As in git the last one counts.
  section.set(key.toLowerCase(), value === undefined ? "" : parseValue(value, where));
}

/** git-config "Values": quotes keep spaces and comment signs, a backslash begins an escape. */
function parseValue(text: string, where: string): string {
  let value = "";
  // Spaces count only when something follows.
  let spaces = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (sign === '"') {
      isQuoted = !isQuoted;
      continue;
    }
    if (!isQuoted && (sign === " " || sign === "\t")) {
      if (value !== "") spaces += sign;
      continue;
    }
    if (!isQuoted && (sign === "#" || sign === ";")) break;
    const plain = sign === "\\" ? ESCAPES.get(text.charAt(++at)) : sign;
    if (plain === undefined) throw invalid(`${where}: an escape that git does not know`);
    value += spaces + plain;
    spaces = "";
  }
  if (isQuoted) throw invalid(`${where}: a quote is not closed`);
  return value;
}

/** One without path or address is none, as for git. */
function submodule(name: string, entries: ReadonlyMap<string, string>): readonly Submodule[] {
  const [path = "", url = ""] = [entries.get("path"), entries.get("url")];
  if (path === "" || url === "") return [];
  const where = `.gitmodules: submodule ${JSON.stringify(name)}`;
  const plain = path.replace(/\/+$/, "");
  const parts = plain.split("/");
  const leaves = parts.some((part) => part === "" || part === "." || part === "..");
  // A sign that one tool drops leads another tool to another place (CVE-2025-48384).
  if (leaves || /[\\]|^-/.test(plain) || hasControls(plain)) {
    throw invalid(`${where}: path ${JSON.stringify(path)} is no folder of the repository`);
  }
  if (url.startsWith("-") || hasControls(url)) {
    throw invalid(`${where}: url ${JSON.stringify(url)} is no address`);
  }
  return [{ path: plain, url }];
}

/** Whether `text` holds control characters. */
export function hasControls(text: string): boolean {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  return /[\x00-\x1f\x7f]/.test(text);
}
