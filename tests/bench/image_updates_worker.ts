/**
 * Image automation as a process of its own: one line says what policies choose anew, one line says what it took
 * to write that. All but the cluster is what the controller itself runs.
 *
 * @module
 */
import { fakeContext, FakeRemote } from "../../controllers/image_automation/fakes_test.ts";
import { reconcileImageUpdateAutomation } from "../../controllers/image_automation/image_update_automation.ts";
import {
  GitRepository,
  ImagePolicy,
  ImageUpdateAutomation,
  type ImageUpdateAutomationStatus,
} from "../../crds/mod.ts";
import { ok, systemClock } from "../../lib/base/mod.ts";
import { openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { formatCommitMessage, updateWithSetters } from "../../lib/image/mod.ts";
import { fakeRun } from "../../lib/testing/fake_run.ts";
import { print } from "../../tools/terminal.ts";
import { linesOf, timeStep, valueOf } from "./worker.ts";

/** What the process is told when it starts, as JSON. */
export interface UpdatesSetup {
  readonly url: string;
  /** Of the policies. */
  readonly namespace: string;
}

const { url, namespace }: UpdatesSetup = JSON.parse(Deno.args[0] ?? "{}");
await using http = openHttp();
const policies = new Map<string, ImagePolicy>();
const repository = valueOf(GitRepository.decode({
  ...headOf(GitRepository, "app"),
  spec: { url, interval: "10m", ref: { branch: "main" } },
}));
// What nobody asks for here is that of unit tests; what does the work is the controller's own.
const context = {
  ...fakeContext(new FakeRemote({}), {
    git: openGit({ http }),
    updateFiles: updateWithSetters,
    renderMessage: formatCommitMessage,
    readRepository: () => Promise.resolve(ok(repository)),
    listPolicies: () => Promise.resolve([...policies.values()]),
  }),
  ...fakeRun<ImageUpdateAutomationStatus>({ clock: systemClock }),
};
let status: object = {};

for await (const line of linesOf(Deno.stdin.readable)) {
  const chosen: Readonly<Record<string, string>> = JSON.parse(line);
  for (const [name, tag] of Object.entries(chosen)) policies.set(name, policyOf(name, tag));
  const { value: outcome, cost } = await timeStep(() =>
    reconcileImageUpdateAutomation(automationNow(), context)
  );
  if (outcome.kind !== "ready") throw new Error(outcome.message);
  status = { ...status, ...outcome.status };
  print(JSON.stringify(cost));
}

function headOf({ apiVersion, kind }: { apiVersion: string; kind: string }, name: string) {
  return { apiVersion, kind, metadata: { namespace, name } };
}

function policyOf(name: string, tag: string): ImagePolicy {
  return valueOf(ImagePolicy.decode({
    ...headOf(ImagePolicy, name),
    spec: { imageRepositoryRef: { name }, policy: { semver: { range: "*" } } },
    status: { latestRef: { name: `example.test/${name}`, tag } },
  }));
}

function automationNow(): ImageUpdateAutomation {
  const author = { name: "Bench", email: "bench@example.com" };
  return valueOf(ImageUpdateAutomation.decode({
    ...headOf(ImageUpdateAutomation, "app"),
    spec: {
      interval: "10m",
      sourceRef: { kind: GitRepository.kind, name: "app" },
      git: {
        commit: { author, messageTemplate: "{{ range .Changed.Changes }}{{ .NewValue }}{{ end }}" },
      },
      update: { path: "./apps", strategy: "Setters" },
    },
    status,
  }));
}
