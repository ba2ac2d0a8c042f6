/**
 * Key services that are asked over HTTP: what asking any of them has in common.
 *
 * @module
 */
import {
  type Clock,
  decodeBase64,
  fail,
  isRecord,
  maskSecrets,
  messageOf,
  ok,
  parseJson,
  type Result,
} from "../base/mod.ts";
import { bodyExcerpt, type HttpClient, type HttpResponse } from "../http/mod.ts";

/** What asking a key service takes. */
export interface KeyServerOptions {
  /** Asks. */
  readonly http: HttpClient;
  /** Signs with its time, and says how long tokens are good. */
  readonly clock: Clock;
  /** Where a service is in another place, in the variables of its own tools. */
  readonly env: (name: string) => string | undefined;
  /** Calls the request off. */
  readonly signal?: AbortSignal;
}

/** A question, and what its answer holds. */
export interface Question {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Kept out of failures. */
  readonly secrets: readonly string[];
}

const LIMITS = { timeoutMs: 30_000, maxBytes: 1 << 20, retries: 1 } as const;

/** Sends a question and reads the JSON object that is the answer. */
export async function ask(
  { url, headers, body, secrets }: Question,
  { http, signal }: KeyServerOptions,
): Promise<Result<Readonly<Record<string, unknown>>>> {
  const sent = await http.fetch({
    url,
    method: "POST",
    headers,
    body,
    ...LIMITS,
    ...(signal !== undefined && { signal }),
  });
  if (!sent.ok) return fail(sent.code, maskSecrets(sent.message, secrets), sent);
  const answer = readObject(sent.value);
  if (sent.value.status === 200 && answer !== undefined) return ok(answer);
  const why = maskSecrets(wordsOf(answer) ?? bodyExcerpt(sent.value.body), secrets);
  return fail("HttpStatus", `${sent.value.url} answered ${sent.value.status}: ${why}`);
}

function readObject({ body }: HttpResponse): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed = parseJson(new TextDecoder().decode(body));
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** What the services call what is wrong: `message`, `error.message`, `error_description`, `errors`. */
function wordsOf(answer: Readonly<Record<string, unknown>> | undefined): string | undefined {
  if (answer === undefined) return undefined;
  const { message, Message: capital, error, error_description: description, errors, __type: type } =
    answer;
  const inner = isRecord(error) ? error.message : error;
  const listed = Array.isArray(errors) ? errors.join("; ") : undefined;
  const said = [message, capital, description, inner, listed].find((text) =>
    typeof text === "string" && text !== ""
  );
  const kind = typeof type === "string" ? type.replace(/^.*#/, "") : "";
  const words = [kind, String(said ?? "")].filter(Boolean).join(": ");
  // Entra ends its words with the time and the number of the request: the same problem must read the same.
  return words === "" ? undefined : words.replace(/\s*Trace ID:.*$/s, "");
}

/** The bytes of a member in base64, of either alphabet. */
export function bytesOf(
  answer: Readonly<Record<string, unknown>>,
  member: string,
  url: string,
): Result<Uint8Array> {
  const text = answer[member];
  const bytes = typeof text === "string" ? decodeBase64(padded(text)) : undefined;
  return bytes === undefined || bytes.length === 0
    ? fail("InvalidData", `${new URL(url).origin} answered without '${member}'`)
    : ok(bytes);
}

function padded(text: string): string {
  const standard = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  return standard.padEnd(Math.ceil(standard.length / 4) * 4, "=");
}

/** A URL of the web, or why it is none; `what` names it. */
export function parseServerUrl(text: string, what: string): Result<URL> {
  try {
    const url = new URL(text);
    if (url.protocol === "https:" || url.protocol === "http:") return ok(url);
    return fail("InvalidUrl", `${what} is no http or https URL`);
  } catch (thrown) {
    return fail("InvalidUrl", `${what} is no URL: ${messageOf(thrown)}`);
  }
}
