/**
 * Encodings, checksums, JSON, paths, types.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { isRecord, type Meter, stringifyJson } from "../../base/mod.ts";
import { type Args, fixed, type FunctionTable, refuse } from "../functions.ts";
import { Dict, isList, kindName, Struct, typeName, type Value } from "../value.ts";
import { withMust } from "./lists.ts";

const JSON_FUNCTIONS: FunctionTable = {
  toJson: fixed(1, (a) => escapeHtml(toJson(a.any(0), a.meter))),
  toPrettyJson: fixed(1, (a) => escapeHtml(toJson(a.any(0), a.meter, 2))),
  toRawJson: fixed(1, (a) => toJson(a.any(0), a.meter)),
};

/** Sprig's functions that turn values into other forms, and tell what they are. */
export const ENCODINGS: FunctionTable = {
  ...JSON_FUNCTIONS,
  ...withMust(JSON_FUNCTIONS),
  fromJson: fixed(1, (a) => parse(a, () => null)),
  mustFromJson: fixed(1, (a) => parse(a, () => refuse("invalid JSON"))),
  b64enc: fixed(1, (a) => bytesOf(a).toBase64()),
  b64dec: fixed(1, (a) => decode(a, 64, (text) => Uint8Array.fromBase64(text))),
  b32enc: fixed(1, (a) => encodeBase32(bytesOf(a))),
  b32dec: fixed(1, (a) => decode(a, 32, decodeBase32)),
  sha1sum: fixed(1, (a) => createHash("sha1").update(a.text(0)).digest("hex")),
  sha256sum: fixed(1, (a) => createHash("sha256").update(a.text(0)).digest("hex")),
  sha512sum: fixed(1, (a) => createHash("sha512").update(a.text(0)).digest("hex")),
  adler32sum: fixed(1, (a) => String(adler32(bytesOf(a)))),
  typeOf: fixed(1, (a) => typeName(a.any(0))),
  typeIs: fixed(2, (a) => typeName(a.any(1)) === a.text(0)),
  typeIsLike: fixed(2, (a) => typeName(a.any(1)).replace(/^\*/, "") === a.text(0)),
  kindOf: fixed(1, (a) => kindName(a.any(0))),
  kindIs: fixed(2, (a) => kindName(a.any(1)) === a.text(0)),
  fail: fixed(1, (a) => refuse(a.text(0))),
  ...paths(""),
  ...paths("os"),
};

function bytesOf(args: Args): Uint8Array {
  return new TextEncoder().encode(args.text(0));
}

/** Sprig gives the error for a text. */
function decode(args: Args, base: 32 | 64, step: (text: string) => Uint8Array): string {
  const text = args.text(0);
  try {
    return new TextDecoder().decode(step(text));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    const at = text.search(base === 64 ? /[^A-Za-z0-9+/]/ : /[^A-Z2-7]/);
    return `illegal base${base} data at input byte ${at < 0 ? text.length : at}`;
  }
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4648 §6. */
function encodeBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const signs = bits.match(/.{1,5}/g) ?? [];
  const text = signs.map((it) => BASE32.charAt(Number.parseInt(it.padEnd(5, "0"), 2))).join("");
  return text.padEnd(Math.ceil(text.length / 8) * 8, "=");
}

function decodeBase32(text: string): Uint8Array {
  if (!/^[A-Z2-7]*=*$/.test(text) || text.length % 8 !== 0) throw new SyntaxError("no base32");
  const signs = [...text.replace(/=+$/, "")];
  const bits = signs.map((it) => BASE32.indexOf(it).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (it) => Number.parseInt(it, 2));
}

/** RFC 1950 §8.2. */
function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return (b * 65_536) + a;
}

function parse(args: Args, otherwise: () => Value): Value {
  try {
    return fromJson(JSON.parse(args.text(0)), args.meter);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return otherwise();
    throw thrown;
  }
}

/** Go reads every number of JSON as a float. */
function fromJson(value: unknown, meter: Meter): Value {
  return meter.nest("JSON", (): Value => {
    meter.spendEntries(1, "JSON");
    if (Array.isArray(value)) return value.map((item) => fromJson(item, meter));
    if (isRecord(value)) {
      return new Dict(Object.entries(value).map(([key, item]) => [key, fromJson(item, meter)]));
    }
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? value
      : null;
  });
}

function toJson(value: Value, meter: Meter, indent?: number): string {
  return stringifyJson(plain(value, meter), indent);
}

function plain(value: Value, meter: Meter): unknown {
  return meter.nest("JSON", (): unknown => {
    meter.spendEntries(1, "JSON");
    if (typeof value === "string") meter.spendBytes(value.length, "JSON");
    if (isList(value)) return value.map((item) => plain(item, meter));
    if (value instanceof Dict) {
      const entries = value.sorted().map(([key, item]) => [
        typeof key === "string" ? key : refuse(`json: unsupported type: ${value.typeName}`),
        plain(item, meter),
      ]);
      return Object.fromEntries(entries);
    }
    if (value instanceof Struct) {
      return Object.fromEntries(value.fields.map(({ name, value }) => [name, plain(value, meter)]));
    }
    return value ?? null;
  });
}

function escapeHtml(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The functions for paths, with their names behind `prefix`. */
function paths(prefix: string): FunctionTable {
  const name = (it: string) =>
    prefix === "" ? it : prefix + it.charAt(0).toUpperCase() + it.slice(1);
  return {
    [name("clean")]: fixed(1, (a) => clean(a.text(0))),
    [name("base")]: fixed(1, (a) => {
      const parts = a.text(0).split("/").filter((part) => part !== "");
      return parts.at(-1) ?? (a.text(0) === "" ? "." : "/");
    }),
    [name("dir")]: fixed(1, (a) => clean(a.text(0).slice(0, a.text(0).lastIndexOf("/") + 1))),
    [name("ext")]: fixed(1, (a) => /\.[^./]*$/.exec(a.text(0))?.[0] ?? ""),
    [name("isAbs")]: fixed(1, (a) => a.text(0).startsWith("/")),
  };
}

function clean(path: string): string {
  const isRooted = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== ".." || (!isRooted && (kept.length === 0 || kept.at(-1) === ".."))) {
      kept.push(part);
    } else kept.pop();
  }
  return (isRooted ? "/" : "") + kept.join("/") || ".";
}
