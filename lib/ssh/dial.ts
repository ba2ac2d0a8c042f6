/**
 * TCP connections to names: resolved, judged, and made to the very address that was judged (design D22).
 *
 * @module
 */
import { connect, type Socket } from "node:net";
import {
  addressTrouble,
  fail,
  isAddress,
  ok,
  type Resolve,
  type Result,
  unlessAborted,
} from "../base/mod.ts";
import { timedOut, unreachable } from "./failure.ts";
import type { HostPlace } from "./known_hosts.ts";
import { askSocks, refused, type SocksProxy } from "./socks.ts";

/** A name with more addresses than these is tried at the first ones only. */
const MOST_TRIES = 3;

/** Opens a connection, through `proxy` where there is one; ends early when `signal` aborts. */
export async function dial(
  place: HostPlace,
  signal: AbortSignal,
  { resolve, proxy }: { readonly resolve: Resolve; readonly proxy?: SocksProxy | undefined },
): Promise<Result<Socket>> {
  return proxy === undefined
    ? await dialDirectly(place, signal, resolve)
    : await dialThrough(proxy, place, signal, resolve);
}

/** The proxy alone knows where a name leads; an address can be judged here. */
async function dialThrough(
  proxy: SocksProxy,
  place: HostPlace,
  signal: AbortSignal,
  resolve: Resolve,
): Promise<Result<Socket>> {
  const trouble = isAddress(place.host) ? addressTrouble(place.host) : undefined;
  if (trouble !== undefined) {
    return fail("NotPermitted", `dial tcp: no proxy is asked for ${trouble}`);
  }
  const socket = await dialDirectly(proxy, signal, resolve);
  if (!socket.ok) return { ...socket, message: refused(proxy, place, socket.message).message };
  const asked = await askSocks(socket.value, proxy, place, signal);
  if (asked.ok) return socket;
  socket.value.on("error", () => {}).destroy();
  return asked;
}

async function dialDirectly(
  place: HostPlace,
  signal: AbortSignal,
  resolve: Resolve,
): Promise<Result<Socket>> {
  const found = await resolveAllowed(place, signal, resolve);
  if (!found.ok) return found;
  let failed: Result<Socket> = unreachable(place, new Error("no address"));
  for (const address of found.value.slice(0, MOST_TRIES)) {
    failed = await connectTo(address, place, signal);
    if (failed.ok || signal.aborted) return failed;
  }
  return failed;
}

async function resolveAllowed(
  place: HostPlace,
  signal: AbortSignal,
  resolve: Resolve,
): Promise<Result<readonly string[]>> {
  try {
    const found = await unlessAborted(resolve(place.host), signal, undefined);
    if (found === undefined) return timedOut(place, "dial");
    const allowed = found.filter((address) => addressTrouble(address) === undefined);
    if (allowed.length > 0) return ok(allowed);
    const [first = ""] = found;
    const why = `${place.host} leads to ${addressTrouble(first) ?? "no address"}`;
    return fail("NotPermitted", `dial tcp: ${why}, which is not permitted`);
  } catch (thrown) {
    return unreachable(place, thrown);
  }
}

function connectTo(
  address: string,
  place: HostPlace,
  signal: AbortSignal,
): Promise<Result<Socket>> {
  return new Promise((settle) => {
    let socket: Socket;
    try {
      socket = connect({ host: address, port: place.port, noDelay: true });
    } catch (thrown) {
      settle(unreachable(place, thrown));
      return;
    }
    function end(result: Result<Socket>): void {
      signal.removeEventListener("abort", abort);
      socket.off("connect", connected).off("error", failed);
      if (!result.ok) socket.on("error", () => {}).destroy();
      settle(result);
    }
    const connected = () => end(ok(socket));
    const failed = (thrown: unknown) => end(unreachable(place, thrown));
    const abort = () => end(timedOut(place, "dial"));
    socket.once("connect", connected).once("error", failed);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  });
}
