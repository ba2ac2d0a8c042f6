/**
 * One repository during one run: how it is reached, and how it is asked.
 *
 * @module
 */
import { type Budget, fail, ok, type Result, sha256Hex, type WeightedCache } from "../base/mod.ts";
import { type HttpClient, publicUrl } from "../http/mod.ts";
import type { SshClient } from "../ssh/mod.ts";
import type { Credentials, GitCode } from "./client.ts";
import { asResult } from "./failure.ts";
import { httpTransport } from "./http_transport.ts";
import type { KeptObjects } from "./kept_objects.ts";
import type { Places } from "./places.ts";
import { PktReader } from "./pkt_line.ts";
import type { RefList } from "./ref_list.ts";
import type { ServiceCache } from "./service_cache.ts";
import { sshTransport } from "./ssh_transport.ts";
import type { Program, Service, Transport } from "./transport.ts";
import { lsRefsRequest, readLsRefs } from "./upload_pack.ts";

/** Failures of a POST that the first request of the conversation would have met just as well. */
const SAYS_NOTHING_OF_COMMAND: ReadonlySet<string> = new Set<GitCode>([
  "Unauthorized",
  "Forbidden",
  "RepositoryNotFound",
  "UnexpectedStatus",
  "Unreachable",
  "NotPermitted",
]);

/** How servers are reached. */
export interface Networks {
  /** Sends the requests. */
  readonly http: HttpClient;
  /** Runs programs; without it `ssh://` is refused. */
  readonly ssh?: SshClient;
}

/** One repository during one run. */
export interface Remote extends Disposable {
  /** The way to it. */
  readonly transport: Transport;
  /** What servers have said of themselves. */
  readonly services: ServiceCache;
  /** Names it in `services`. */
  readonly key: string;
  /** What was fetched before. */
  readonly objects: WeightedCache<KeptObjects>;
  /** Names it in `objects`: nobody is handed what another login has fetched. */
  readonly objectsKey: string;
  /** Whose turn it is at which server. */
  readonly places: Places;
  /** What the run may spend. */
  readonly budget: Budget;
}

/** What is to be opened. */
export interface RemoteRequest {
  /** Of the repository. */
  readonly url: string;
  /** Who asks. */
  readonly login: Credentials | undefined;
  /** What the run may spend. */
  readonly budget: Budget;
  /** Who is asked; who sends objects when absent. */
  readonly program?: Program;
}

/** Opens the way to the repository at `url`. */
export function openRemote(
  networks: Networks,
  shared: Pick<Remote, "services" | "objects" | "places">,
  { url, login, budget, program = "git-upload-pack" }: RemoteRequest,
): Result<Remote> {
  const shown = JSON.stringify(publicUrl(url).slice(0, 500));
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (!URL.canParse(url) || /[\x00-\x20\x7f]|%0[ad]|%00/i.test(url)) {
    return fail("InvalidUrl", `${shown} is not the URL of a git repository`);
  }
  const transport = openTransport(networks, url, login, program);
  if (!transport.ok) return transport;
  return ok({
    ...shared,
    transport: transport.value,
    key: publicUrl(url),
    objectsKey: sha256Hex(JSON.stringify([url, login?.holder ?? login ?? null])),
    budget,
    [Symbol.dispose]: () => transport.value[Symbol.dispose](),
  });
}

function openTransport(
  { http, ssh }: Networks,
  url: string,
  login: Credentials | undefined,
  program: Program,
): Result<Transport> {
  const { protocol } = new URL(url);
  if (protocol === "http:" || protocol === "https:") {
    return ok(httpTransport(http, url, login, program));
  }
  const shown = JSON.stringify(publicUrl(url).slice(0, 500));
  if (protocol !== "ssh:") {
    return fail(
      "InvalidUrl",
      `${shown} begins neither with http:// nor with https:// nor with ssh://`,
    );
  }
  if (ssh === undefined) {
    return fail("Unsupported", `${shown}: ssh is not supported here, use https`);
  }
  return sshTransport(ssh, url, login, program);
}

/** Lists the refs whose names begin with one of `prefixes`; none means all. Stops after `most`. */
export async function listRefs(
  remote: Remote,
  prefixes: readonly string[],
  most: number,
): Promise<Result<RefList>> {
  let refs: RefList | undefined;
  const asked = await ask(
    remote,
    // Version 0 has told its refs already; they are never older than this run.
    ({ advertisement }) => {
      refs = advertisement.refs;
      return refs === undefined ? lsRefsRequest(advertisement, prefixes) : undefined;
    },
    async (body) => {
      refs = await readLsRefs(new PktReader(body), remote.budget, most);
    },
  );
  if (!asked.ok) return asked;
  if (refs === undefined) throw new TypeError("the refs were not read");
  return ok(refs);
}

/**
 * Sends a command; what the server said of itself before is used first, so that an unchanged repository
 * costs one request. When that fails, the server is asked anew, for its own words.
 */
export async function ask(
  remote: Remote,
  command: (service: Service) => Uint8Array | undefined,
  read: (body: AsyncIterable<Uint8Array>, service: Service) => Promise<void>,
): Promise<Result<void>> {
  const { places, key, budget } = remote;
  return await places.run(key, () => converse(remote, command, read), budget.signal);
}

async function converse(
  remote: Remote,
  command: (service: Service) => Uint8Array | undefined,
  read: (body: AsyncIterable<Uint8Array>, service: Service) => Promise<void>,
): Promise<Result<void>> {
  const { transport, services, key, budget } = remote;
  const known = services.get(key);
  if (known !== undefined) {
    const sent = await sendAndRead(known);
    if (sent.ok) return sent;
    services.delete(key);
    if (!SAYS_NOTHING_OF_COMMAND.has(sent.code)) return sent;
  }
  const service = await transport.advertise(budget);
  if (!service.ok) return service;
  services.set(key, service.value);
  return await sendAndRead(service.value);

  async function sendAndRead(to: Service): Promise<Result<void>> {
    const bytes = command(to);
    if (bytes === undefined) return ok(undefined);
    const sent = await transport.send(to, bytes, budget);
    if (!sent.ok) return sent;
    await using answer = sent.value;
    return await asResult(async () => ok(await read(answer.body, to)));
  }
}
