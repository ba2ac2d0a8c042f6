/**
 * The controllers in a process of their own, with the permissions that the image gives them (design D22).
 *
 * @module
 */
import { entrypointOf } from "../gen/entrypoint.ts";
import { Background } from "../process.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
/** Everybody whom the controllers talk to is on this machine. */
const THIS_MACHINE = ["127.0.0.0/8", "[::1]"];

/** Where the controllers work. */
export interface ControllersPlace {
  /** Existing folder for their artifacts, in `artifacts`, and for what stands for `/var/run/secrets`, in `secrets`. */
  readonly folder: string;
  /** The cluster. */
  readonly kubeconfigPath: string;
  /** File their log is appended to. */
  readonly logPath: string;
  /** Further flags. */
  readonly flags?: readonly string[];
  /** Environment variables on top of ours; paths of the image become those of this machine. */
  readonly env?: Readonly<Record<string, string>>;
  /** A module that runs before the controllers', in their process. */
  readonly preload?: string;
  /** Receives each line of their log. */
  readonly onLine?: (line: string) => void;
}

/** Starts all components; artifacts are served on a free port of loopback. */
export async function startControllers(place: ControllersPlace): Promise<Background> {
  const { folder, kubeconfigPath, logPath, flags = [], env = {}, preload } = place;
  const storage = `${folder}/artifacts`;
  await Deno.mkdir(storage, { recursive: true });
  const log = await Deno.open(logPath, { create: true, append: true });
  const encoder = new TextEncoder();
  const placed = placesOf({ folder, kubeconfigPath, storage });
  const [deno = "", run = "", ...words] = wordsOf(placed);
  const controllers = new Background("controllers", [
    deno,
    run,
    ...(preload === undefined ? [] : [`--preload=${preload}`]),
    ...words,
    `--kubeconfig=${kubeconfigPath}`,
    `--storage-path=${storage}`,
    "--storage-addr=127.0.0.1:0",
    "--health-addr=",
    "--metrics-addr=",
    ...flags,
  ], {
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, placed(value)])),
    onLine(line) {
      log.writeSync(encoder.encode(`${line}\n`));
      place.onLine?.(line);
    },
  });
  controllers.ended.then(() => log.close());
  return controllers;
}

/** Puts the places of this machine in the stead of the image's. */
function placesOf(
  { folder, kubeconfigPath, storage }: { folder: string; kubeconfigPath: string; storage: string },
): (text: string) => string {
  const places: readonly (readonly [string, string])[] = [
    ["/usr/bin/deno", Deno.execPath()],
    ["/var/run/secrets", `${folder}/secrets`],
    ["/data", storage],
    ["/config", kubeconfigPath],
    ["/app/", PROJECT],
  ];
  return (text) => {
    const [from, to] = places.find(([from]) => text.startsWith(from)) ?? ["", ""];
    return `${to}${text.slice(from.length)}`;
  };
}

/** The ENTRYPOINT of the Dockerfile, without what only holds in a container. */
function wordsOf(placed: (text: string) => string): string[] {
  return entrypointOf()
    // A checkout may be fresh: the image alone has everything in its cache.
    .filter((word) => word !== "--cached-only")
    .map((word) => {
      const [flag = "", values] = word.split("=");
      if (values === undefined) return placed(word);
      const kept = values.split(",").filter((value) => !THIS_MACHINE.includes(value));
      return `${flag}=${kept.map(placed).join(",")}`;
    });
}
