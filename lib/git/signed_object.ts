/**
 * Signatures in commits and tags, and the bytes that they are over.
 *
 * Works on the object's own bytes: what was signed is what was fetched, not what a parser made of it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { fail, ok, type Result } from "../base/mod.ts";

/** An object without its signature, and the signature. */
export interface SignedObject {
  /** The object's bytes without signatures. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** The armoured text; empty when there is none. */
  readonly signature: string;
}

/** A tag object without its signature. */
export interface SignedTag extends SignedObject {
  /** Id of what it names. */
  readonly target: string;
  /** Type of what it names: `commit`, or another `tag`. */
  readonly targetType: string;
  /** Its own name, which is signed; whoever serves it chooses the name of the ref. */
  readonly name: string;
}

/** Signature headers by the object format whose commits they sign. */
const HEADERS = ["gpgsig", "gpgsig-sha256"] as const;
/** First lines of the signatures that git looks for at the end of a tag. */
const TAG_SIGNATURES = [
  "-----BEGIN PGP SIGNATURE-----",
  "-----BEGIN PGP MESSAGE-----",
  "-----BEGIN SIGNED MESSAGE-----",
  "-----BEGIN SSH SIGNATURE-----",
];

/**
 * Takes a commit apart: its signature is a header, and what is signed is everything else. The header of
 * the other object format is neither (git's hash-function-transition, "Signed Commits"). A header that
 * comes twice is refused: git would join the two, others take the first or the last.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const head = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
 * const raw = new TextEncoder().encode(`${head}gpgsig -----BEGIN\n abc\n\nhello\n`);
 * const got = splitCommit(raw);
 * assert.equal(got.ok && got.value.signature, "-----BEGIN\nabc\n");
 * assert.equal(got.ok && new TextDecoder().decode(got.value.payload), `${head}\nhello\n`);
 * ```
 */
export function splitCommit(raw: Uint8Array): Result<SignedObject> {
  const text = toLatin1(raw);
  const isSha256 = /^tree [0-9a-f]{64}\n/.test(text);
  const own = isSha256 ? "gpgsig-sha256" : "gpgsig";
  const split = takeSignatures(text);
  if (!split.ok) return split;
  const { payload, signatures } = split.value;
  return ok({ payload: fromLatin1(payload), signature: signatures.get(own) ?? "" });
}

/**
 * Takes a tag apart: its signature is the end of its message, from the last line that begins one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const id = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
 * const text = `object ${id}\ntype commit\ntag v1\n\nfirst\n`;
 * const got = splitTag(new TextEncoder().encode(`${text}-----BEGIN SSH SIGNATURE-----\nabc\n`));
 * assert.equal(got.ok && got.value.signature, "-----BEGIN SSH SIGNATURE-----\nabc\n");
 * assert.equal(got.ok && got.value.name, "v1");
 * ```
 */
export function splitTag(raw: Uint8Array): Result<SignedTag> {
  const text = toLatin1(raw);
  const at = signatureStart(text);
  const split = takeSignatures(text.slice(0, at));
  if (!split.ok) return split;
  const { payload } = split.value;
  // git's fsck: these three lines, in this order, and nothing between them.
  const head = /^object ([0-9a-f]+)\ntype ([a-z]+)\ntag ([^\n]+)\n/.exec(payload);
  if (head === null) return fail("InvalidObject", "the tag object is damaged");
  const [, target = "", targetType = "", name = ""] = head;
  return ok({
    payload: fromLatin1(payload),
    signature: text.slice(at),
    target,
    targetType,
    name: new TextDecoder().decode(fromLatin1(name)),
  });
}

function signatureStart(text: string): number {
  let start = text.length;
  for (let at = 0; at < text.length;) {
    const line = at;
    if (TAG_SIGNATURES.some((first) => text.startsWith(first, line))) start = line;
    const end = text.indexOf("\n", at);
    at = end === -1 ? text.length : end + 1;
  }
  return start;
}

interface Taken {
  readonly payload: string;
  readonly signatures: ReadonlyMap<string, string>;
}

/** Takes the signature headers out, each with the lines that go on with it. */
function takeSignatures(text: string): Result<Taken> {
  const signatures = new Map<string, string>();
  const kept: string[] = [];
  let current: string | undefined;
  let at = 0;
  while (at < text.length && text[at] !== "\n") {
    const newline = text.indexOf("\n", at);
    const end = newline === -1 ? text.length : newline + 1;
    const line = text.slice(at, end);
    at = end;
    if (line.startsWith(" ") && current !== undefined) {
      signatures.set(current, signatures.get(current) + line.slice(1));
      continue;
    }
    current = HEADERS.find((name) => line.startsWith(`${name} `));
    if (current === undefined) {
      kept.push(line);
    } else if (signatures.has(current)) {
      return fail("InvalidObject", `the object has the header ${current} twice`);
    } else {
      signatures.set(current, line.slice(current.length + 1));
    }
  }
  return ok({ payload: kept.join("") + text.slice(at), signatures });
}

/** One character a byte, so that positions are those of the bytes. */
function toLatin1(bytes: Uint8Array): string {
  // Not TextDecoder: its latin1 is windows-1252.
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function fromLatin1(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
