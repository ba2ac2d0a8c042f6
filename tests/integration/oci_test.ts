import assert from "node:assert/strict";
import { defaultBudget } from "../../lib/base/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { findLogin, openOci, type RegistryLogin } from "../../lib/oci/mod.ts";
import {
  type Registry,
  REGISTRY_LOGIN,
  type RegistryDemands,
  startRegistry,
} from "../support/registry.ts";
import { RegistryTokens } from "../support/registry_tokens.ts";

Deno.test("listTags() lists every tag of a real registry, page by page", async () => {
  await using registry = await start();
  await using http = openHttp();
  const tags = Array.from({ length: 5 }, (_, index) => `1.${index}.0`);
  for (const tag of tags) await registry.pushImage("org/app", tag);
  // The registry gives as many tags a page as it is asked for; few make several pages.
  const small = openOci({
    ...http,
    fetch: (request) => http.fetch({ ...request, url: request.url.replace("n=1000", "n=2") }),
  });

  for (const oci of [openOci(http), small]) {
    const got = await oci.listTags(accessTo(registry, "org/app"), defaultBudget());

    assert.ok(got.ok, JSON.stringify(got));
    assert.deepEqual([...got.value.tags].sort(), tags);
  }
});

Deno.test("fetchDigest() gives the digest of what was pushed", async () => {
  await using registry = await start();
  await using http = openHttp();
  const pushed = await registry.pushImage("org/app", "1.0.0");

  const got = await openOci(http).fetchDigest(
    accessTo(registry, "org/app"),
    "1.0.0",
    defaultBudget(),
  );

  assert.deepEqual(got, { ok: true, value: pushed });
});

Deno.test("an image that is not there is reported in the registry's words", async () => {
  await using registry = await start();
  await using http = openHttp();

  const got = await openOci(http).listTags(accessTo(registry, "org/none"), defaultBudget());

  assert.equal(got.ok ? "ok" : got.code, "NotFound");
  assert.equal(
    got.ok ? "" : got.message,
    `GET ${registry.url}/v2/org/none/tags/list?n=1000: ` +
      "NAME_UNKNOWN: repository name not known to registry; map[name:org/none]",
  );
});

Deno.test("a registry that demands a login gets the one of its docker configuration", async () => {
  await using registry = await start({ auth: true });
  await using http = openHttp();
  await registry.pushImage("org/app", "1.0.0");
  const config = JSON.stringify({ auths: { [registry.host]: REGISTRY_LOGIN } });
  const access = accessTo(registry, "org/app");
  const login = findLogin(config, access.image);
  assert.ok(login.ok);

  const anonymous = await openOci(http).listTags(access, defaultBudget());
  const wrong = await openOci(http).listTags(
    { ...access, login: { username: "tester", password: "wrong-password" } },
    defaultBudget(),
  );
  const right = await openOci(http).listTags({ ...access, login: login.value }, defaultBudget());

  assert.equal(anonymous.ok ? "ok" : anonymous.code, "Unauthorized");
  assert.equal(wrong.ok ? "ok" : wrong.code, "Unauthorized");
  assert.deepEqual(right.ok && right.value.tags, ["1.0.0"]);
});

Deno.test("an identitytoken of a docker configuration is exchanged for the registry's tokens", async () => {
  await using tokens = await RegistryTokens.start();
  await using registry = await start({ tokens });
  await using http = openHttp();
  const pushed = await registry.pushImage("org/app", "1.0.0");
  const access = accessTo(registry, "org/app");
  const loginWith = (identitytoken: string) => {
    const auths = { [registry.host]: { auth: btoa("0000:"), identitytoken } };
    const login = findLogin(JSON.stringify({ auths }), access.image);
    return { ...access, login: login.ok ? login.value : undefined };
  };
  const oci = openOci(http);

  const stranger = await oci.listTags(loginWith("another"), defaultBudget());
  const listed = await oci.listTags(loginWith(tokens.refreshToken), defaultBudget());
  const digest = await oci.fetchDigest(loginWith(tokens.refreshToken), "1.0.0", defaultBudget());

  assert.equal(stranger.ok ? "ok" : stranger.code, "Unauthorized");
  assert.ok(!JSON.stringify(stranger).includes("another"));
  assert.deepEqual(listed.ok && listed.value.tags, ["1.0.0"]);
  assert.deepEqual(digest, { ok: true, value: pushed });
  assert.deepEqual(tokens.exchanges, [
    "grant_type=refresh_token&client_id=sluice&scope=repository%3Aorg%2Fapp%3Apull&service=registry.test",
  ]);
});

async function start(options: RegistryDemands = {}): Promise<Registry> {
  const registry = await startRegistry(options);
  assert.ok(registry.ok, JSON.stringify(registry));
  return registry.value;
}

function accessTo(registry: Registry, name: string): {
  image: string;
  insecure: boolean;
  login: RegistryLogin | undefined;
} {
  return { image: `${registry.host}/${name}`, insecure: true, login: undefined };
}
