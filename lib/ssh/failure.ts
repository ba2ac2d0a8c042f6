/**
 * Why a connection failed, in words that are the same at every try and hold no secret.
 *
 * @module
 */
import { fail, type Failure, maskSecrets, messageOf } from "../base/mod.ts";
import type { HostPlace } from "./known_hosts.ts";

/** Names of what can go wrong. */
export type SshCode =
  | "InvalidCredentials"
  | "InvalidKnownHosts"
  | "HostKeyRejected"
  | "WeakKey"
  | "Unauthorized"
  | "Unreachable"
  | "NotPermitted"
  | "Timeout"
  | "ProgramFailed";

/** Ends the output of a program that cannot be read to its end. */
export class SshStreamError extends Error {
  /** Why. */
  readonly failure: Failure;

  /** Carries `failure`. */
  constructor(failure: Failure) {
    super(failure.message);
    this.name = "SshStreamError";
    this.failure = failure;
  }
}

const MOST_REMOTE_TEXT = 1024;

/** `git.example:22`, as messages show it. */
export function peerOf({ host, port }: HostPlace): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What a server said, fit to be shown: bounded, without control characters and without our secrets. */
export function remoteText(text: string, secrets: readonly string[]): string {
  // deno-lint-ignore no-control-regex -- control characters are what is taken out
  const plain = text.slice(0, 4 * MOST_REMOTE_TEXT).replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, "");
  return maskSecrets(plain.trim().slice(0, MOST_REMOTE_TEXT), secrets);
}

/** The time was up, or the run was called off. */
export function timedOut(place: HostPlace, doing: string): Failure {
  return fail("Timeout", `ssh: ${doing} ${peerOf(place)}: context deadline exceeded`);
}

/** A connection that could not be made, in Go's words. */
export function unreachable(place: HostPlace, thrown: unknown): Failure {
  const code = codeOf(thrown);
  const peer = peerOf(place);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || /lookup|dns/i.test(messageOf(thrown))) {
    return fail("Unreachable", `dial tcp: lookup ${place.host}: no such host`, thrown);
  }
  // The runtime's own refusal stays one, however often it is asked.
  if (/NotCapable|requires net access/.test(`${nameOf(thrown)} ${messageOf(thrown)}`)) {
    return fail("NotPermitted", `dial tcp ${peer}: access is not permitted`, thrown);
  }
  return fail("Unreachable", `dial tcp ${peer}: ${dialReason(code)}`, thrown);
}

function dialReason(code: string): string {
  if (code === "ECONNREFUSED") return "connect: connection refused";
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return "connect: no route to host";
  if (code === "ETIMEDOUT") return "connect: connection timed out";
  return "the connection was closed";
}

/** A handshake or a login that came to nothing; what the package says is sorted, not repeated. */
export function handshakeFailure(place: HostPlace, thrown: unknown): Failure {
  const text = messageOf(thrown);
  if (levelOf(thrown) === "client-authentication") {
    const why = /SHA-1/.test(text)
      ? text
      : "unable to authenticate, attempted methods [none publickey], no supported methods remain";
    return fail("Unauthorized", `ssh: handshake failed: ssh: ${why}`);
  }
  const [, kind] = /no matching ([\w()>\- ]{1,60})/i.exec(text) ?? [];
  if (kind !== undefined) {
    const why = `no common algorithm for ${kind.trim()}`;
    return fail("Unreachable", `ssh: handshake failed: ssh: ${why}`);
  }
  if (codeOf(thrown) !== "" && levelOf(thrown) === "client-socket") return hungUp(place);
  if (/lost before handshake|ended|No response/i.test(text)) return hungUp(place);
  return brokenProtocol(place, thrown);
}

/** The server closed the connection before anybody was logged in. */
export function hungUp(place: HostPlace): Failure {
  return fail("Unreachable", `ssh: handshake failed: ${peerOf(place)} closed the connection`);
}

/** The server says what it may not say. */
export function brokenProtocol(place: HostPlace, thrown: unknown): Failure {
  return fail("Unreachable", `ssh: handshake failed: ${peerOf(place)} breaks the protocol`, thrown);
}

function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  return typeof code === "string" ? code : "";
}

function levelOf(thrown: unknown): string {
  const level = thrown instanceof Error && "level" in thrown ? thrown.level : undefined;
  return typeof level === "string" ? level : "";
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : "";
}
