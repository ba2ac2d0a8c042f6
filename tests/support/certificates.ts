/**
 * Certificates of an authority that exists for one test, made by openssl.
 *
 * @module
 */
import { captureText } from "../../tools/process.ts";

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority, a server (at 127.0.0.1 unless told otherwise) and a client that it has signed. */
export interface Certificates {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  readonly server: Certificate;
  readonly client: Certificate;
}

const NEW_KEY = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" ");

/** Makes all of them, for the names given; throws when openssl fails. */
export async function makeCertificates(names = "IP:127.0.0.1"): Promise<Certificates> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-tls-" });
  async function openssl(...args: string[]): Promise<void> {
    const done = await captureText(["openssl", ...args], { cwd: folder });
    if (!done.ok) throw new Error(done.message);
  }
  const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  async function sign(name: string): Promise<Certificate> {
    await openssl(
      ...NEW_KEY,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
      "-subj",
      `/CN=${name}`,
    );
    const signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
    const request = ["x509", "-req", "-in", `${name}.csr`, "-out", `${name}.crt`];
    await openssl(...request, ...signer, "-extfile", "extensions");
    return { cert: await read(`${name}.crt`), key: await read(`${name}.key`) };
  }
  try {
    await Deno.writeTextFile(`${folder}/extensions`, `subjectAltName=${names}\n`);
    await openssl(
      ...NEW_KEY,
      "-x509",
      ...["-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=authority of a test"],
      ...["-addext", "basicConstraints=critical,CA:TRUE"],
    );
    const [server, client] = [await sign("server"), await sign("client")];
    return { ca: await read("ca.crt"), server, client };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
