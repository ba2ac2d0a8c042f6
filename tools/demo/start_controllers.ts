/**
 * The controllers in a process of their own, with as few permissions as they need (design D22).
 *
 * @module
 */
import { Background } from "../process.ts";

const MAIN = new URL("../../controllers/main.ts", import.meta.url).pathname;
/** What a thread that builds reads when it starts. */
const MODULES = new URL("../../lib", import.meta.url).pathname;

/** Where the controllers work. */
export interface ControllersPlace {
  /** Existing folder for their artifacts. */
  readonly folder: string;
  /** The cluster. */
  readonly kubeconfigPath: string;
  /** File their log is appended to. */
  readonly logPath: string;
  /** Further flags. */
  readonly flags?: readonly string[];
  /** Environment variables on top of ours. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts all components; artifacts are served on a free port of loopback. */
export async function startControllers(place: ControllersPlace): Promise<Background> {
  const { folder, kubeconfigPath, logPath, flags = [], env = {} } = place;
  const storage = `${folder}/artifacts`;
  await Deno.mkdir(storage, { recursive: true });
  const log = await Deno.open(logPath, { create: true, append: true });
  const encoder = new TextEncoder();
  const permissions = [
    "--allow-net",
    "--deny-net=169.254.0.0/16",
    `--allow-read=${kubeconfigPath},${storage},${MODULES}`,
    `--allow-write=${storage}`,
    "--allow-env=RUNTIME_NAMESPACE,INIT_CWD,SLUICE_*",
    "--ignore-env",
    "--allow-sys=hostname",
    "--no-prompt",
  ];
  const controllers = new Background("controllers", [
    Deno.execPath(),
    "run",
    ...permissions,
    MAIN,
    `--kubeconfig=${kubeconfigPath}`,
    `--storage-path=${storage}`,
    "--storage-addr=127.0.0.1:0",
    "--health-addr=",
    "--metrics-addr=",
    ...flags,
  ], {
    env,
    onLine: (line) => void log.writeSync(encoder.encode(`${line}\n`)),
  });
  controllers.ended.then(() => log.close());
  return controllers;
}
