/**
 * The image without a container engine: its files in a folder of their own, its ENTRYPOINT word for word.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { capture, captureText, type Finished } from "../../tools/process.ts";
import { lacks } from "../support/requirements.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const USER = "65532:65532";
/**
 * What a container runtime does: a read-only root, `/proc`, `/dev`, the volume `/data`, an ordinary user.
 * All of it is in a mount namespace that ends with the program.
 */
const RUN = `set -e
root=$1; shift
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/data"
exec chroot --userspec=${USER} "$root" "$@"`;

/** Builds more than is built without a thread. */
const BUILD_IN_THREAD = `
const { openBuildPool } = await import("file:///app/lib/delivery/mod.ts");
const { defaultBudget, systemClock, treeOf } = await import("file:///app/lib/base/mod.ts");
const file = Array.from({ length: 300 }, (_, i) =>
  "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: m" + i + "}\\n").join("---\\n");
const job = { key: "a/b", tree: treeOf({ "all.yaml": file }), spec: {}, budget: defaultBudget() };
await using pool = openBuildPool({ clock: systemClock });
const built = (await pool.build(job)).result;
console.log(built.ok ? built.value.objects.length + " objects" : built.message);
`;

const ignore = cannotContain();
let root = "";
Deno.test.beforeAll(async () => {
  if (!ignore) root = await layOut();
});
Deno.test.afterAll(async () => {
  if (root !== "") await Deno.remove(root, { recursive: true });
});

Deno.test({
  name: "the image's ENTRYPOINT starts on a read-only tree, as an ordinary user, from its cache",
  ignore,
  async fn() {
    const got = await runEntrypoint("--help");

    assert.equal(got.code, 0, got.stderr);
    assert.match(got.stdout, /^Runs Sluice's controllers\.$/m);
  },
});

Deno.test({
  name: "the image's ENTRYPOINT looks for the cluster of its pod",
  ignore,
  async fn() {
    const got = await runEntrypoint("--log-level=debug");

    assert.equal(got.code, 2);
    assert.match(got.stderr, /KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set/);
  },
});

Deno.test({
  name: "the image's permissions let a thread build",
  ignore,
  async fn() {
    const words = await readEntrypoint();
    const probe = `data:application/javascript,${encodeURIComponent(BUILD_IN_THREAD)}`;

    // A module without a folder finds no configuration by itself.
    const got = await contain([...words.slice(0, -1), "--config=/app/deno.json", probe]);

    assert.equal(got.stdout, "300 objects\n", got.stderr);
  },
});

const forbidden = [
  { name: "run a program", code: 'new Deno.Command("/usr/bin/deno").outputSync()' },
  { name: "load native code", code: 'Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {})' },
  { name: "read other files", code: 'Deno.readTextFileSync("/etc/passwd")' },
  { name: "write other files", code: 'Deno.writeTextFileSync("/tmp/x", "")' },
  { name: "read its own code", code: 'Deno.readTextFileSync("/app/deno.json")' },
  { name: "reach this machine", code: 'await fetch("http://127.0.0.1:9090/")' },
  { name: "reach this machine by 0.0.0.0", code: 'await fetch("http://0.0.0.0:9090/")' },
  { name: "reach this machine by IPv6", code: 'await fetch("http://[::1]:9090/")' },
  { name: "reach this machine by [::]", code: 'await fetch("http://[::]:9090/")' },
  { name: "reach a cloud's metadata", code: 'await fetch("http://169.254.169.254/")' },
];

for (const { name, code } of forbidden) {
  Deno.test({
    name: `the image's permissions do not let it ${name}`,
    ignore,
    async fn() {
      const words = await readEntrypoint();
      const probe = `data:application/javascript,${encodeURIComponent(code)}`;

      const got = await contain([...words.slice(0, -1), probe]);

      assert.notEqual(got.code, 0);
      assert.match(got.stderr, /NotCapable/);
    },
  });
}

/** Only root may lay mounts over a tree; a named skip elsewhere, as where the tools are missing. */
function cannotContain(): boolean {
  if (Deno.uid() !== 0) return true;
  return lacks("unshare", "install util-linux") || lacks("ldd", "install libc-bin");
}

/** Copies what the Dockerfile copies, and the packages that its build stage would fetch. */
async function layOut(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-image-" });
  const script = `${PROJECT}/deploy/image/lay_out.sh`;
  await succeed(["sh", script, folder, Deno.execPath()]);
  await succeed([
    "mkdir",
    "-p",
    ...["proc", "dev", "deno-dir", "app"].map((n) => `${folder}/${n}`),
  ]);
  for (const { from, to } of await readCopies()) {
    await succeed(["cp", "-r", ...from.map((path) => `${PROJECT}/${path}`), `${folder}/app/${to}`]);
  }
  const info = await captureText([Deno.execPath(), "info", "--json"]);
  if (!info.ok) throw new Error(info.message);
  await succeed(["cp", "-r", JSON.parse(info.value).npmCache, `${folder}/deno-dir/npm`]);
  // mktemp's folders are for their owner alone.
  await succeed(["chmod", "755", folder]);
  return folder;
}

/** The COPY lines of the build stage that take from the project, in the folder `/app`. */
async function readCopies(): Promise<{ from: string[]; to: string }[]> {
  const text = await Deno.readTextFile(`${PROJECT}/Dockerfile`);
  const [, afterFolder = ""] = text.split("WORKDIR /app");
  return [...afterFolder.matchAll(/^COPY (?!--)(.*)$/gm)].map(([, paths = ""]) => {
    const from = paths.split(" ");
    return { to: from.pop() ?? "", from };
  });
}

async function readEntrypoint(): Promise<string[]> {
  const text = await Deno.readTextFile(`${PROJECT}/Dockerfile`);
  const words = /^ENTRYPOINT (\[.*\])$/m.exec(text)?.[1];
  if (words === undefined) throw new Error("the Dockerfile has no ENTRYPOINT in its exec form");
  return JSON.parse(words);
}

async function runEntrypoint(...args: string[]): Promise<Finished> {
  return await contain([...await readEntrypoint(), ...args]);
}

/** Runs a command of the image with the environment of the image. */
async function contain(command: readonly string[]): Promise<Finished> {
  const ran = await capture(["unshare", "--mount", "sh", "-c", RUN, "run", root, ...command], {
    clearEnv: true,
    env: {
      ...await readEnvironment(),
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      NO_COLOR: "1",
    },
  });
  if (!ran.ok) throw new Error(ran.message);
  return ran.value;
}

/** The ENV line of the last stage. */
async function readEnvironment(): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(`${PROJECT}/Dockerfile`);
  const line = /^ENV (.*)$/gm;
  const [last = ""] = [...text.matchAll(line)].map(([, pairs = ""]) => pairs).slice(-1);
  return Object.fromEntries(last.split(" ").map((pair) => pair.split("=", 2)));
}

async function succeed(command: readonly string[]): Promise<void> {
  const done = await captureText(command);
  if (!done.ok) throw new Error(done.message);
}
