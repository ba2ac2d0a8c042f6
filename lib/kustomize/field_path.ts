/**
 * Paths into objects: as field specs write them (`spec/template`), and as replacements do (`spec.[name=x].y`).
 *
 * @module
 */

/** Splits at `delimiter`; a backslash in front of it keeps it. */
export function splitPath(path: string, delimiter: string): string[] {
  const parts = path.split(delimiter);
  if (parts.length > 1 && parts[0] === "") parts.shift();
  const joined: string[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.endsWith("\\")) joined[joined.length - 1] = `${last.slice(0, -1)}${delimiter}${part}`;
    else joined.push(part);
  }
  return joined;
}

/**
 * Splits at dots, but not inside of brackets: `[name=a.b]` stays as it is, `[a.b]` becomes the key `a.b`.
 */
export function splitBracketPath(path: string): string[] {
  const parts = splitPath(path, ".");
  const joined: string[] = [];
  for (let index = 0; index < parts.length; index++) {
    let part = parts[index] ?? "";
    if (!part.startsWith("[") || part.endsWith("]")) {
      joined.push(part);
      continue;
    }
    while (index < parts.length - 1 && !part.endsWith("]")) part += `.${parts[++index]}`;
    joined.push(part.includes("=") ? part : trimBrackets(part));
  }
  return joined;
}

function trimBrackets(part: string): string {
  let start = 0;
  let end = part.length;
  while (start < end && "[]".includes(part[start] ?? "")) start++;
  while (end > start && "[]".includes(part[end - 1] ?? "")) end--;
  return part.slice(start, end);
}
