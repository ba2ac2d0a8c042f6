/**
 * Private keys as Secrets hold them: the forms of ssh-keygen, and PKCS #8.
 *
 * @module
 */
// @ts-types="./ssh2.d.ts"
import ssh2 from "ssh2";
import { convertKey, withWholeScalar } from "./key_forms.ts";
import type { ParsedKey } from "./ssh2.d.ts";
import { decodeBase64, fail, type Failure, ok, type Result } from "../base/mod.ts";
import { leadingStrings } from "./wire.ts";

/** A key that can sign. */
export type Identity = ParsedKey;

const MOST_KEY_CHARACTERS = 64 << 10;
/**
 * Each round of bcrypt keeps the process busy for some 30 ms; ssh-keygen takes 16 or 24, the careful 100.
 */
const MOST_ROUNDS = 128;
const PROTECTED = "ssh: this private key is passphrase protected";
/** ssh-rsa signs with SHA-1 alone; no other key may fall back to less than its own. */
const USABLE = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/;

/** Reads a private key; the failures have the words of Go's client and nothing of the key. */
export function parseIdentity(pem: string, passphrase: string | undefined): Result<Identity> {
  if (pem.length > MOST_KEY_CHARACTERS) return unusable("ssh: no key found");
  const refused = protectionTrouble(pem, passphrase);
  if (refused !== undefined) return unusable(refused);
  const isForeign = /^-----BEGIN (EC )?PRIVATE KEY-----$/m.test(pem);
  const text = isForeign ? convertKey(pem, passphrase) ?? pem : pem;
  const parsed = parse(text, passphrase);
  if (parsed instanceof Error) return unusable(reasonOf(parsed));
  if (parsed === undefined || !parsed.isPrivateKey()) return unusable("ssh: no key found");
  if (!USABLE.test(parsed.type)) return unusable(`ssh: unsupported key type ${parsed.type}`);
  return ok(withoutSha1(parsed));
}

function unusable(message: string): Failure {
  return fail("InvalidCredentials", message);
}

function parse(text: string, passphrase: string | undefined): ParsedKey | Error | undefined {
  try {
    const parsed = parseOne(text, passphrase);
    if (parsed === undefined || parsed instanceof Error || !parsed.isPrivateKey()) return parsed;
    const whole = withWholeScalar(parsed.type, parsed.getPrivatePEM());
    const converted = whole && convertKey(whole, undefined);
    return converted === undefined ? parsed : parseOne(converted, undefined);
  } catch {
    return undefined;
  }
}

function parseOne(text: string, passphrase: string | undefined): ParsedKey | Error | undefined {
  const parsed = ssh2.utils.parseKey(text, passphrase);
  return "type" in parsed || parsed instanceof Error ? parsed : parsed[0];
}

/** The reader's own words may change with its version; only their kind is kept. */
function reasonOf({ message }: Error): string {
  if (/passphrase|integrity|decrypt/i.test(message)) return "x509: decryption password incorrect";
  return "ssh: no key found";
}

/** Servers too old for SHA-2 get no signature. */
function withoutSha1(key: ParsedKey): ParsedKey {
  if (key.type !== "ssh-rsa") return key;
  const sign = key.sign.bind(key);
  key.sign = (data, digest) =>
    digest === "sha256" || digest === "sha512"
      ? sign(data, digest)
      : new Error("the server accepts RSA keys with SHA-1 only");
  return key;
}

/** Why a protected key cannot be opened, before any time is spent on it. */
function protectionTrouble(pem: string, passphrase: string | undefined): string | undefined {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----$/m.test(pem)) {
    return "ssh: an encrypted key must be in OpenSSH's own form";
  }
  if (/^Proc-Type: 4,ENCRYPTED/m.test(pem)) return passphrase ? undefined : PROTECTED;
  const protection = openSshProtection(pem);
  if (protection === undefined || protection.cipher === "none") return undefined;
  if (!passphrase) return PROTECTED;
  if (protection.rounds <= MOST_ROUNDS) return undefined;
  return `ssh: the key takes ${protection.rounds} rounds to open, more than ${MOST_ROUNDS}`;
}

/** PROTOCOL.key: magic, cipher, function, and its options: salt and rounds. */
function openSshProtection(pem: string): { cipher: string; rounds: number } | undefined {
  const [, body] = /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\s]+)-----END/m.exec(pem) ??
    [];
  const bytes = body === undefined ? undefined : decodeBase64(body.replace(/\s/g, ""));
  if (bytes === undefined) return undefined;
  const [cipher, , options] = leadingStrings(bytes.subarray("openssh-key-v1\0".length), 3);
  if (cipher === undefined || options === undefined) return undefined;
  const rounds = options.length < 4
    ? 0
    : new DataView(options.buffer, options.byteOffset + options.length - 4).getUint32(0);
  return { cipher: new TextDecoder().decode(cipher), rounds };
}
