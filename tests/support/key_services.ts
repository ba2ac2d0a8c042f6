/**
 * Key services that keep no secret: what they seal is turned round. The real sops and Sluice speak to them alike.
 *
 * @module
 */
import { decodeBase64, encodeBase64, isRecord } from "../../lib/base/mod.ts";

const TOKEN = "root-of-tests";

/** AWS KMS and the transit engine of Vault behind one address. */
export interface KeyServices extends AsyncDisposable {
  /** Where they are. */
  readonly url: string;
  /** What they were asked to do, in order. */
  readonly asked: string[];
}

/** Who shows a role and a token of the cluster, at `auth/jwt/login`. */
export interface VaultVisitor {
  readonly role: string;
  readonly jwt: string;
}

/** Starts them; without `knows` nobody can log in. */
export function startKeyServices(
  knows: (visitor: VaultVisitor) => Promise<boolean> = () => Promise.resolve(false),
): KeyServices {
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
      if (new URL(request.url).pathname === "/v1/auth/jwt/login") {
        const visitor = { role: String(fields.role), jwt: String(fields.jwt) };
        if (!await knows(visitor)) return refused();
        asked.push(`vault login ${visitor.role}`);
        const auth = { "client_token": TOKEN, "lease_duration": 3_600 };
        return Response.json({ auth });
      }
      const [, action] =
        /^\/v1\/transit\/(encrypt|decrypt)\/\w+$/.exec(new URL(request.url).pathname) ?? [];
      if (action === undefined || request.headers.get("x-vault-token") !== TOKEN) return refused();
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

function refused(): Response {
  return Response.json({ errors: ["permission denied"] }, { status: 403 });
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
