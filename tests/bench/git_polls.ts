/**
 * Many repositories of one server that are polled at once.
 *
 * @module
 */
import { TcpProxy } from "../support/tcp_proxy.ts";
import { median } from "./cost.ts";
import { ourGit } from "./git_clients.ts";
import type { Servers } from "./git_measure.ts";

/** What a poll of all of them took. */
export interface Poll {
  readonly count: number;
  /** Until all were answered. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Of single repositories. */
  readonly leastSeconds: number;
  readonly medianSeconds: number;
  readonly mostSeconds: number;
  /** Connections at once, at most. */
  readonly mostSockets: number;
  readonly requests: number;
}

/** Polls `count` repositories twice: the second time the server's features are known. */
export async function measurePolls(
  servers: Servers,
  folder: string,
  count: number,
): Promise<readonly Poll[]> {
  const port = Number(new URL(servers.https.url).port);
  await using proxy = new TcpProxy({ hostname: "127.0.0.1", port });
  const reach = await servers.reach("https", "poll", folder, "");
  const urls: string[] = [];
  for (let number = 0; number < count; number++) {
    const { url } = await servers.reach("https", `poll-${number}`, folder, "");
    urls.push(url.replace(`:${port}/`, `:${proxy.port}/`));
  }
  await using client = ourGit({ ...reach, folder: `${folder}-none` });
  const polls: Poll[] = [];
  for (let round = 0; round < 2; round++) {
    await servers.takeTraffic("https");
    const { wallSeconds, cpuSeconds, each = [] } = await client.ask(urls.join(" "));
    const { requests } = await servers.takeTraffic("https");
    polls.push({
      ...{ count, wallSeconds, cpuSeconds },
      leastSeconds: Math.min(...each),
      medianSeconds: median(each),
      mostSeconds: Math.max(...each),
      mostSockets: proxy.mostClients,
      requests: requests.length,
    });
  }
  return polls;
}
