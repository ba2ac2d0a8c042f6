/**
 * What we use of the package `ssh2`, which comes without types.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import type { Duplex, Readable } from "node:stream";

/** A private key that was read. */
export interface ParsedKey {
  /** As in the protocol: `ssh-rsa`. */
  readonly type: string;
  /** Whether the private half is there. */
  isPrivateKey(): boolean;
  /** The public half, as the protocol sends it. */
  getPublicSSH(): Uint8Array<ArrayBuffer>;
  /** The private half, as OpenSSL writes it. */
  getPrivatePEM(): string;
  /** Signs with the named digest. */
  sign(data: Buffer | string, digest?: string): Buffer | Error;
}

/** How to log in. */
export interface AuthMethod {
  /** Method of RFC 4252. */
  readonly type: "publickey" | "none";
  /** Name at the server. */
  readonly username: string;
  /** Whose signature proves it. */
  readonly key?: ParsedKey;
}

/** How to connect. */
export interface ConnectConfig {
  /** A connection that stands already. */
  readonly sock: Duplex;
  /** Name at the server. */
  readonly username: string;
  /** Names of algorithms, the preferred ones first. */
  readonly algorithms: Readonly<Record<string, readonly string[]>>;
  /** Time for the handshake and the login; 0 for no limit. */
  readonly readyTimeout: number;
  /** Judges the server's key. */
  readonly hostVerifier: (key: Buffer) => boolean;
  /** The next method to try; false when there is none. */
  readonly authHandler: (
    methodsLeft: readonly string[] | null,
    isPartial: boolean | null,
  ) => AuthMethod | false;
}

/** A program at the server. */
export interface Channel extends Duplex {
  /** What it says beside its output. */
  readonly stderr: Readable;
  /** Ends both directions. */
  close(): void;
}

/** One connection. */
export class Client extends EventEmitter {
  /** Starts the handshake. */
  connect(config: ConnectConfig): this;
  /** Runs a program. */
  exec(
    command: string,
    options: { env?: Readonly<Record<string, string>> },
    done: (error: Error | undefined, channel: Channel) => void,
  ): this;
  /** Says goodbye. */
  end(): this;
  /** Drops the connection. */
  destroy(): this;
}

/** Helpers. */
export const utils: {
  /** Reads a key in any of the forms that ssh-keygen writes. */
  parseKey(data: string, passphrase?: string): ParsedKey | readonly ParsedKey[] | Error;
};

declare const ssh2: { readonly Client: typeof Client; readonly utils: typeof utils };
export default ssh2;
