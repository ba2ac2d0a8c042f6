/**
 * Finds or builds the programs that tests run: the control plane, kwok, kustomize, a registry, sops, crane.
 *
 * Each is built from its Go module in `go/` once and kept in the user's cache folder under a name that
 * changes with the module's files and build flags.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { fail, messageOf, ok, type Result } from "../../lib/base/mod.ts";
import { Background } from "../process.ts";
import { formatElapsed, openProgress, type Progress } from "../terminal.ts";
import { cacheFolder, exists, installFolder, withLock } from "./cache_folder.ts";
import { findGo } from "./go_toolchain.ts";

/** Programs with a Go module of their own. */
export type ToolName = "controlplane" | "crane" | "kwok" | "kustomize" | "registry" | "sops";

interface Tool {
  readonly packagePath: string;
  readonly ldflags: string;
  readonly contents: string;
  readonly duration: string;
}

const KUBERNETES = "v1.36.3";
const VERSION = "k8s.io/component-base/version";

const TOOLS: Readonly<Record<ToolName, Tool>> = {
  controlplane: {
    packagePath: ".",
    // Without these the server calls itself v0.0.0 and clients warn.
    ldflags: `-s -w -X ${VERSION}.gitVersion=${KUBERNETES} -X ${VERSION}.gitMajor=1 ` +
      `-X ${VERSION}.gitMinor=36 -X ${VERSION}.gitTreeState=clean`,
    contents: `etcd and Kubernetes ${KUBERNETES}`,
    duration: "4 to 6 minutes",
  },
  crane: {
    packagePath: "github.com/google/go-containerregistry/cmd/crane",
    ldflags: "-s -w",
    contents: "crane, whose lists of tags are to be compared with",
    duration: "about half a minute",
  },
  kwok: {
    packagePath: "sigs.k8s.io/kwok/cmd/kwok",
    ldflags: "-s -w",
    contents: "kwok, which plays nodes and pods",
    duration: "about a minute",
  },
  kustomize: {
    packagePath: ".",
    ldflags: "-s -w",
    contents: "kustomize, to compare with",
    duration: "about half a minute",
  },
  registry: {
    packagePath: "github.com/distribution/distribution/v3/cmd/registry",
    ldflags: "-s -w",
    contents: "an OCI registry",
    duration: "about a minute",
  },
  sops: {
    packagePath: "github.com/getsops/sops/v3/cmd/sops",
    ldflags: "-s -w",
    contents: "sops, whose files are to be opened",
    duration: "2 to 4 minutes",
  },
};

const TIME_LIMIT_MS = 30 * 60_000;
const ROOMY_BYTES = 8 * 2 ** 30;

/** Path of the program `name`; builds it when it is not in the cache. */
export async function buildTool(
  name: ToolName,
  progress: Progress = openProgress(),
): Promise<Result<string>> {
  const folder = `${cacheFolder()}/${name}-${await hashOf(name)}`;
  const program = `${folder}/${name}`;
  if (await exists(program)) return ok(program);
  try {
    await Deno.mkdir(cacheFolder(), { recursive: true });
  } catch (error) {
    return fail("NoCache", `Cannot make the cache folder: ${messageOf(error)}`, error);
  }
  const waiting = () => progress.say(`Another process is building ${name}; waiting for it`);
  return await withLock(`${cacheFolder()}/${name}.lock`, waiting, async () => {
    if (await exists(program)) return ok(program);
    const built = await installFolder(folder, (draft) => build(name, `${draft}/${name}`, progress));
    return built.ok ? ok(program) : built;
  });
}

/** Whether `name` can be used at once. */
export async function isBuilt(name: ToolName): Promise<boolean> {
  return await exists(`${cacheFolder()}/${name}-${await hashOf(name)}/${name}`);
}

async function build(name: ToolName, out: string, progress: Progress): Promise<Result<void>> {
  const go = await findGo(progress);
  if (!go.ok) return go;
  const { contents, duration } = TOOLS[name];
  progress.say(
    `Building ${name} (${contents}) with ${go.value.description}: it is not in the cache yet. ` +
      `This takes ${duration}, once.`,
  );
  const started = Date.now();
  let packages = 0;
  await using compiler = new Background(name, compileCommand(name, go.value.program, out), {
    cwd: moduleFolder(name),
    // Memory for time: the garbage collector would cost a third of the build.
    env: { GOTOOLCHAIN: "local", GOGC: roomy() ? "off" : "200" },
    onLine: () => packages++,
  });
  const ticker = setInterval(() => {
    const elapsed = formatElapsed(Date.now() - started);
    progress.update(`Building ${name}: ${elapsed} of ${duration}, ${packages} packages compiled`);
  }, 1_000);
  const limit = setTimeout(() => compiler.kill(), TIME_LIMIT_MS);
  const code = await compiler.ended;
  clearInterval(ticker);
  clearTimeout(limit);
  const elapsed = formatElapsed(Date.now() - started);
  if (code === 0) {
    progress.say(`Built ${name} in ${elapsed}`);
    return ok(undefined);
  }
  const said = compiler.lastLines.slice(-20).join("\n");
  return fail(
    "BuildFailed",
    `Cannot build ${name}: go exited with ${code} after ${elapsed}\n${said}`,
  );
}

function compileCommand(name: ToolName, go: string, out: string): string[] {
  const jobs = String(navigator.hardwareConcurrency + 1);
  return [go, "build", "-p", jobs, "-v", ...buildFlags(name), "-o", out, TOOLS[name].packagePath];
}

/** The flags that change what comes out. */
function buildFlags(name: ToolName): string[] {
  return ["-trimpath", "-buildvcs=false", "-ldflags", TOOLS[name].ldflags];
}

function roomy(): boolean {
  return Deno.systemMemoryInfo().available > ROOMY_BYTES;
}

function moduleFolder(name: ToolName): string {
  return fileURLToPath(new URL(`go/${name}`, import.meta.url));
}

async function hashOf(name: ToolName): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([Deno.build.target, buildFlags(name), TOOLS[name].packagePath]));
  const folder = moduleFolder(name);
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) files.push(entry.name);
  for (const file of files.sort()) {
    hash.update(`\0${file}\0`).update(await Deno.readFile(`${folder}/${file}`));
  }
  return hash.digest("hex").slice(0, 16);
}
