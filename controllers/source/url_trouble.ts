/**
 * Why Go, and so Flux, cannot parse a URL: such an object is stalled, for no retry helps it.
 *
 * @module
 */

/** A character that Go accepts in a host besides letters, digits and what is not ASCII. */
const HOST_SIGN = /[-_.~!$&'()*+,;=:[\]<>"]/;

/**
 * What is wrong with `url`, in the words of Go's `net/url`; nothing for one that can be asked.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(urlTrouble("http://host:ssh/app.git"), 'invalid port ":ssh" after host');
 * ```
 */
export function urlTrouble(url: string): string | undefined {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(url)) return "net/url: invalid control character in URL";
  const [, authority = "", rest = ""] = /^[a-z]+:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  return hostTrouble(authority.slice(authority.lastIndexOf("@") + 1)) ?? escapeTrouble(rest);
}

function hostTrouble(host: string): string | undefined {
  if (host.startsWith("[") && !host.includes("]")) return "missing ']' in host";
  const name = host.startsWith("[") ? host.slice(0, host.lastIndexOf("]") + 1) : portless(host);
  const port = host.slice(name.length);
  if (!/^(:\d*)?$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  const bad = [...name].find((sign) =>
    sign < "\x80" && !/[a-z0-9%]/i.test(sign) && !HOST_SIGN.test(sign)
  );
  if (bad !== undefined) return `invalid character ${JSON.stringify(bad)} in host name`;
  return escapeTrouble(name);
}

/** Go looks for the last colon. */
function portless(host: string): string {
  const colon = host.lastIndexOf(":");
  return colon < 0 ? host : host.slice(0, colon);
}

function escapeTrouble(text: string): string | undefined {
  const bad = /%(?![0-9a-f]{2}).{0,2}/i.exec(text.split("?", 1)[0] ?? "");
  return bad === null ? undefined : `invalid URL escape ${JSON.stringify(bad[0])}`;
}
