/**
 * Lists: made, cut, searched.
 *
 * @module
 */
import {
  type Args,
  atLeast,
  fixed,
  type FunctionTable,
  refuse,
  type TemplateFunction,
} from "../functions.ts";
import { isList, typeName, type Value } from "../value.ts";
import { integerOf, isDeepEqual, isEmpty } from "./convert.ts";

const FUNCTIONS: FunctionTable = {
  append: fixed(2, (a) => [...a.list(0, "push"), a.any(1)]),
  push: fixed(2, (a) => [...a.list(0, "push"), a.any(1)]),
  prepend: fixed(2, (a) => [a.any(1), ...a.list(0, "prepend")]),
  first: fixed(1, (a) => a.list(0, "find first")[0]),
  last: fixed(1, (a) => a.list(0, "find last").at(-1)),
  rest: fixed(1, (a) => a.list(0, "find rest").slice(1)),
  initial: fixed(1, (a) => a.list(0, "find initial").slice(0, -1)),
  reverse: fixed(1, (a) => a.list(0, "find reverse").toReversed()),
  uniq: fixed(1, (a) => distinct(a, a.list(0, "find uniq"))),
  without: atLeast(1, (a) => a.list(0, "find without").filter((it) => !isIn(a, it, a.from(1)))),
  has: fixed(2, (a) => {
    if (a.any(1) === null) return false;
    return isIn(a, a.any(0), a.list(1, "find has"));
  }),
  slice: atLeast(1, cut),
  compact: fixed(1, (a) => a.list(0, "compact").filter((it) => !isEmpty(it))),
  chunk: fixed(2, chunk),
};

/** Sprig's functions for lists; most have a second name with `must`, which fails where the other panics. */
export const LISTS: FunctionTable = {
  ...FUNCTIONS,
  ...withMust(FUNCTIONS),
  list: atLeast(0, (a) => a.from(0)),
  tuple: atLeast(0, (a) => a.from(0)),
  concat: atLeast(
    0,
    (a) =>
      a.from(0).flatMap((it) =>
        isList(it) ? it : refuse(`Cannot concat type ${typeName(it)} as list`)
      ),
  ),
  coalesce: atLeast(0, (a) => a.from(0).find((it) => !isEmpty(it)) ?? null),
  all: atLeast(0, (a) => a.from(0).every((it) => !isEmpty(it))),
  any: atLeast(0, (a) => a.from(0).some((it) => !isEmpty(it))),
  default: atLeast(1, (a) => a.count < 2 || isEmpty(a.any(1)) ? a.any(0) : a.any(1)),
  empty: fixed(1, (a) => isEmpty(a.any(0))),
  ternary: fixed(3, (a) => a.bool(2) ? a.any(0) : a.any(1)),
  until: fixed(1, (a) => steps(a, 0n, a.int(0), a.int(0) < 0n ? -1n : 1n)),
  untilStep: fixed(3, (a) => steps(a, a.int(0), a.int(1), a.int(2))),
  seq: atLeast(0, sequence),
};

/** The functions again, each under a name that begins with `must`. */
export function withMust(table: FunctionTable): FunctionTable {
  return Object.fromEntries(
    Object.entries(table).map(([name, it]): [string, TemplateFunction] => [
      `must${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      it,
    ]),
  );
}

function isIn({ meter }: Args, value: Value, list: readonly Value[]): boolean {
  return list.some((it) => {
    meter.spendEntries(1, "a search");
    return isDeepEqual(it, value, meter);
  });
}

function distinct(args: Args, list: readonly Value[]): readonly Value[] {
  const kept: Value[] = [];
  for (const item of list) if (!isIn(args, item, kept)) kept.push(item);
  return kept;
}

function cut(args: Args): Value {
  const list = args.list(0, "slice");
  if (list.length === 0) return null;
  const [from = 0, to = list.length] = args.from(1).map((it) => Number(integerOf(it)));
  if (from < 0 || to > list.length || from > to) {
    refuse(`slice bounds out of range [${from}:${to}]`);
  }
  return list.slice(from, to);
}

function chunk(args: Args): Value {
  const size = Number(args.int(0));
  const list = args.list(1, "chunk");
  if (size < 1) refuse("Cannot chunk into lists of less than one");
  const chunks: Value[] = [];
  for (let at = 0; at < list.length; at += size) chunks.push(list.slice(at, at + size));
  return chunks;
}

function steps({ meter }: Args, start: bigint, stop: bigint, step: bigint): readonly bigint[] {
  const list: bigint[] = [];
  if (step === 0n || (step > 0n) !== (stop > start)) return list;
  for (let at = start; step > 0n ? at < stop : at > stop; at += step) {
    meter.spendEntries(1, "a sequence");
    list.push(at);
  }
  return list;
}

/** `seq 1 2 9` is "1 3 5 7 9": the last number may be reached. */
function sequence(args: Args): string {
  const [one = 0n, two, three] = args.from(0).map((_, at) => args.int(at));
  if (args.count === 0 || args.count > 3) return "";
  const [start, end] = three === undefined
    ? two === undefined ? [1n, one] : [one, two]
    : [one, three];
  const step = three === undefined ? end < start ? -1n : 1n : two ?? 0n;
  return steps(args, start, end + (step < 0n ? -1n : 1n), step).join(" ");
}
