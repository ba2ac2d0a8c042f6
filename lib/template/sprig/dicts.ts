/**
 * Maps: made, read, changed.
 *
 * @module
 */
import type { Meter } from "../../base/mod.ts";
import { type Args, atLeast, fixed, type FunctionTable, refuse } from "../functions.ts";
import { Dict, isList, type Value } from "../value.ts";
import { isDeepEqual, isEmpty, textOf } from "./convert.ts";

/** Sprig's functions for maps. */
export const DICTS: FunctionTable = {
  dict: atLeast(0, make),
  get: fixed(2, (a) => a.dict(0).entries.has(a.text(1)) ? a.dict(0).entries.get(a.text(1)) : ""),
  set: fixed(3, (a) => {
    a.dict(0).entries.set(a.text(1), a.any(2));
    return a.dict(0);
  }),
  unset: fixed(2, (a) => {
    a.dict(0).entries.delete(a.text(1));
    return a.dict(0);
  }),
  hasKey: fixed(2, (a) => a.dict(0).entries.has(a.text(1))),
  pluck: atLeast(1, (a) =>
    a.from(1).flatMap((_, at) => {
      const { entries } = a.dict(at + 1);
      return entries.has(a.text(0)) ? [entries.get(a.text(0))] : [];
    })),
  // Unlike Sprig, whose order changes from run to run.
  keys: atLeast(0, (a) => a.from(0).flatMap((_, at) => a.dict(at).sorted().map(([key]) => key))),
  values: fixed(1, (a) => a.dict(0).sorted().map(([, value]) => value)),
  pick: atLeast(1, (a) => choose(a, true)),
  omit: atLeast(1, (a) => choose(a, false)),
  merge: atLeast(1, (a) => mergeAll(a, false)),
  mustMerge: atLeast(1, (a) => mergeAll(a, false)),
  mergeOverwrite: atLeast(1, (a) => mergeAll(a, true)),
  mustMergeOverwrite: atLeast(1, (a) => mergeAll(a, true)),
  dig: atLeast(3, dig),
  deepCopy: fixed(1, (a) => copy(a.any(0), a.meter)),
  mustDeepCopy: fixed(1, (a) => copy(a.any(0), a.meter)),
  deepEqual: fixed(2, (a) => isDeepEqual(a.any(0), a.any(1), a.meter)),
};

function make(args: Args): Dict {
  const dict = new Dict();
  for (let at = 0; at < args.count; at += 2) {
    const value = at + 1 < args.count ? args.any(at + 1) : "";
    dict.entries.set(textOf(args.any(at), args.meter), value);
  }
  return dict;
}

function choose(args: Args, isPicked: boolean): Dict {
  const names = new Set<unknown>(args.from(1));
  return new Dict([...args.dict(0).entries].filter(([key]) => names.has(key) === isPicked));
}

function mergeAll(args: Args, overwrites: boolean): Dict {
  const into = args.dict(0);
  for (const at of args.from(1).keys()) mergeInto(into, args.dict(at + 1), overwrites, args.meter);
  return into;
}

function mergeInto(into: Dict, from: Dict, overwrites: boolean, meter: Meter): void {
  for (const [key, value] of from.entries) {
    meter.spendEntries(1, "merge");
    const old = into.entries.get(key);
    if (old instanceof Dict && value instanceof Dict) {
      meter.nest("merge", () => mergeInto(old, value, overwrites, meter));
    } else if (
      isEmpty(old) ? !into.entries.has(key) || !isEmpty(value) : overwrites && !isEmpty(value)
    ) {
      into.entries.set(key, value);
    }
  }
}

/** `dig "a" "b" "default" $dict` */
function dig(args: Args): Value {
  const last = args.count - 1;
  let here: Value = args.dict(last);
  for (let at = 0; at < last - 1; at++) {
    const key = args.text(at);
    if (!(here instanceof Dict)) return refuse(`${key} is not in a map`);
    if (!here.entries.has(key)) return args.any(last - 1);
    here = here.entries.get(key);
  }
  return here;
}

function copy(value: Value, meter: Meter): Value {
  return meter.nest("a copy", (): Value => {
    meter.spendEntries(1, "a copy");
    if (isList(value)) return value.map((item) => copy(item, meter));
    if (!(value instanceof Dict)) return value;
    const { typeName, zero } = value;
    return new Dict([...value.entries].map(([key, item]) => [key, copy(item, meter)]), {
      typeName,
      zero,
    });
  });
}
