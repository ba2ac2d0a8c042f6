/**
 * What reads a stranger's bytes before anything is known of them: each may give a value or fail on purpose, no more.
 *
 * @module
 */
import { Duplex } from "node:stream";
import { BudgetSpent, defaultBudget, Meter, type Result } from "../../lib/base/mod.ts";
import { parseAuthorizedKeys } from "../../lib/crypt/authorized_keys.ts";
import { parseSshSignature } from "../../lib/crypt/ssh_signature.ts";
import { readAdvertisement } from "../../lib/git/advertisement.ts";
import { parseCommit, parseTagTarget } from "../../lib/git/commit.ts";
import { GitError } from "../../lib/git/failure.ts";
import { parseGitmodules } from "../../lib/git/gitmodules.ts";
import { inflateInto, inflateLarge } from "../../lib/git/inflate.ts";
import { SHA1 } from "../../lib/git/object_format.ts";
import { PackReader } from "../../lib/git/pack.ts";
import { PktReader } from "../../lib/git/pkt_line.ts";
import { splitCommit, splitTag } from "../../lib/git/signed_object.ts";
import { spanOf, viewOf } from "../../lib/git/span.ts";
import { parseTree } from "../../lib/git/tree.ts";
import { readFetch, readLsRefs } from "../../lib/git/upload_pack.ts";
import { algorithmsFor } from "../../lib/ssh/algorithms.ts";
import { checkHostCertificate, parseHostCertificate } from "../../lib/ssh/host_certificate.ts";
import { askForCertificate, withCertificates } from "../../lib/ssh/key_exchange.ts";
import { checkHostKey, parseKnownHosts, parseSshKey, SshFormatError } from "../../lib/ssh/mod.ts";
import { type Chance, mutate } from "./mutate.ts";
import { madePack } from "./packs.ts";
import { madeStream, sizeOf } from "./streams.ts";
import * as samples from "./samples.ts";

/** One parser, or several that read the same. */
export interface Target {
  /** What is read. */
  readonly name: string;
  /** Makes an input. */
  make(chance: Chance): Uint8Array<ArrayBuffer>;
  /** Reads it; whatever it throws is an error. */
  read(input: Uint8Array<ArrayBuffer>, chance: Chance): Promise<void>;
}

const BUDGET = { ...defaultBudget(), bytes: 8 << 20, entries: 10_000 };
/** What is pushed is there at once: a client that waits this long waits for ever. */
const MOST_EXCHANGE_MS = 5_000;
const PLACES = [{ host: "git.example", port: 22 }, { host: "::1", port: 2222 }] as const;

/** All of them. */
export const TARGETS: readonly Target[] = [
  { name: "pack", make: madePack, read: readPack },
  target("pkt-line", samples.ANSWERS, readAnswer),
  target("tree", samples.TREES, (input) => onPurpose(() => parseTree(SHA1, input))),
  target("commit", samples.COMMITS, readCommit),
  target(".gitmodules", samples.MODULES, (input) => onPurpose(() => parseGitmodules(input))),
  target("known_hosts", samples.KNOWN_HOSTS, readKnownHosts),
  target("host certificate", samples.HOST_CERTIFICATES, readHostCertificate),
  target("key exchange", samples.KEY_EXCHANGES, readKeyExchange),
  target("authorized_keys", samples.AUTHORIZED_KEYS, async (input) => {
    expectCode(await parseAuthorizedKeys(textOf(input)), ["InvalidKeys"]);
  }),
  target("ssh key", samples.KEYS, readKey),
  target("ssh signature", samples.SIGNATURES, async (input) => {
    const text = `-----BEGIN SSH SIGNATURE-----\n${input.toBase64()}\n-----END SSH SIGNATURE-----`;
    expectCode(parseSshSignature(text), ["InvalidSignature"]);
    expectCode(parseSshSignature(textOf(input)), ["InvalidSignature"]);
    await Promise.resolve();
  }),
  { name: "inflate", make: madeStream, read: compareInflated },
];

function target(
  name: string,
  sound: readonly [Uint8Array, ...Uint8Array[]],
  read: Target["read"],
): Target {
  return { name, make: (chance) => mutate(chance.pick(sound), sound, chance), read };
}

/** The same pack in one piece and in many must be read the same way. */
async function readPack(input: Uint8Array, chance: Chance): Promise<void> {
  const whole = await packCount([input]);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < input.length;) {
    const end = at + 1 + chance.below(chance.below(2) === 0 ? 20 : 2_000);
    pieces.push(input.subarray(at, end));
    at = end;
  }
  const cut = await packCount(pieces);
  if (whole !== cut) throw new Error(`${whole} objects in one piece, ${cut} in ${pieces.length}`);
}

/** Objects of a pack; nothing when it is refused. */
async function packCount(pieces: readonly Uint8Array[]): Promise<number | undefined> {
  let count: number | undefined;
  await onPurpose(() => {
    const reader = new PackReader(SHA1, BUDGET);
    for (const piece of pieces) reader.push(piece);
    count = reader.finish().count;
  });
  return count;
}

/** Ours must take what zlib takes and nothing else, and wait for more only where zlib does. */
async function compareInflated(input: Uint8Array, chance: Chance): Promise<void> {
  const stream = spanOf(input.subarray(2));
  const size = sizeOf(input, chance);
  const theirs = inflateLarge(stream, size);
  const ours = inflateInto(stream, spanOf(new Uint8Array(size)));
  await Promise.resolve();
  if (typeof theirs === "string") {
    if (ours === "damaged" || ours === theirs) return;
    throw new Error(`zlib says ${theirs}, and we ${typeof ours === "string" ? ours : "take it"}`);
  }
  if (typeof ours === "string") throw new Error(`zlib takes it, and we say ${ours}`);
  const isSame = viewOf(ours.content).toHex() === viewOf(theirs.content).toHex();
  if (!isSame || ours.consumed !== theirs.consumed) {
    throw new Error(`zlib reads ${theirs.consumed} bytes otherwise than we ${ours.consumed}`);
  }
}

async function readAnswer(input: Uint8Array, chance: Chance): Promise<void> {
  const cut = 1 + chance.below(input.length);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield input.subarray(0, cut);
    yield input.subarray(cut);
  }
  const server = { version: 2, features: new Map<string, string>(), format: SHA1 } as const;
  await onPurpose(() =>
    readAdvertisement(new PktReader(pieces()), new Meter(BUDGET), "git-upload-pack")
  );
  await onPurpose(() => readLsRefs(new PktReader(pieces()), BUDGET, Infinity));
  await onPurpose(() => readFetch(pieces(), server, BUDGET));
}

async function readCommit(input: Uint8Array): Promise<void> {
  await onPurpose(() => parseCommit(SHA1, input));
  await onPurpose(() => parseTagTarget(SHA1, input));
  expectCode(splitTag(input), undefined);
  expectCode(splitCommit(input), undefined);
}

async function readKnownHosts(input: Uint8Array): Promise<void> {
  const hosts = parseKnownHosts(textOf(input));
  expectCode(hosts, ["InvalidKnownHosts"]);
  if (!hosts.ok) return;
  for (const place of PLACES) {
    expectCode(checkHostKey(hosts.value, place, samples.HOST_KEY), ["HostKeyRejected"]);
  }
  await Promise.resolve();
}

const OFFER = withCertificates(algorithmsFor({}, new Set()));
const CERTIFIED = parseKnownHosts(samples.AUTHORITY_LINE);

async function readHostCertificate(input: Uint8Array<ArrayBuffer>): Promise<void> {
  const certificate = parseHostCertificate(input);
  expectCode(certificate, ["InvalidCertificate"]);
  if (!certificate.ok || !CERTIFIED.ok) return;
  const expected = { place: PLACES[0], knownHosts: CERTIFIED.value, nowMs: 0 };
  expectCode(await checkHostCertificate(certificate.value, expected), ["InvalidCertificate"]);
}

/** A server that says this, whatever it is told, and hangs up. */
async function readKeyExchange(input: Uint8Array, chance: Chance): Promise<void> {
  const cut = chance.below(input.length + 1);
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  for (const piece of [input.subarray(0, cut), input.subarray(cut), null]) stream.push(piece);
  const signal = AbortSignal.timeout(MOST_EXCHANGE_MS);
  const shown = await askForCertificate(stream, PLACES[0], { offer: OFFER, signal });
  stream.destroy();
  expectCode(shown, ["NoCertificate", "Unreachable"]);
}

async function readKey(input: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    const key = await parseSshKey(input);
    await key.verify(input, input);
  } catch (thrown) {
    if (!(thrown instanceof SshFormatError)) throw thrown;
  }
}

/** Runs a step of lib/git, which fails by throwing one of two errors. */
async function onPurpose(step: () => unknown): Promise<void> {
  try {
    await step();
  } catch (thrown) {
    if (!(thrown instanceof GitError) && !(thrown instanceof BudgetSpent)) throw thrown;
  }
}

function expectCode(result: Result<unknown>, codes: readonly string[] | undefined): void {
  if (result.ok || codes === undefined || codes.includes(result.code)) return;
  throw new Error(`the failure has the code ${result.code}: ${result.message}`);
}

function textOf(input: Uint8Array): string {
  return new TextDecoder().decode(input);
}
