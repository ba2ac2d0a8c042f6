/**
 * Certificates out of Secrets (contract/common.md §14 "Shared secret key names").
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import type { TlsOptions } from "../http/mod.ts";
import type { SecretData } from "./credentials.ts";

/**
 * The certificates in a Secret, `ca.crt` and `tls.crt` with `tls.key`, under their names or those of old:
 * `caFile`, `certFile` and `keyFile`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pem = "-----BEGIN CERTIFICATE-----\n…";
 * assert.deepEqual(tlsIn(new Map([["caFile", pem]])), { caCert: pem });
 * ```
 */
export function tlsIn(data: SecretData): TlsOptions {
  const caCert = data.get("ca.crt") ?? data.get("caFile");
  const clientCert = data.get("tls.crt") ?? data.get("certFile");
  const clientKey = data.get("tls.key") ?? data.get("keyFile");
  return {
    ...(caCert !== undefined && { caCert }),
    ...(clientCert !== undefined && { clientCert }),
    ...(clientKey !== undefined && { clientKey }),
  };
}

/**
 * The certificates of a Secret that is there for nothing else: without any, or with some that cannot be used, it is
 * refused by its name, since a handshake that fails for it would not tell.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = readCertificates(new Map([["tls.crt", "PEM"]]), "ns/s");
 * assert.match(got.ok ? "" : got.message, /'ns\/s'.*go together/);
 * ```
 */
export function readCertificates(data: SecretData, secretName: string): Result<TlsOptions> {
  const tls = tlsIn(data);
  const invalid = (why: string) =>
    fail("InvalidCredentials", `invalid secret '${secretName}': ${why}`);
  if ((tls.clientCert === undefined) !== (tls.clientKey === undefined)) {
    return invalid("keys 'tls.crt' and 'tls.key' go together");
  }
  if (tls.caCert === undefined && tls.clientCert === undefined) {
    return invalid("it needs the key 'ca.crt', or 'tls.crt' and 'tls.key'");
  }
  const pems = [
    { key: "ca.crt", text: tls.caCert, what: "CERTIFICATE" },
    { key: "tls.crt", text: tls.clientCert, what: "CERTIFICATE" },
    { key: "tls.key", text: tls.clientKey, what: "PRIVATE KEY" },
  ];
  const wrong = pems.find(({ text, what }) => text !== undefined && !text.includes(`${what}-----`));
  return wrong === undefined ? ok(tls) : invalid(`key '${wrong.key}' is no PEM of a ${wrong.what}`);
}
