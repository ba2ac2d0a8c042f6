/**
 * Remote bases for a build in the terminal.
 *
 * @module
 */
import {
  type Clock,
  defaultBudget,
  maskSecrets,
  ok,
  type Result,
  systemClock,
} from "../lib/base/mod.ts";
import {
  attemptBuild,
  buildWithRemotes,
  type FetchRemote,
  openRemoteSource,
  type RemoteSession,
} from "../lib/delivery/mod.ts";
import { openGit } from "../lib/git/mod.ts";
import { openHttp } from "../lib/http/mod.ts";
import type { Terminal } from "./terminal.ts";

export { refuseRemote } from "../lib/delivery/mod.ts";

/** Longer than this, and whoever waits wants to know for what. */
const PATIENCE_MS = 1_000;
const MOST_NAMED = 3;

/** Builds, and fetches what the build turns out to need; says so when that takes its time. */
export async function fetchAndBuild<T>(
  build: (fetchRemote: FetchRemote) => Result<T>,
  terminal: Terminal,
): Promise<Result<T>> {
  await using http = openHttp();
  const source = openRemoteSource({ git: openGit({ http }), http, clock: systemClock });
  const session = announced(source.open(defaultBudget()), terminal, systemClock);
  const built = await buildWithRemotes(session, (remotes) => attemptBuild(remotes, build));
  return built.ok ? ok(built.value.value) : built;
}

/** The same session, which says what it fetches when it has not come after a while. */
export function announced(session: RemoteSession, terminal: Terminal, clock: Clock): RemoteSession {
  return {
    find: (addresses) => session.find(addresses),
    async fetch(addresses) {
      const all = [...addresses];
      const timer = clock.after(PATIENCE_MS, () => terminal.err(`Fetching ${listed(all)} …\n`));
      try {
        return await session.fetch(all);
      } finally {
        timer.cancel();
      }
    },
  };
}

function listed(addresses: readonly string[]): string {
  const named = addresses.slice(0, MOST_NAMED).map((address) => maskSecrets(address, []));
  const more = addresses.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
