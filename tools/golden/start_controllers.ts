/**
 * What the golden runner starts: our controllers on the addresses it chose, as the recording's flags say.
 *
 * @module
 */
import { startControllers } from "../demo/start_controllers.ts";
import { printError } from "../terminal.ts";

/** Deviations from the defaults in the recording, see its README. */
const RECORDED_FLAGS = ["--requeue-dependency=5s", "--concurrent=20"];

/**
 * The events tee hands on to the notification controller, and the runner waits until that and the
 * receiver listen; until ours do, both addresses take everything.
 */
function acceptAll(address: string): Deno.HttpServer {
  const { hostname, port } = new URL(`http://${address}`);
  return Deno.serve({ hostname, port: Number(port), onListen() {} }, async (request) => {
    await request.body?.cancel();
    return new Response(null, { status: 202 });
  });
}

function variable(name: string): string {
  const value = Deno.env.get(name);
  if (value === undefined) throw new TypeError(`${name} is not set: the golden runner sets it`);
  return value;
}

const POLL_MS = 500;

/** The runner puts us into a session of our own, where the signal that ends the runner does not come. */
function stopWithoutParent(stop: () => Promise<void>): void {
  const parent = Deno.ppid;
  async function end(): Promise<void> {
    await stop();
    Deno.exit(143);
  }
  Deno.addSignalListener("SIGTERM", end);
  const timer = setInterval(() => {
    if (Deno.ppid === parent) return;
    clearInterval(timer);
    end();
  }, POLL_MS);
}

async function main(): Promise<number> {
  const folder = variable("GOLDEN_WORK");
  const storage = variable("GOLDEN_STORAGE_ADDR");
  acceptAll(variable("GOLDEN_NOTIFY_ADDR"));
  acceptAll(variable("GOLDEN_RECEIVER_ADDR"));
  const controllers = await startControllers({
    folder,
    kubeconfigPath: variable("KUBECONFIG"),
    logPath: `${folder}/controllers.log`,
    flags: [
      `--storage-addr=${storage}`,
      `--storage-adv-addr=${storage}`,
      `--events-addr=http://${variable("GOLDEN_EVENTS_ADDR")}/`,
      "--log-level=debug",
      ...RECORDED_FLAGS,
    ],
  });
  stopWithoutParent(() => controllers.stop());
  const code = await controllers.ended;
  printError(`controllers ended with ${code}\n${controllers.lastLines.join("\n")}`);
  return code;
}

if (import.meta.main) Deno.exit(await main());
