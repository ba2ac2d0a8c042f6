/**
 * Manifests of real projects, from a real git server to a real API server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget } from "../../lib/base/mod.ts";
import { buildKustomization } from "../../lib/kustomize/mod.ts";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import { inventoryId } from "../../lib/kube/ssa/mod.ts";
import { openDisk } from "../../cli/disk_tree.ts";
import { useApps } from "../support/app.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { appliedRefs, isGoneOrGoing } from "../support/inventory.ts";
import { kustomizeBuild } from "../support/kustomize_cli.ts";
import { lacksShared, sharedPath } from "../support/shared.ts";
import {
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
} from "../support/toolkit.ts";

interface Sample {
  readonly sample: string;
  /** What the Kustomization applies. */
  readonly path: string;
  /** Folder of the kustomization.yaml that loses a file, the file, and the object in it. */
  readonly loses: { readonly folder: string; readonly file: string; readonly object: string };
  /** The sample says itself where its objects go. */
  readonly hasNamespace?: boolean;
}

const SAMPLES: readonly Sample[] = [
  {
    sample: "kustomize-guestbook",
    path: "",
    loses: { folder: "", file: "guestbook-ui-svc.yaml", object: "Service/kustomize-guestbook-ui" },
  },
  {
    sample: "podinfo",
    path: "",
    loses: { folder: "", file: "hpa.yaml", object: "HorizontalPodAutoscaler/podinfo" },
  },
  {
    sample: "online-boutique",
    path: "",
    loses: { folder: "base", file: "shippingservice.yaml", object: "Service/shippingservice" },
  },
  {
    sample: "podinfo-deploy",
    path: "overlays/dev",
    loses: {
      folder: "bases/database",
      file: "cronjob-backup-daily.yaml",
      object: "CronJob/backup-daily",
    },
    hasNamespace: true,
  },
];

const tools = useApps();
const { cluster, toolkit } = tools;

for (const { sample, path, loses, hasNamespace } of SAMPLES) {
  const ignore = lacksShared();

  Deno.test({
    name: `the build of ${sample} has the bytes of kustomize's own`,
    ignore,
    async fn() {
      const folder = sharedPath(`samples/${sample}`);

      const got = buildKustomization(openDisk(), `${folder}/${path}`.slice(1), {
        budget: defaultBudget(),
        reorder: "unspecified",
      });

      const want = await kustomizeBuild(`${folder}/${path}`);
      assert.ok(got.ok, got.ok ? "" : got.message);
      assert.ok(want.ok, want.ok ? "" : want.message);
      assert.equal(got.value.toYaml(), want.value);
    },
  });

  Deno.test({
    name: `${sample} is applied, pruned file by file, and leaves nothing`,
    ignore,
    async fn() {
      await using namespace = await cluster.openNamespace();
      const ns = namespace.name;
      const repository = await tools.git.createRepository(`${sample}-${ns}`);
      const first = await repository.pushFolder(sharedPath(`samples/${sample}`));
      const source = gitRepositoryRef(ns, "app");
      const applied = kustomizationRef(ns, "app");
      const target = hasNamespace ? {} : { targetNamespace: ns };
      const spec = { path: `./${path}`, timeout: "2m", ...target };
      await toolkit.apply(
        gitRepository(ns, "app", { url: repository.url }),
        kustomization(ns, "app", spec),
      );

      const ready = await toolkit.untilReady(applied, { status: "True", commit: first });
      const objects = appliedRefs(ready);
      assert.ok(objects.length > 0);
      for (const ref of objects) await toolkit.read(ref);

      const left = await loseFile(loses, ns, repository);

      await toolkit.remove(applied);
      for (const ref of left) {
        await toolkit.until(ref, "gone", isGoneOrGoing);
      }
      await toolkit.remove(source);
    },
  });
}

/** Takes a file out of the repository and gives the objects that must be left. */
async function loseFile(
  { folder, file, object }: Sample["loses"],
  ns: string,
  repository: TestRepository,
): Promise<ObjectRef[]> {
  const applied = kustomizationRef(ns, "app");
  const before = appliedRefs(await toolkit.read(applied));
  const prefix = folder === "" ? "" : `${folder}/`;
  const list = `${prefix}kustomization.yaml`;
  const text = await Deno.readTextFile(`${repository.workFolder}/${list}`);
  const lines = text.split("\n");
  const kept = lines.filter((line) => !line.trim().endsWith(file));
  assert.equal(kept.length, lines.length - 1, `${list} does not name ${file} once`);

  const commit = await repository.commit({
    files: { [list]: kept.join("\n") },
    delete: [`${prefix}${file}`],
  });
  await toolkit.nudge(gitRepositoryRef(ns, "app"));
  const ready = await toolkit.untilReady(applied, { status: "True", commit });

  const after = appliedRefs(ready);
  const ids = new Set(after.map(inventoryId));
  const removed = before.filter((ref) => !ids.has(inventoryId(ref)));
  assert.ok(removed.some(({ kind, name }) => `${kind}/${name}` === object));
  assert.equal(removed.length, before.length - after.length);
  for (const ref of removed) {
    await toolkit.until(ref, "gone", isGoneOrGoing);
  }
  for (const ref of after) await toolkit.read(ref);
  return after;
}
