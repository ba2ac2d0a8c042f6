/**
 * Functions and methods by name (cel-spec, "Standard Definitions"; cel-go's strings, sets, encoders, optionals).
 *
 * @module
 */
import { isSame } from "./compare.ts";
import { CONVERSIONS } from "./convert.ts";
import { CelError, type CelMeter } from "./meter.ts";
import { join, quote, TEXT_METHODS } from "./text.ts";
import { partOf, TIME_PARTS } from "./time.ts";
import { type CelList, type CelValue, isList, isMap, isOptional, itemsOf, NONE } from "./value.ts";

/** Gives nothing for arguments that it is not made for. */
type CelFunction = (args: readonly CelValue[], meter: CelMeter) => CelValue | undefined;

/** Functions, called as `name(args)`. */
export const FUNCTIONS: ReadonlyMap<string, CelFunction> = new Map<string, CelFunction>([
  ["size", ([value = null], meter) => sizeOf(value, meter)],
  ["matches", ([text = null, ...rest], meter) => callText("matches", text, rest, meter)],
  ["sets.contains", onLists((one, other, meter) => holdsAll(one, other, meter))],
  [
    "sets.equivalent",
    onLists((one, other, meter) => holdsAll(one, other, meter) && holdsAll(other, one, meter)),
  ],
  [
    "sets.intersects",
    onLists((one, other, meter) => itemsOf(one).some((item) => holds(other, item, meter))),
  ],
  [
    "base64.encode",
    ([bytes], meter) => bytes instanceof Uint8Array ? encode(bytes, meter) : undefined,
  ],
  ["base64.decode", ([text], meter) => typeof text === "string" ? decode(text, meter) : undefined],
  ["strings.quote", ([text], meter) => typeof text === "string" ? quote(text, meter) : undefined],
  ["optional.none", () => NONE],
  ["optional.of", ([value]) => value === undefined ? undefined : { kind: "optional", value }],
  [
    "optional.ofNonZeroValue",
    ([value = null], meter) => isZero(value, meter) ? NONE : { kind: "optional", value },
  ],
  ...[...CONVERSIONS].map(([name, convert]): [string, CelFunction] => [
    name,
    ([value], meter) => value === undefined ? undefined : convert(value, meter),
  ]),
]);

/** Methods, called as `target.name(args)`; the target comes first. */
export const METHODS: ReadonlyMap<string, CelFunction> = new Map<string, CelFunction>([
  ["size", ([value = null], meter) => sizeOf(value, meter)],
  ["join", ([list = null, separator = ""], meter) => join(list, separator, meter)],
  ["hasValue", ([target = null]) => isOptional(target) ? target.value !== undefined : undefined],
  ["value", ([target = null]) => isOptional(target) ? present(target.value) : undefined],
  // Asked only when the target is absent.
  ["or", ([, other = null]) => isOptional(other) ? other : undefined],
  ["orValue", ([, other]) => other],
  ["first", ([list = null]) => isList(list) ? itemAt(list, 0) : undefined],
  ["last", ([list = null]) => isList(list) ? itemAt(list, list.size() - 1) : undefined],
  ...TIME_PARTS.map((name): [string, CelFunction] => [
    name,
    ([value = null, zone]) => partOf(name, value, zone),
  ]),
  ...[...TEXT_METHODS.keys()].map((name): [string, CelFunction] => [
    name,
    ([text = null, ...rest], meter) => callText(name, text, rest, meter),
  ]),
]);

function callText(
  name: string,
  text: CelValue,
  args: readonly CelValue[],
  meter: CelMeter,
): CelValue | undefined {
  return typeof text === "string" ? TEXT_METHODS.get(name)?.(text, args, meter) : undefined;
}

function sizeOf(value: CelValue, meter: CelMeter): bigint | undefined {
  if (typeof value === "string") {
    meter.read(value.length);
    let count = 0n;
    for (const _ of value) count++;
    return count;
  }
  if (value instanceof Uint8Array) return BigInt(value.length);
  if (!isList(value) && !isMap(value)) return undefined;
  const size = value.size();
  if (isMap(value)) meter.step(size);
  return BigInt(size);
}

function onLists(test: (one: CelList, other: CelList, meter: CelMeter) => boolean): CelFunction {
  return ([one = null, other = null], meter) =>
    isList(one) && isList(other) ? test(one, other, meter) : undefined;
}

function holdsAll(one: CelList, other: CelList, meter: CelMeter): boolean {
  return itemsOf(other).every((item) => holds(one, item, meter));
}

function holds(list: CelList, item: CelValue, meter: CelMeter): boolean {
  const size = list.size();
  for (let index = 0; index < size; index++) {
    if (isSame(list.at(index), item, meter)) return true;
  }
  return false;
}

function encode(bytes: Uint8Array, meter: CelMeter): string {
  meter.produce(bytes.length * 2);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function decode(text: string, meter: CelMeter): Uint8Array {
  meter.produce(text.length);
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, "")), (character) => character.charCodeAt(0));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new CelError("illegal base64 data");
  }
}

function itemAt(list: CelList, index: number): CelValue {
  return list.size() === 0 ? NONE : { kind: "optional", value: list.at(index) };
}

function present(value: CelValue | undefined): CelValue {
  if (value === undefined) throw new CelError("optional.none() dereference");
  return value;
}

function isZero(value: CelValue, meter: CelMeter): boolean {
  if (value === null) return true;
  const size = sizeOf(value, meter);
  if (size !== undefined) return size === 0n;
  return value === false || value === 0 || value === 0n ||
    (typeof value === "object" && "ns" in value && value.ns === 0n);
}
