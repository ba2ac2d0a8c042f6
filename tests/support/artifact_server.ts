/**
 * Serves archives as some other source controller would: made by `tar`, at addresses of their own.
 *
 * @module
 */
import { sha256Hex } from "../../lib/base/mod.ts";
import { captureText } from "../../tools/process.ts";

/** An archive that is served. */
export interface ServedArtifact {
  readonly url: string;
  readonly path: string;
  readonly digest: string;
}

/** A server that runs. */
export interface ArtifactServer extends AsyncDisposable {
  /** Packs `files` and serves them. */
  publish(files: Readonly<Record<string, string>>): Promise<ServedArtifact>;
}

/** Starts a server on a free port of loopback. */
export function startArtifactServer(): ArtifactServer {
  const served = new Map<string, Uint8Array<ArrayBuffer>>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const bytes = served.get(new URL(request.url).pathname);
    return bytes === undefined ? new Response("", { status: 404 }) : new Response(bytes);
  });
  return {
    async publish(files) {
      const bytes = await pack(files);
      const path = `archives/${served.size}.tar.gz`;
      served.set(`/${path}`, bytes);
      const url = `http://127.0.0.1:${server.addr.port}/${path}`;
      return { url, path, digest: `sha256:${sha256Hex(bytes)}` };
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Without an entry for the root, as publishers of OCI artifacts do it. */
async function pack(files: Readonly<Record<string, string>>): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-artifact-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const archive = `${folder}.tar.gz`;
    const packed = await captureText(["tar", "-czf", archive, "-C", folder, ...Object.keys(files)]);
    if (!packed.ok) throw new Error(packed.message);
    const bytes = await Deno.readFile(archive);
    await Deno.remove(archive);
    return bytes;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
