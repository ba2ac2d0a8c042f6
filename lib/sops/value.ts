/**
 * One sealed value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`, bound to its place by its path.
 *
 * @module
 */
import { createDecipheriv } from "node:crypto";
import { decodeBase64, fail, ok, type Result } from "../base/mod.ts";

/** What a value was before it was sealed. */
export type ValueType = "str" | "int" | "float" | "bool" | "bytes" | "time" | "comment";

/** A value that was sealed. */
export interface OpenedValue {
  readonly type: ValueType;
  readonly bytes: Uint8Array;
  /** `bytes` as text. */
  readonly text: string;
}

const SEALED = /^ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:([a-z]+)\]/;
const SEALED_START = "ENC[AES256_GCM,";
const TYPES = ["str", "int", "float", "bool", "bytes", "time", "comment"] as const;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** sops writes 32; what is shorter than GCM's own 12 or much longer was not made by it. */
const LEAST_IV_BYTES = 12;
const MOST_IV_BYTES = 64;

/** Whether a text looks like a sealed value. */
export function isSealedValue(text: string): boolean {
  return text.startsWith(SEALED_START);
}

/**
 * Opens a sealed value. `place` is what it was bound to: the keys on the way to it, each with `:` behind it.
 * The failure never shows more than the place. An empty text is sealed as itself.
 */
export function openValue(sealed: string, key: Uint8Array, place: string): Result<OpenedValue> {
  if (sealed === "") return ok({ type: "str", bytes: new Uint8Array(), text: "" });
  const [, data = "", iv = "", tag = "", type] = SEALED.exec(sealed) ?? [];
  const known = TYPES.find((name) => name === type);
  if (known === undefined) {
    return fail("NotSealed", `${shown(place)} is not sealed: it is no ENC[AES256_GCM,…] value`);
  }
  const parts = { data: decodeBase64(data), iv: decodeBase64(iv), tag: decodeBase64(tag) };
  const bytes = decipher(parts, key, place);
  if (bytes === undefined) {
    return fail(
      "Tampered",
      `${shown(place)} cannot be opened: it was changed, moved or sealed with another data key`,
    );
  }
  return ok({
    type: known,
    bytes,
    text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes),
  });
}

interface Parts {
  readonly data: Uint8Array | undefined;
  readonly iv: Uint8Array | undefined;
  readonly tag: Uint8Array | undefined;
}

function decipher(
  { data, iv, tag }: Parts,
  key: Uint8Array,
  place: string,
): Uint8Array | undefined {
  if (data === undefined || iv === undefined || tag === undefined) return undefined;
  // A shorter tag would be easier to forge.
  if (tag.length !== TAG_BYTES || key.length !== KEY_BYTES) return undefined;
  if (iv.length < LEAST_IV_BYTES || iv.length > MOST_IV_BYTES) return undefined;
  // WebCrypto takes initialisation vectors of 12 and 16 bytes only.
  const cipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(new TextEncoder().encode(place));
  cipher.setAuthTag(tag);
  try {
    const start = cipher.update(data);
    const end = cipher.final();
    const bytes = new Uint8Array(start.length + end.length);
    bytes.set(start);
    bytes.set(end, start.length);
    return bytes;
  } catch {
    return undefined;
  }
}

/** What the value under `path` is bound to. */
export function placeOf(path: readonly string[]): string {
  return `${path.join(":")}:`;
}

function shown(place: string): string {
  return place === ":" ? "the value" : `'${place.slice(0, -1).replaceAll(":", ".")}'`;
}
