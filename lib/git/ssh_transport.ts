/**
 * Git over SSH: one program per conversation, on connections that are kept.
 *
 * @module
 */
import { type Budget, fail, type Failure, Meter, ok, type Result } from "../base/mod.ts";
import type { ProxyOptions } from "../http/mod.ts";
import { type SocksProxy, type SshClient, type SshProgram, SshStreamError } from "../ssh/mod.ts";
import { type Advertisement, readAdvertisement } from "./advertisement.ts";
import type { Credentials } from "./client.ts";
import { asResult, GitError } from "./failure.ts";
import { PktReader } from "./pkt_line.ts";
import { parseSshUrl, type SshPlace } from "./ssh_url.ts";
import type { Answer, Program, Service, Transport } from "./transport.ts";

/** A server that takes no variables answers with version 0. */
const ENV = { GIT_PROTOCOL: "version=2" };
const SOCKS_PORT = 1080;

/** A program that waits for a command. */
interface Session {
  readonly program: SshProgram;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly advertisement: Advertisement;
}

/** Speaks to `program` of the repository at `url`; fails when the address or the login cannot be used. */
export function sshTransport(
  ssh: SshClient,
  url: string,
  login: Credentials | undefined,
  program: Program,
): Result<Transport> {
  const place = parseSshUrl(url);
  if (!place.ok) return place;
  const { identity, knownHosts, passphrase, proxy } = login ?? {};
  const way = proxy === undefined ? ok(undefined) : socksProxy(proxy);
  if (!way.ok) return way;
  const lacking = identity ? (knownHosts ? undefined : "known_hosts") : "identity";
  if (!identity || !knownHosts || lacking !== undefined) {
    return fail("Unauthorized", `invalid 'ssh' auth option: '${lacking}' is required`);
  }
  const { host, port, user, path } = place.value;
  const target = {
    ...{ host, port, user, identity, knownHosts },
    ...(passphrase !== undefined && { passphrase }),
    ...(way.value && { proxy: way.value }),
  };
  const run = (budget: Budget, isFresh: boolean) =>
    ssh.run(target, commandFor(program, path), { env: ENV, signal: budget.signal, isFresh });
  return ok(new SshTransport(run, url, place.value, program));
}

/** As in Flux an HTTP proxy is none for ssh: most of them connect to port 443 alone. */
function socksProxy({ url, username, password }: ProxyOptions): Result<SocksProxy> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "socks5:") {
    const why = "a repository at ssh:// goes through a socks5:// proxy only";
    return fail("InvalidProxy", `proxy: unknown scheme: ${protocol.replace(":", "")}: ${why}`);
  }
  return ok({
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || SOCKS_PORT),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  });
}

/**
 * The command for a repository: whatever its path holds, the shell at the server sees one word.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = commandFor("git-upload-pack", "/a'b; id");
 * assert.equal(got, `git-upload-pack '/a'\\''b; id'`);
 * ```
 */
export function commandFor(program: Program, path: string): string {
  const quoted = path.replace(/['!]/g, (sign) => `'\\${sign}'`);
  return `${program} '${quoted}'`;
}

type Run = (budget: Budget, isFresh: boolean) => Promise<Result<SshProgram>>;

class SshTransport implements Transport {
  readonly #run: Run;
  readonly #url: string;
  readonly #place: SshPlace;
  readonly #program: Program;
  #waiting: Session | undefined;

  constructor(run: Run, url: string, place: SshPlace, program: Program) {
    this.#program = program;
    this.#run = run;
    this.#url = url;
    this.#place = place;
  }

  async advertise(budget: Budget): Promise<Result<Service>> {
    const session = await this.#open(budget);
    if (!session.ok) return session;
    this.#waiting = session.value;
    return ok({ advertisement: session.value.advertisement, url: this.#url });
  }

  async send(service: Service, command: Uint8Array, budget: Budget): Promise<Result<Answer>> {
    const session = await this.#take(budget);
    if (!session.ok) return session;
    const { program, chunks, advertisement: { version, format } } = session.value;
    const known = service.advertisement;
    if (version !== known.version || format.name !== known.format.name) {
      program[Symbol.dispose]();
      return fail("UnexpectedStatus", `${this.#place.host} speaks otherwise than it did before`);
    }
    program.write(command);
    return ok({
      body: chunks,
      [Symbol.asyncDispose]() {
        program[Symbol.dispose]();
        return Promise.resolve();
      },
    });
  }

  [Symbol.dispose](): void {
    this.#waiting?.program[Symbol.dispose]();
    this.#waiting = undefined;
  }

  async #take(budget: Budget): Promise<Result<Session>> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting === undefined ? await this.#open(budget) : ok(waiting);
  }

  /** A connection that breaks before a word was said is tried once more, if it was an old one. */
  async #open(budget: Budget): Promise<Result<Session>> {
    this[Symbol.dispose]();
    for (let isFresh = false;; isFresh = true) {
      const program = await this.#run(budget, isFresh);
      if (!program.ok) return program;
      const session = await asResult(() => greet(program.value, budget, this.#program));
      if (session.ok) return session;
      program.value[Symbol.dispose]();
      if (isFresh || !program.value.isReused || session.code !== "Unreachable") return session;
    }
  }
}

async function greet(
  program: SshProgram,
  budget: Budget,
  name: Program,
): Promise<Result<Session>> {
  const chunks = shared(translated(program.read()));
  const advertisement = await readAdvertisement(new PktReader(chunks), new Meter(budget), name);
  return ok({ program, chunks, advertisement });
}

/** Several readers one after the other; none of them ends the stream. */
function shared(source: AsyncGenerator<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
}

async function* translated(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (thrown) {
    if (!(thrown instanceof SshStreamError)) throw thrown;
    throw toGitError(thrown.failure);
  }
}

/** What git, or the shell in front of it, says on standard error; hosters have their own words. */
function toGitError({ code, message }: Failure): GitError {
  if (code === "Timeout") return new GitError("Timeout", message);
  if (code !== "ProgramFailed") return new GitError("Unreachable", message);
  if (message === "") return new GitError("InvalidData", "The server's answer is cut off");
  if (/not found|does not (appear to be|exist)|no such|could not be found/i.test(message)) {
    return new GitError("RepositoryNotFound", `repository not found: ${message}`);
  }
  if (/denied|forbidden|not (allowed|authori[sz]ed)|no access/i.test(message)) {
    return new GitError("Forbidden", `authorization failed: ${message}`);
  }
  return new GitError("UnexpectedStatus", `The server says: ${message}`);
}
