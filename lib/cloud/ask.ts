/**
 * Services that are asked over HTTP and answer in JSON: what asking any of them has in common.
 *
 * @module
 */
import {
  type Clock,
  type Expiring,
  fail,
  isRecord,
  maskSecrets,
  ok,
  parseJsonRecord,
  type Result,
} from "../base/mod.ts";
import {
  bodyExcerpt,
  type HttpClient,
  type HttpResponse,
  type ProxyOptions,
  type TlsOptions,
} from "../http/mod.ts";

/** A question, and what its answer must not show. */
export interface Question {
  /** Where. */
  readonly url: string;
  /** `POST` when absent. */
  readonly method?: "GET" | "POST";
  /** Sent along; of a form with its type. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent: a text, or the fields of a form. */
  readonly body?: string | Readonly<Record<string, string>>;
  /** Kept out of failures. */
  readonly secrets: readonly string[];
}

/** How it is asked. */
export interface Asking {
  /** Asks. */
  readonly http: HttpClient;
  /** Certificates of whom is asked. */
  readonly tls?: TlsOptions;
  /** Who connects for us. */
  readonly proxy?: ProxyOptions;
  /** Calls the request off. */
  readonly signal?: AbortSignal;
}

const LIMITS = { timeoutMs: 30_000, maxBytes: 1 << 20, retries: 1 } as const;
const FORM = { "content-type": "application/x-www-form-urlencoded" } as const;

/**
 * Sends a question and reads the JSON object that is the answer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openHttp } from "../http/mod.ts";
 * const http = openHttp({
 *   transport: () => Promise.resolve(Response.json({ message: "no s3cret" }, { status: 403 })),
 * });
 * const got = await askJson({ url: "https://kms.example/", secrets: ["s3cret"] }, { http });
 * assert.equal(got.ok ? "" : got.message, "https://kms.example/ answered 403: no *****");
 * ```
 */
export async function askJson(
  question: Question,
  asking: Asking,
): Promise<Result<Readonly<Record<string, unknown>>>> {
  const sent = await ask(question, asking);
  if (!sent.ok) return sent;
  const { status, url, body } = sent.value;
  const answer = parseJsonRecord(new TextDecoder().decode(body));
  if (status === 200 && answer !== undefined) return ok(answer);
  const { secrets } = question;
  const why = maskSecrets(wordsOf(answer) ?? bodyExcerpt(body, secrets), secrets);
  return fail("HttpStatus", `${url} answered ${status}: ${why}`);
}

/** Asks for a token (RFC 6749 §5.1: `access_token` for `expires_in` seconds). */
export async function askToken(
  question: Question,
  asking: Asking & { readonly clock: Clock },
): Promise<Result<Expiring<string>>> {
  const nowMs = asking.clock.now();
  const answer = await askJson(question, asking);
  if (!answer.ok) return answer;
  const { access_token: token, expires_in: seconds } = answer.value;
  const lifeMs = Number(seconds) * 1_000;
  if (typeof token !== "string" || token === "" || !(lifeMs > 0)) {
    return fail("InvalidData", `${question.url} answered without a token`);
  }
  return ok({ value: token, endMs: nowMs + lifeMs });
}

/** Sends a question; whatever the answer, its secrets are in no failure. */
export async function ask(
  { url, method = "POST", headers, body, secrets }: Question,
  { http, tls, proxy, signal }: Asking,
): Promise<Result<HttpResponse>> {
  const isForm = typeof body === "object";
  const sent = await http.fetch({
    url,
    method,
    headers: { ...(isForm && FORM), ...headers },
    ...(body !== undefined && { body: isForm ? new URLSearchParams(body).toString() : body }),
    ...LIMITS,
    ...(tls && { tls }),
    ...(proxy && { proxy }),
    ...(signal && { signal }),
  });
  return sent.ok ? sent : fail(sent.code, maskSecrets(sent.message, secrets), sent);
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
  return words === "" ? undefined : words.replace(/\s*Trace ID:.*$/s, "").trim();
}
