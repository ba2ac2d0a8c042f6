/**
 * What a registry demands before it answers: the `WWW-Authenticate` header (RFC 9110 §11).
 *
 * @module
 */

/** One way to log in. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[\s,]*([A-Za-z0-9._-]+)/y;
const VALUE = /\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/y;
const LONGEST_HEADER = 8192;

/** The challenges of a header; several headers are one with commas between. */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, LONGEST_HEADER);
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const word = TOKEN.exec(text)?.[1]?.toLowerCase();
    if (word === undefined) return challenges;
    at = TOKEN.lastIndex;
    VALUE.lastIndex = at;
    const value = VALUE.exec(text);
    if (value === null) {
      challenges.push({ scheme: word, parameters: new Map() });
      continue;
    }
    at = VALUE.lastIndex;
    challenges.at(-1)?.parameters.set(word, value[1]?.replace(/\\(.)/g, "$1") ?? value[2] ?? "");
  }
}
