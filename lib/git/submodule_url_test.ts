import assert from "node:assert/strict";
import type { Credentials } from "./client.ts";
import { submoduleLogin, submoduleUrl } from "./submodule_url.ts";

const HTTP = "https://me:pw@host/team/app.git";
const SSH = "ssh://git@host:2222/team/app.git";

const urls: { parent?: string; url: string; want: string }[] = [
  { url: "../lib.git", want: "https://me:pw@host/team/lib.git" },
  { url: "../../other/lib", want: "https://me:pw@host/other/lib" },
  { url: "./lib", want: "https://me:pw@host/team/app.git/lib" },
  { url: "..", want: "https://me:pw@host/team" },
  { url: "../../../lib", want: "InvalidUrl" },
  { url: "../..", want: "InvalidUrl" },
  { parent: `${HTTP}/`, url: "../lib.git", want: "https://me:pw@host/team/lib.git" },
  { parent: SSH, url: "../lib.git", want: "ssh://git@host:2222/team/lib.git" },
  { url: "https://host/lib", want: "https://me:pw@host/lib" },
  { url: "https://host:443/lib", want: "https://me:pw@host:443/lib" },
  { url: "https://you@host/lib", want: "https://you@host/lib" },
  { url: "https://other/lib", want: "https://other/lib" },
  { url: "http://host/lib", want: "http://host/lib" },
  { url: "https://host:444/lib", want: "https://host:444/lib" },
  { url: "ssh://host/lib", want: "ssh://host/lib" },
  { url: "git@host:team/lib.git", want: "ssh://git@host/team/lib.git" },
  { url: "host:/lib", want: "ssh://git@host/lib" },
  { url: "/srv/lib.git", want: "InvalidUrl" },
  { url: "lib", want: "InvalidUrl" },
  { url: "file:///srv/lib.git", want: "InvalidUrl" },
  { url: "git://host/lib", want: "InvalidUrl" },
  { url: "ext::sh -c id", want: "InvalidUrl" },
  { url: "host:-oProxyCommand=x", want: "InvalidUrl" },
];

for (const { parent = HTTP, url, want } of urls) {
  Deno.test(`submoduleUrl() takes ${url} of ${parent} for ${want}`, () => {
    const got = submoduleUrl(parent, url);

    assert.equal(got.ok ? got.value : got.code, want);
  });
}

const LOGIN: Credentials = {
  username: "u",
  password: "p",
  bearerToken: "t",
  caCert: "CA",
  clientCert: "C",
  clientKey: "K",
  identity: "I",
  passphrase: "P",
  knownHosts: "H",
  proxy: { url: "http://proxy" },
};

const logins: { url: string; isSame: boolean }[] = [
  { url: "https://host/x", isSame: true },
  { url: "https://HOST:443/x", isSame: true },
  { url: "https://host:8443/x", isSame: false },
  { url: "http://host/x", isSame: false },
  { url: "http://host:443/x", isSame: false },
  { url: "ssh://host/x", isSame: false },
  { url: "https://host.evil/x", isSame: false },
  { url: "https://host@evil/x", isSame: false },
  { url: "https://evil/host", isSame: false },
];

for (const { url, isSame } of logins) {
  Deno.test(`submoduleLogin() gives ${isSame ? "the login" : "no secret"} to ${url}`, () => {
    const got = submoduleLogin("https://host/app", url, LOGIN);

    assert.deepEqual(got, isSame ? LOGIN : { caCert: "CA", proxy: LOGIN.proxy });
  });
}
