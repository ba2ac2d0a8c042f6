/**
 * Detached OpenPGP signatures (RFC 9580), judged by OpenPGP.js under our own, stricter rules.
 *
 * @module
 */
import type * as OpenPgp from "openpgp";
import { fail, messageOf, ok, type Result } from "../base/mod.ts";

/** A public key with its subkeys. */
export type PgpKey = OpenPgp.Key;

/** A private key with its subkeys. */
export type PgpPrivateKey = OpenPgp.PrivateKey;

/** One armoured block of public keys. */
const PUBLIC_BLOCK = /-----BEGIN PGP PUBLIC KEY BLOCK-----[^]*?-----END PGP PUBLIC KEY BLOCK-----/g;
/** One armoured block of private keys. */
const PRIVATE_BLOCK =
  /-----BEGIN PGP PRIVATE KEY BLOCK-----[^]*?-----END PGP PRIVATE KEY BLOCK-----/g;
const MOST_KEY_CHARACTERS = 1 << 20;
const SIGNATURE_BLOCK =
  /^-----BEGIN PGP SIGNATURE-----\r?\n(?:(?!-----)[^\n]*\n)*-----END PGP SIGNATURE-----$/;
const ALL_KEYS = "unable to verify payload with any of the given key rings";

/** Loaded when first needed: it takes a sixth of a second and 17 MB. */
let library: Promise<typeof OpenPgp> | undefined;

/** The library; also for who signs, and for what is sealed. */
export function loadOpenPgp(): Promise<typeof OpenPgp> {
  return library ??= import("openpgp");
}

/** What we rely on, said here so that no new default of the library weakens it. */
function strictRules({ enums }: typeof OpenPgp): OpenPgp.PartialConfig {
  const { md5, ripemd, sha1 } = enums.hash;
  return {
    rejectHashAlgorithms: new Set([md5, ripemd]),
    rejectMessageHashAlgorithms: new Set([md5, ripemd, sha1]),
    minRSABits: 2047,
    // A key whose life was prolonged has a newer certificate than the signature, often nothing else. What
    // makes this safe is that the key must also be good now, see `troubleWith`.
    allowInsecureVerificationWithReformattedKeys: true,
    allowMissingKeyFlags: false,
    ignoreMalformedPackets: false,
  };
}

/**
 * Reads every key of an armoured text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = await parseKeyRing("no keys");
 * assert.equal(!got.ok && got.code, "InvalidKeys");
 * ```
 */
export async function parseKeyRing(text: string): Promise<Result<readonly PgpKey[]>> {
  const blocks = text.match(PUBLIC_BLOCK);
  if (blocks === null) {
    return fail("InvalidKeys", "unable to read armored key ring: there is no public key block");
  }
  const openpgp = await loadOpenPgp();
  const keys: PgpKey[] = [];
  for (const armoredKeys of blocks) {
    try {
      keys.push(...await openpgp.readKeys({ armoredKeys, config: strictRules(openpgp) }));
    } catch (thrown) {
      return fail("InvalidKeys", `unable to read armored key ring: ${messageOf(thrown)}`);
    }
  }
  return ok(keys);
}

/** Every private key of an armoured text, locked or not; the failure has nothing of the keys. */
export async function readPrivateBlocks(text: string): Promise<Result<readonly PgpPrivateKey[]>> {
  const blocks = text.length > MOST_KEY_CHARACTERS ? null : text.match(PRIVATE_BLOCK);
  if (blocks === null) return fail("InvalidKeys", "there is no armored PGP private key block");
  const openpgp = await loadOpenPgp();
  const keys: PgpPrivateKey[] = [];
  for (const armoredKeys of blocks) {
    try {
      keys.push(...await openpgp.readPrivateKeys({ armoredKeys }));
    } catch (thrown) {
      return fail("InvalidKeys", `the PGP private key cannot be read: ${messageOf(thrown)}`);
    }
  }
  return ok(keys);
}

/**
 * Finds the key that made `signature` over `payload`, and gives its id as Flux shows it. One signature, of
 * the plain kind, by a key that may sign and is neither expired nor revoked, then and now.
 */
export async function verifyPgpSignature(
  payload: Uint8Array<ArrayBuffer>,
  signature: string,
  keys: readonly PgpKey[],
  nowMs: number,
): Promise<Result<string>> {
  const openpgp = await loadOpenPgp();
  const parsed = await parseSignature(openpgp, signature);
  if (!parsed.ok) return parsed;
  let why = "no matching key";
  for (const key of keys) {
    if (key.getKeys(parsed.value.issuerKeyID).length === 0) continue;
    const trouble = await troubleWith(openpgp, key, payload, parsed.value, new Date(nowMs));
    const id = key.getKeyID().toHex().toUpperCase();
    if (trouble === undefined) return ok(id);
    why = `key ${id}: ${trouble}`;
  }
  return fail(
    why === "no matching key" ? "NoMatchingKey" : "InvalidSignature",
    `${ALL_KEYS}: ${why}`,
  );
}

async function parseSignature(
  openpgp: typeof OpenPgp,
  text: string,
): Promise<Result<OpenPgp.SignaturePacket>> {
  const armoredSignature = text.trim();
  if (!SIGNATURE_BLOCK.test(armoredSignature)) {
    return unusable("it is not one detached signature");
  }
  let packets: readonly OpenPgp.SignaturePacket[];
  try {
    const config = { ...strictRules(openpgp), ignoreUnsupportedPackets: false };
    ({ packets } = await openpgp.readSignature({ armoredSignature, config }));
  } catch (thrown) {
    return unusable(messageOf(thrown));
  }
  const [packet] = packets;
  // Several would leave open which one counts; git itself accepts none then.
  if (packet === undefined || packets.length !== 1) {
    return unusable(`it holds ${packets.length} signatures, not one`);
  }
  // Signatures of other kinds were made for something else: keys, timestamps, text without line ends.
  if (packet.signatureType !== openpgp.enums.signature.binary) {
    return unusable(`it is of type ${packet.signatureType}, not over a binary document`);
  }
  return ok(packet);
}

function unusable(why: string): Result<never> {
  return fail("InvalidSignature", `unable to read the signature: ${why}`);
}

/** Why `signature` is not a good one of `key`. */
async function troubleWith(
  openpgp: typeof OpenPgp,
  key: PgpKey,
  payload: Uint8Array<ArrayBuffer>,
  signature: OpenPgp.SignaturePacket,
  date: Date,
): Promise<string | undefined> {
  const config = strictRules(openpgp);
  try {
    const message = await openpgp.createMessage({ binary: payload });
    const packets = new openpgp.PacketList<OpenPgp.SignaturePacket>();
    packets.push(signature);
    const { signatures } = await openpgp.verify({
      message,
      signature: new openpgp.Signature(packets),
      verificationKeys: key,
      date,
      format: "binary",
      config,
    });
    const [verified] = signatures;
    if (verified === undefined || signatures.length !== 1) return "there is no one signature";
    await verified.verified;
    // The library asks whether the key was good when it signed; it must be so now.
    await key.getSigningKey(signature.issuerKeyID, date, undefined, {
      ...openpgp.config,
      ...config,
    });
  } catch (thrown) {
    return messageOf(thrown);
  }
}
