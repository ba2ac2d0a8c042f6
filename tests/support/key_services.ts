/**
 * Key services that keep no secret: what they seal is turned round. The real sops and Sluice speak to them alike.
 *
 * @module
 */
import { decodeBase64, encodeBase64, isRecord } from "../../lib/base/mod.ts";

/** AWS KMS and the transit engine of Vault behind one address. */
export interface KeyServices extends AsyncDisposable {
  /** Where they are. */
  readonly url: string;
  /** What they were asked to do, in order. */
  readonly asked: string[];
}

/** Starts them. */
export function startKeyServices(): KeyServices {
  const asked: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const body: unknown = await request.json();
      const fields = isRecord(body) ? body : {};
      const target = request.headers.get("x-amz-target")?.split(".")[1];
      if (target !== undefined) {
        asked.push(`kms ${target}`);
        return Response.json(answerOfKms(target, fields));
      }
      const [, action] =
        /^\/v1\/transit\/(encrypt|decrypt)\/\w+$/.exec(new URL(request.url).pathname) ?? [];
      if (action === undefined || request.headers.get("x-vault-token") !== "root-of-tests") {
        return Response.json({ errors: ["permission denied"] }, { status: 403 });
      }
      asked.push(`vault ${action}`);
      const data = action === "encrypt"
        ? { ciphertext: `vault:v1:${turned(String(fields.plaintext))}` }
        : { plaintext: turned(String(fields.ciphertext).replace("vault:v1:", "")) };
      return Response.json({ data });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function answerOfKms(
  target: string,
  { KeyId, Plaintext, CiphertextBlob }: Readonly<Record<string, unknown>>,
): unknown {
  return target === "Encrypt"
    ? { KeyId, CiphertextBlob: turned(String(Plaintext)) }
    : { KeyId, Plaintext: turned(String(CiphertextBlob)) };
}

function turned(base64: string): string {
  return encodeBase64((decodeBase64(base64) ?? new Uint8Array()).toReversed());
}
