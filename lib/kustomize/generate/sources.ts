/**
 * Keys and values of generated ConfigMaps and Secrets: from env files, literals and files.
 *
 * @module
 */
import type { GeneratorFields } from "../kustomization.ts";
import type { Folder, Loader } from "../loader.ts";
import { Refusal } from "../refusal.ts";

/** One key and the bytes of its value. */
export interface KeyValue {
  /** Key. */
  readonly key: string;
  /** Value. */
  readonly value: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads all sources of a generator; a key that appears twice is refused. */
export function readSources(
  generator: GeneratorFields,
  folder: Folder,
  loader: Loader,
): Map<string, Uint8Array> {
  const { envs = [], env = "", literals = [], files = [] } = generator;
  const envFiles = env === "" ? envs : [...envs, env];
  const pairs = [
    ...envFiles.flatMap((path) => readEnvFile(path, folder, loader)),
    ...literals.map(parseLiteral),
    ...files.map((source) => readFileSource(source, folder, loader)),
  ];
  const values = new Map<string, Uint8Array>();
  for (const { key, value } of pairs) {
    if (values.has(key)) throw new Refusal(`key "${key}" is given twice`);
    values.set(key, value);
  }
  return values;
}

/**
 * Splits `key=value` at the first `=` and takes one pair of equal quotes off the value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(new TextDecoder().decode(parseLiteral("a='b=c'").value), "b=c");
 * ```
 */
export function parseLiteral(source: string): KeyValue {
  const equals = source.indexOf("=");
  if (equals <= 0) throw new Refusal(`literal "${source.slice(0, 60)}" must be key=value`);
  const value = source.slice(equals + 1);
  const quoted = value.length >= 2 && value[0] === value.at(-1) && /^["']/.test(value);
  return {
    key: source.slice(0, equals),
    value: encoder.encode(quoted ? value.slice(1, -1) : value),
  };
}

function readFileSource(source: string, folder: Folder, loader: Loader): KeyValue {
  const parts = source.split("=");
  if (parts.length > 2) throw new Refusal(`file "${source}" may have one "=" only: key=path`);
  const [first = "", second] = parts;
  if (second === undefined) {
    return {
      key: first.slice(first.lastIndexOf("/") + 1),
      value: loader.read(folder, first).bytes,
    };
  }
  if (first === "" || second === "") throw new Refusal(`file "${source}" must be key=path`);
  return { key: first, value: loader.read(folder, second).bytes };
}

function readEnvFile(path: string, folder: Folder, loader: Loader): KeyValue[] {
  const { path: found, bytes } = loader.read(folder, path);
  let content: string;
  try {
    content = decoder.decode(bytes);
  } catch {
    throw new Refusal("an env file must be UTF-8 text", { path: loader.show(found) });
  }
  return content.split("\n").flatMap((line, index) => {
    const text = (index === 0 ? line.replace(/^\uFEFF/, "") : line).replace(/\r$/, "").trimStart();
    if (text === "" || text.startsWith("#")) return [];
    const equals = text.indexOf("=");
    const [key, value] = equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
    return key === "" ? [] : [{ key, value: encoder.encode(value) }];
  });
}
