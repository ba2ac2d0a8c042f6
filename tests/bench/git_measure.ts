/**
 * Clones and fetches of one repository by every client, in turns.
 *
 * @module
 */
import { makeCertificates } from "../support/certificates.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { makeSshKey } from "../support/ssh_keys.ts";
import { type SshServer, startSshServer } from "../support/ssh_server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { type Cost, median, medianCost, MIB } from "./cost.ts";
import {
  type Client,
  type CloneCost,
  isomorphicGit,
  ourGit,
  type Reach,
  realGit,
  realGitPeak,
} from "./git_clients.ts";
import { commitOneFile, packBytes, type RepositoryShape } from "./git_repositories.ts";

/** What one client took for one repository; medians. */
export interface Row {
  readonly repository: string;
  readonly packMib: number;
  readonly transport: Transport;
  readonly client: string;
  readonly clone: Cost;
  /** Without the start of the process. */
  readonly inside?: Cost;
  /** In a process that has cloned another repository of the server before. */
  readonly inRunning?: Cost;
  readonly cloneBytes: number;
  readonly peakMib: number;
  readonly unchanged: Cost;
  /** Time that passed beyond what the server took for its part; only HTTPS tells. */
  readonly beyondServerMs?: number;
  readonly unchangedRequests?: number;
  readonly unchangedBytes: number;
  readonly oneCommit: Cost;
  readonly oneCommitBytes: number;
}

/** How a server is reached. */
export type Transport = "https" | "ssh";

/** How often it is looked that nothing has changed. */
const LOOKS = 7;
/** Until the server has noted that an answer was sent. */
const SETTLE_MS = 30;

/** The servers, and how to reach them. */
export interface Servers extends AsyncDisposable {
  readonly https: GitServer;
  /** Serves a repository by HTTPS too. */
  reach(transport: Transport, name: string, repository: string, scratch: string): Promise<Reach>;
  /** What has passed since the last call. */
  takeTraffic(transport: Transport): Promise<Traffic>;
}

/** What the servers saw. */
export interface Traffic {
  readonly bytes: number;
  readonly requests: readonly { readonly method: string; readonly tookMs: number }[];
}

/** Starts `git http-backend` behind HTTPS, and sshd behind a proxy that counts. */
export async function startServers(scratch: string): Promise<Servers> {
  const certificates = await makeCertificates();
  const key = await makeSshKey();
  await using stack = new AsyncDisposableStack();
  const https = stack.use(await startGitServer({ tls: certificates.server }));
  const sshd = stack.use(await startSshServer());
  await sshd.allow(key);
  const proxy = stack.use(new TcpProxy({ hostname: "127.0.0.1", port: sshd.port }));
  const knownHosts = sshd.knownHosts.replaceAll(`:${sshd.port}`, `:${proxy.port}`);
  const files = {
    caFile: `${scratch}/ca.crt`,
    identityFile: `${scratch}/identity`,
    knownHostsFile: `${scratch}/known_hosts`,
  };
  await Deno.writeTextFile(files.caFile, certificates.ca);
  await Deno.writeTextFile(files.identityFile, key.identity, { mode: 0o600 });
  await Deno.writeTextFile(files.knownHostsFile, knownHosts);
  const { caFile, ...sshFiles } = files;
  const held = stack.move();
  return {
    https,
    async reach(transport, name, repository, folder) {
      if (transport === "https") {
        const url = await https.serveRepository(name, repository);
        return { url, folder, caCert: certificates.ca, caFile };
      }
      const url = sshUrl(sshd, proxy.port, repository);
      return { url, folder, identity: key.identity, knownHosts, ...sshFiles };
    },
    async takeTraffic(transport) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      if (transport === "ssh") {
        const { bytes } = proxy;
        proxy.bytes = 0;
        return { bytes, requests: [] };
      }
      const requests = https.requests.splice(0);
      return { bytes: requests.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), requests };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function sshUrl(sshd: SshServer, port: number, repository: string): string {
  return sshd.urlOf(repository).replace(`:${sshd.port}`, `:${port}`);
}

/** One repository to measure. */
export interface Subject {
  readonly name: string;
  readonly folder: string;
  readonly shape: RepositoryShape;
}

/** How to measure. */
export interface MeasureOptions {
  readonly runs: number;
  /** A folder for whatever clients write. */
  readonly scratch: string;
  /** A small repository of its own, which a running process has cloned before. */
  readonly other: string;
}

interface Sample {
  readonly inRunning: Cost | undefined;
  readonly clone: CloneCost;
  readonly cloned: Traffic;
  readonly looks: readonly { readonly cost: Cost; readonly traffic: Traffic }[];
  readonly oneCommit: Cost;
  readonly fetched: Traffic;
}

/** Measures all clients by one transport; throws when they do not end at the same commit. */
export async function measureClients(
  servers: Servers,
  transport: Transport,
  subject: Subject,
  { runs, scratch, other }: MeasureOptions,
): Promise<Row[]> {
  const { name, folder } = subject;
  const { url: otherUrl } = await servers.reach(transport, `${name}-other`, other, "");
  const reach = { ...await servers.reach(transport, name, folder, ""), otherUrl };
  const makers = [ourGit, realGit, ...(transport === "https" ? [isomorphicGit] : [])];
  const clients = makers.map((make, index) => make({ ...reach, folder: `${scratch}/${index}` }));
  const packMib = Math.round(await packBytes(folder) / MIB * 10) / 10;
  const samples = clients.map((): Sample[] => []);
  for (let run = 0; run < runs; run++) {
    for (
      const [index, sample] of (await measureOnce(servers, transport, subject, clients, run))
        .entries()
    ) {
      samples[index]?.push(sample);
    }
  }
  const peak = await realGitPeak({ ...reach, folder: `${scratch}/peak` });
  await servers.takeTraffic(transport);
  return clients.map((client, index) => ({
    ...{ repository: name, packMib, transport, client: client.name },
    ...summary(samples[index] ?? [], peak),
  }));
}

async function measureOnce(
  servers: Servers,
  transport: Transport,
  { folder, shape }: Subject,
  clients: readonly Client[],
  run: number,
): Promise<Sample[]> {
  const take = () => servers.takeTraffic(transport);
  const first: Omit<Sample, "oneCommit" | "fetched">[] = [];
  try {
    for (const client of clients) {
      const inRunning = await client.cloneInRunning?.();
      await take();
      const clone = await client.clone();
      const cloned = await take();
      const looks: { cost: Cost; traffic: Traffic }[] = [];
      for (let look = 0; look < LOOKS; look++) {
        const cost = await client.fetch();
        looks.push({ cost, traffic: await take() });
      }
      first.push({ inRunning, clone, cloned, looks });
    }
    await commitOneFile(folder, shape, transport === "https" ? 2 * run : 2 * run + 1);
    const samples: Sample[] = [];
    for (const [index, client] of clients.entries()) {
      const before = first[index];
      if (before === undefined) break;
      const oneCommit = await client.fetch();
      samples.push({ ...before, oneCommit, fetched: await take() });
    }
    const commits = new Set(await Promise.all(clients.map((client) => client.commit())));
    if (commits.size !== 1) throw new Error(`the clients found ${[...commits].join(", ")}`);
    return samples;
  } finally {
    for (const client of clients) await client[Symbol.asyncDispose]();
  }
}

function summary(samples: readonly Sample[], gitPeak: number) {
  const looks = samples.flatMap((sample) => sample.looks);
  const insides = samples.flatMap(({ clone: { inside } }) => inside ?? []);
  const running = samples.flatMap(({ inRunning }) => inRunning ?? []);
  const peaks = samples.flatMap(({ clone: { peakMib } }) => peakMib ?? []);
  const isHttp = looks.some(({ traffic }) => traffic.requests.length > 0);
  const serverMs = ({ requests }: Traffic) => requests.reduce((sum, it) => sum + it.tookMs, 0);
  return {
    clone: medianCost(samples.map(({ clone }) => clone)),
    ...(insides.length > 0 && { inside: medianCost(insides) }),
    ...(running.length > 0 && { inRunning: medianCost(running) }),
    cloneBytes: median(samples.map(({ cloned }) => cloned.bytes)),
    peakMib: peaks.length > 0 ? Math.max(...peaks) : gitPeak,
    unchanged: medianCost(looks.map(({ cost }) => cost)),
    ...(isHttp && {
      beyondServerMs: median(
        looks.map(({ cost, traffic }) => cost.wallSeconds * 1_000 - serverMs(traffic)),
      ),
      unchangedRequests: median(looks.map(({ traffic }) => traffic.requests.length)),
    }),
    unchangedBytes: median(looks.map(({ traffic }) => traffic.bytes)),
    oneCommit: medianCost(samples.map(({ oneCommit }) => oneCommit)),
    oneCommitBytes: median(samples.map(({ fetched }) => fetched.bytes)),
  };
}
