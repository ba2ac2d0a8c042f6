/**
 * Key services that are asked over HTTP: what asking any of them has in common.
 *
 * @module
 */
import { type Clock, decodeBase64, fail, messageOf, ok, type Result } from "../base/mod.ts";
import type { HttpClient } from "../http/mod.ts";

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
