/**
 * Makes an input smaller while it still shows the same.
 *
 * fast-check shrinks what it has made itself and one step at a time; a difference between two tools is mostly
 * one small piece of a large input, and taking out halves of the model finds it in far fewer builds.
 *
 * @module
 */
import { isList, isMap, type Json } from "./model.ts";

/** Makes `model` as small as `most` questions to `isSame` allow. */
export async function shrink(
  model: Json,
  isSame: (smaller: Json) => Promise<boolean>,
  most = 1_500,
): Promise<Json> {
  let best = model;
  let asked = 0;
  for (let round = true; round;) {
    round = false;
    let position = 0;
    // Candidates are made anew after each step forward; those before `position` have failed already.
    for (;;) {
      const found = await firstSame(best, position);
      if (found === undefined) break;
      best = found.model;
      position = found.position;
      round = true;
    }
  }
  return best;

  async function firstSame(
    from: Json,
    start: number,
  ): Promise<{ model: Json; position: number } | undefined> {
    let position = 0;
    for (const candidate of smaller(from)) {
      if (position++ < start) continue;
      if (asked++ >= most) return undefined;
      if (await isSame(candidate)) return { model: candidate, position: position - 1 };
    }
    return undefined;
  }
}

/** What is one step smaller, large steps first. */
export function* smaller(value: Json): Generator<Json> {
  if (typeof value === "string") yield* smallerText(value);
  if (typeof value === "number" && value !== 0) yield 0;
  if (isList(value)) {
    if (value.length > 1) {
      const middle = value.length >> 1;
      yield value.slice(middle);
      yield value.slice(0, middle);
    }
    for (const index of value.keys()) yield value.toSpliced(index, 1);
    for (const [index, item] of value.entries()) {
      for (const less of smaller(item)) yield value.with(index, less);
    }
  }
  if (isMap(value)) {
    const entries = Object.entries(value);
    for (const [name] of entries) {
      if (name.startsWith("$") || name === "extension") continue;
      yield Object.fromEntries(entries.filter(([other]) => other !== name));
    }
    for (const [name, item] of entries) {
      if (name === "apiVersion" || name === "kind" || name === "extension") continue;
      for (const less of smaller(item)) yield { ...value, [name]: less };
    }
  }
}

function* smallerText(text: string): Generator<string> {
  if (text.length > 1 && text !== "x") yield "x";
  const lines = text.split("\n");
  if (lines.length > 1) {
    for (const index of lines.keys()) yield lines.toSpliced(index, 1).join("\n");
  }
  if (text.length > 8) {
    yield text.slice(0, text.length >> 1);
    yield text.slice(text.length >> 1);
  }
}
