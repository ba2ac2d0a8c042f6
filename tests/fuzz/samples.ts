/**
 * Sound inputs that the fuzzer changes.
 *
 * @module
 */
import { joinBytes } from "../../lib/base/mod.ts";
import { sshString } from "../../lib/ssh/mod.ts";
import { packetOf } from "../../lib/ssh/packets.ts";
import { pktLine, pktLines } from "../../lib/git/pkt_line.ts";
import { commitObject, packOf, treeObject } from "../../lib/testing/git_objects.ts";

type Samples = readonly [Uint8Array, ...Uint8Array[]];

const ID = "ab".repeat(20);
const text = (value: string) => new TextEncoder().encode(value);
const ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIB9CR2YjlqMQ4vPeyEqN4FLh/uEptyNzDOLZ3JEukty8";

/** The key that the lists of hosts are asked about. */
export const HOST_KEY = Uint8Array.fromBase64(ED25519);

/** Tree objects. */
export const TREES: Samples = [
  treeObject([["100644", "a.yaml", ID], ["40000", "b", ID], ["120000", "c", ID]]),
  treeObject([["100755", "a", ID], ["40000", "a.d", ID], ["100644", "a0", ID], [
    "160000",
    "m",
    ID,
  ]]),
  treeObject([["100644", ".gitmodules", ID], ["100644", "\u00e4\u0301", ID]]),
  new Uint8Array(),
];

const WHO = "A <a@example.com> 1700000000 +0100";
const SIGNED = "-----BEGIN SSH SIGNATURE-----\n U1NIU0lH\n -----END SSH SIGNATURE-----";

/** Commit and tag objects. */
export const COMMITS: Samples = [
  commitObject(ID),
  text(
    `tree ${ID}\nparent ${ID}\nparent ${ID}\nauthor ${WHO}\ncommitter ${WHO}\ngpgsig ${SIGNED}\n` +
      `encoding UTF-8\n\ntitle\n\nbody\n`,
  ),
  text(
    `object ${ID}\ntype commit\ntag v1\ntagger ${WHO}\n\nv1\n${SIGNED.replaceAll("\n ", "\n")}\n`,
  ),
];

/** `.gitmodules` files. */
export const MODULES: Samples = [
  text('[submodule "lib"]\n\tpath = lib\n\turl = ../lib.git\n'),
  text(
    '[core]\n; x\n[submodule "a/b"] path="a # b"\\\n c\n\turl = https://h/x # y\r\n\tupdate = !x\n',
  ),
];

const PACK = packOf([{ type: 3, content: text("hello\n") }]);

/** What servers say: features, refs, a pack. */
export const ANSWERS: Samples = [
  joinBytes(
    pktLines(["# service=git-upload-pack\n"]),
    pktLines(["version 2\n", "agent=x\n", "ls-refs=unborn\n", "fetch=shallow filter\n"]),
  ),
  pktLines([
    `${ID} refs/heads/main\0side-band-64k shallow object-format=sha1\n`,
    `${ID} refs/tags/v1\n`,
    `${ID} refs/tags/v1^{}\n`,
  ]),
  pktLines([`${ID} HEAD symref-target:refs/heads/main\n`, `${ID} refs/tags/v1 peeled:${ID}\n`]),
  joinBytes(
    pktLine("shallow-info\n"),
    pktLine(`shallow ${ID}\n`),
    "0001",
    pktLine("packfile\n"),
    (PACK.length + 5).toString(16).padStart(4, "0"),
    new Uint8Array([1]),
    PACK,
    "0000",
  ),
];

/** `known_hosts` files. */
export const KNOWN_HOSTS: Samples = [
  text(
    `git.example,*.example,!x.example ssh-ed25519 ${ED25519} me\n[::1]:2222 ssh-ed25519 ${ED25519}\n`,
  ),
  text(
    `# x\n|1|2h0ebuyLDmSMhuOQJBCVnRSEpuE=|ebTk3hX3BAgwfMGRUBHbW7DEXII= ssh-ed25519 ${ED25519}\n` +
      `@revoked * ssh-ed25519 ${ED25519}\n@cert-authority *.example ssh-ed25519 ${ED25519}\n`,
  ),
];

/** Vouches for hosts whose certificates {@linkcode HOST_KEY} signed. */
export const AUTHORITY_LINE = `@cert-authority * ssh-ed25519 ${ED25519}\n`;

const number = (...bytes: number[]) => new Uint8Array(bytes);
const ALWAYS = joinBytes(new Uint8Array(8), new Uint8Array(8).fill(255));
const certificate = (type: string, ...key: Uint8Array[]) =>
  joinBytes(
    sshString(`${type}-cert-v01@openssh.com`),
    ...[new Uint8Array(32), ...key].map(sshString),
    number(0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 2),
    sshString("id"),
    sshString(joinBytes(sshString("git.example"), sshString("*.example"))),
    ALWAYS,
    sshString(joinBytes(sshString("verify-required"), sshString(""))),
    ...[new Uint8Array(), new Uint8Array(), HOST_KEY].map(sshString),
    sshString(joinBytes(sshString("ssh-ed25519"), sshString(new Uint8Array(64)))),
  );

/** Certificates of hosts' keys. */
export const HOST_CERTIFICATES: Samples = [
  certificate("ssh-ed25519", new Uint8Array(32).fill(1)),
  certificate("ecdsa-sha2-nistp256", text("nistp256"), new Uint8Array(65).fill(4)),
  certificate("ssh-rsa", number(1, 0, 1), new Uint8Array(257).fill(0x5b)),
];

const lists = (kex: string) => [kex, "ssh-ed25519-cert-v01@openssh.com", ...Array(8).fill("")];
const exchange = (kex: string, half: Uint8Array) =>
  joinBytes(
    text("hello\r\nSSH-2.0-x\r\n"),
    packetOf(number(2, 0, 0, 0, 0)),
    packetOf(
      joinBytes(number(20), new Uint8Array(16), ...lists(kex).map(sshString), new Uint8Array(5)),
    ),
    packetOf(joinBytes(number(31), ...[HOST_CERTIFICATES[0], half, HOST_KEY].map(sshString))),
  );

/** What servers say in a key exchange. */
export const KEY_EXCHANGES: Samples = [
  exchange("curve25519-sha256", new Uint8Array(32).fill(9)),
  exchange("ecdh-sha2-nistp256", new Uint8Array(65).fill(4)),
];

/** `authorized_keys` files. */
export const AUTHORIZED_KEYS: Samples = [
  text(`ssh-ed25519 ${ED25519} me\n`),
  text(
    `# x\nfrom="a,\\"b c",no-pty ssh-ed25519 ${ED25519}\r\nme@example.com ssh-ed25519 ${ED25519}\n`,
  ),
];

const POINT = new Uint8Array(65).fill(7);
POINT[0] = 4;
const NUMBER = new Uint8Array(257).fill(0x5b);

/** Encoded public keys. */
export const KEYS: Samples = [
  HOST_KEY,
  joinBytes(sshString("ssh-rsa"), sshString(new Uint8Array([1, 0, 1])), sshString(NUMBER)),
  joinBytes(sshString("ecdsa-sha2-nistp256"), sshString("nistp256"), sshString(POINT)),
  joinBytes(
    sshString("sk-ssh-ed25519@openssh.com"),
    sshString(new Uint8Array(32)),
    sshString("ssh:"),
  ),
];

/** Signatures without their armour. */
export const SIGNATURES: Samples = [
  joinBytes(
    text("SSHSIG\0\0\0\x01"),
    sshString(HOST_KEY),
    sshString("git"),
    sshString(""),
    sshString("sha512"),
    sshString(joinBytes(sshString("ssh-ed25519"), sshString(new Uint8Array(64)))),
  ),
  text("-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----"),
];
