/**
 * An artifact whose bytes are not those that the source has recorded: nothing of it is applied, the source builds it
 * anew, and the next fetch heals (reliability, row 53).
 *
 * @module
 */
import assert from "node:assert/strict";
import { fieldOf } from "../../tools/demo/observe.ts";
import { configMapRef, configMapYaml, valueOf } from "../support/app.ts";
import { ArtifactRelay, flipBit, type RelayMode } from "../support/artifact_relay.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { startGitServer } from "../support/git_server.ts";
import {
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
  useToolkit,
} from "../support/toolkit.ts";

const relay = new ArtifactRelay();
const cluster = useTestCluster();
const toolkit = useToolkit(cluster, {
  components: ["source", "kustomize"],
  flags: [`--storage-adv-addr=${relay.host}`, "--http-retry=0"],
});
Deno.test.afterAll(() => relay[Symbol.asyncDispose]());

const inFlight: { mode: RelayMode; message: string }[] = [
  { mode: "flipped", message: "digest mismatch" },
  { mode: "promises less", message: "digest mismatch" },
  { mode: "promises more", message: "the connection was closed" },
];

Deno.test("of an artifact with other bytes than recorded nothing is applied", async (t) => {
  await using git = await startGitServer();
  const repository = await git.createRepository("app");
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const [source, applied] = [gitRepositoryRef(ns, "app"), kustomizationRef(ns, "app")];
  const respec = (spec: Readonly<Record<string, unknown>> = {}) =>
    toolkit.apply(
      kustomization(ns, "app", { targetNamespace: ns, path: "./", retryInterval: "1s", ...spec }),
    );
  const push = (value: string) =>
    repository.commit({ files: { "map.yaml": configMapYaml("map", value) } });
  const readValue = async () => valueOf(await toolkit.read(configMapRef(ns, "map")));
  let good = await push("first");
  await toolkit.apply(gitRepository(ns, "app", { url: repository.url }));
  await toolkit.untilReady(source, { status: "True", commit: good });
  relay.upstream = `http://127.0.0.1:${await toolkit.untilLogged(/"artifacts":(\d+)/)}`;
  await respec();
  await toolkit.untilReady(applied, { status: "True", commit: good });

  for (const { mode, message } of inFlight) {
    await t.step(`in flight: ${mode}`, async () => {
      const before = await readValue();
      relay.mode = mode;
      good = await push(mode);
      await toolkit.nudge(source);

      await toolkit.untilReady(applied, { status: "False", reason: "ArtifactFailed", message });
      assert.equal(await readValue(), before, "nothing is applied");
      relay.mode = "honest";
      await toolkit.untilReady(applied, { status: "True", commit: good });
      assert.equal(await readValue(), mode);
    });
  }

  await t.step("on the source's disk: it is built anew", async () => {
    await respec({ suspend: true });
    await toolkit.untilObserved(applied);
    good = await push("on disk");
    await toolkit.nudge(source);
    const stored = await toolkit.untilReady(source, { status: "True", commit: good });
    const file = `${toolkit.storageFolder}/${fieldOf(stored, "status", "artifact", "path")}`;
    const bytes = await Deno.readFile(file);
    await Deno.writeFile(file, flipBit(bytes));
    await respec({ suspend: false });

    const message = "digest mismatch";
    await toolkit.untilReady(applied, { status: "False", reason: "ArtifactFailed", message });
    assert.equal(await readValue(), "promises more", "nothing is applied");

    await toolkit.nudge(source);
    await toolkit.untilReady(applied, { status: "True", commit: good });
    assert.equal(await readValue(), "on disk");
    assert.deepEqual(await Deno.readFile(file), bytes, "the file is as it was");
    await toolkit.untilEvent(ns, "ArtifactVerificationFailed");
  });
  await toolkit.cluster.remove(applied);
});
