/**
 * Takes secrets out of text before anyone can read it.
 *
 * @module
 */
/**
 * From `://` to the last `@` before the path: a password may hold one itself. It begins at the colon and not
 * at the scheme, so that no text makes the search start anew at each letter.
 */
const URL_USERINFO = /:\/\/[^\s/]+@/g;
const LONGEST_KEPT_SECRET = 3;

/**
 * Replaces the user information of URLs and every given secret by `*****`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(maskSecrets("get https://u:p@host/x", []), "get https://*****@host/x");
 * assert.equal(maskSecrets("token hunter22", ["hunter22"]), "token *****");
 * ```
 */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  let masked = text.replace(URL_USERINFO, "://*****@");
  for (const secret of secrets) {
    // A secret of a letter or two would blank out half the message and protect nothing.
    if (secret.length > LONGEST_KEPT_SECRET) masked = masked.replaceAll(secret, "*****");
  }
  return masked;
}
