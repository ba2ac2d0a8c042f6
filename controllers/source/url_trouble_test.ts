import assert from "node:assert/strict";
import { urlTrouble } from "./url_trouble.ts";

const cases = [
  { url: "https://github.com/org/app.git", want: undefined },
  { url: "https://me:p%40ss@host:8443/app", want: undefined },
  { url: "http://[::1]:80/app", want: undefined },
  { url: "http://host:/app", want: undefined },
  { url: "http://host/a%20b?x=%", want: undefined },
  { url: "http://münchen.example/app", want: undefined },
  { url: "http://host:port/app", want: 'invalid port ":port" after host' },
  { url: "http://[::1/app", want: "missing ']' in host" },
  { url: "http://[::1]x/app", want: 'invalid port "x" after host' },
  { url: "http://a host/app", want: 'invalid character " " in host name' },
  { url: "http://ho^st/app", want: 'invalid character "^" in host name' },
  { url: "http://host/a%zz", want: 'invalid URL escape "%zz"' },
  { url: "http://host/100%", want: 'invalid URL escape "%"' },
  { url: "http://host/a\nb", want: "net/url: invalid control character in URL" },
];

for (const { url, want } of cases) {
  Deno.test(`urlTrouble() of ${JSON.stringify(url)} is ${want ?? "none"}`, () => {
    assert.equal(urlTrouble(url), want);
  });
}
