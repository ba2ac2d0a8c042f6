/**
 * Overlays and components of real projects: applied, healthy where they can be, and gone again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { useApps } from "../support/app.ts";
import { appliedRefs, isGoneOrGoing } from "../support/inventory.ts";
import { lacksShared, sharedPath } from "../support/shared.ts";
import {
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
} from "../support/toolkit.ts";

interface Sample {
  readonly sample: string;
  readonly path: string;
  /** The sample says itself where its objects go. */
  readonly hasNamespace?: boolean;
  /** It asks for a volume, which nobody here provides: it never becomes healthy. */
  readonly wantsVolume?: boolean;
  /** One of the objects, which only this overlay or component makes so. */
  readonly has: string;
}

const SAMPLES: readonly Sample[] = [
  {
    sample: "podinfo-deploy",
    path: "overlays/staging",
    hasNamespace: true,
    wantsVolume: true,
    has: "Namespace//staging",
  },
  {
    sample: "podinfo-deploy",
    path: "overlays/production",
    hasNamespace: true,
    wantsVolume: true,
    has: "StatefulSet/production/database-primary",
  },
  {
    sample: "online-boutique",
    path: "tests/memorystore-with-all-components",
    has: "NetworkPolicy/NS/deny-all",
  },
  {
    sample: "online-boutique",
    path: "tests/spanner-with-all-components",
    has: "NetworkPolicy/NS/cartservice",
  },
];

const tools = useApps();
const { cluster, toolkit } = tools;

for (const { sample, path, hasNamespace, wantsVolume = false, has } of SAMPLES) {
  Deno.test({
    name: `${path} of ${sample} is applied and leaves nothing`,
    ignore: lacksShared(),
    async fn() {
      await using namespace = await cluster.openNamespace();
      const ns = namespace.name;
      const repository = await tools.git.createRepository(`${sample}-${ns}`);
      const commit = await repository.pushFolder(sharedPath(`samples/${sample}`));
      const applied = kustomizationRef(ns, "app");
      const target = hasNamespace ? {} : { targetNamespace: ns };
      await toolkit.apply(
        gitRepository(ns, "app", { url: repository.url }),
        kustomization(ns, "app", {
          path: `./${path}`,
          wait: !wantsVolume,
          timeout: "2m",
          ...target,
        }),
      );

      const ready = await toolkit.untilReady(applied, { status: "True", commit }, 150_000);
      const objects = appliedRefs(ready);
      const names = objects.map(({ kind, namespace, name }) =>
        `${kind}/${namespace ?? ""}/${name}`
      );
      assert.ok(names.includes(has.replace("NS", ns)), `${has} is not among ${names.join(", ")}`);
      for (const ref of objects) await toolkit.read(ref);

      await toolkit.remove(applied);
      for (const ref of objects) await toolkit.until(ref, "gone", isGoneOrGoing);
      await toolkit.remove(gitRepositoryRef(ns, "app"));
    },
  });
}
