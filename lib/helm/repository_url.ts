/**
 * Addresses of chart repositories.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";

const PARTS = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)([^?#]*)(.*)$/is;

/**
 * One form for one repository, so that it is found again in caches and lock files: over http(s) the path ends in
 * one slash, of `oci://` in none. What is escaped in the path stays so; a query is kept.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const url = normalizeRepositoryUrl("https://charts.example/stable//?a=b");
 * assert.deepEqual(url, { ok: true, value: "https://charts.example/stable/?a=b" });
 * const oci = normalizeRepositoryUrl("oci://charts.example/stable/");
 * assert.deepEqual(oci, { ok: true, value: "oci://charts.example/stable" });
 * ```
 */
export function normalizeRepositoryUrl(url: string): Result<string> {
  if (url === "") return ok("");
  const parts = PARTS.exec(url);
  if (parts === null) {
    return fail("InvalidUrl", `${JSON.stringify(url)} does not begin with a scheme`);
  }
  const [, origin = "", path = "", rest = ""] = parts;
  const end = /^oci:/i.test(origin) ? "" : "/";
  return ok(`${origin}${path.replace(/\/+$/, "")}${end}${rest}`);
}
