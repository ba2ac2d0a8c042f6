import assert from "node:assert/strict";
import { FLAGS, parseFlags } from "../../lib/runtime/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { FakeCluster } from "../../lib/testing/fake_cluster.ts";
import { thingDeps } from "../../lib/testing/thing_kind.ts";
import { startKustomize } from "./main.ts";

const mistakes = [
  {
    flag: "--custom-apply-stage-kinds=cert-manager.io/Issuer,Secret",
    says:
      /^--custom-apply-stage-kinds: "Secret" is not group\/Kind; of the core group it is \/Kind$/,
  },
  {
    flag: "--watch-configs-label-selector=a in",
    says: /^--watch-configs-label-selector: /,
  },
];

for (const { flag, says } of mistakes) {
  Deno.test(`startKustomize() refuses ${flag}, and starts nothing`, () => {
    const clock = new FakeClock();
    const cluster = new FakeCluster({ clock });
    const parsed = parseFlags(FLAGS, [flag]);
    assert.ok(parsed.ok);
    const { deps } = thingDeps(cluster, clock);

    const got = startKustomize({
      ...deps,
      flags: parsed.value.values,
      runtimeNamespace: "flux-system",
    });

    assert.match(got.ok ? "" : got.message, says);
    assert.deepEqual(cluster.informers, []);
  });
}
