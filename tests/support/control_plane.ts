/**
 * The control plane of integration tests: one for all files of a gate run, one namespace for each test.
 *
 * `deno task test` names its control plane in `SLUICE_TEST_KUBECONFIG`. A test file that is run by
 * itself starts its own, or with `--use-existing-cluster` takes what `KUBECONFIG` names.
 *
 * @module
 */
import type { Result } from "../../lib/base/mod.ts";
import { buildTool } from "../../tools/controlplane/build.ts";
import { installCustomResources } from "../../tools/controlplane/custom_resources.ts";
import { type ControlPlane, startControlPlane } from "../../tools/controlplane/start.ts";
import { captureText } from "../../tools/process.ts";

/** What the tests of one file share. */
export interface TestCluster {
  /** File with an administrator's kubeconfig. Only inside tests. */
  readonly kubeconfigPath: string;
  /** Runs kubectl as administrator and gives what it printed; throws when it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Makes a namespace with a name of its own; it is deleted when disposed of. */
  openNamespace(): Promise<TestNamespace>;
}

/** A namespace of one test. */
export interface TestNamespace extends AsyncDisposable {
  /** Its name; use it in the names of cluster-scoped objects too. */
  readonly name: string;
  /** Runs kubectl in this namespace and gives what it printed; throws when it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Lets an account of this namespace edit in it, from the moment that this is over. */
  letEdit(account: string): Promise<void>;
}

const ALLOWED_LIMIT_MS = 60_000;

/** Which cluster a file of tests needs. */
export interface TestClusterOptions {
  /** One of its own, since the tests add kinds or disturb what others rely on. */
  readonly own?: boolean;
}

/** Makes the cluster ready before the tests of this file and lets go of it after them. */
export function useTestCluster({ own: wantsOwn = false }: TestClusterOptions = {}): TestCluster {
  let own: ControlPlane | undefined;
  let kubeconfigPath = "";
  Deno.test.beforeAll(async () => {
    kubeconfigPath = wantsOwn ? "" : sharedKubeconfig() ?? "";
    if (kubeconfigPath !== "") return;
    own = await startOwn();
    kubeconfigPath = own.kubeconfigPath;
  });
  Deno.test.afterAll(async () => {
    await own?.stop();
  });

  async function kubectl(args: readonly string[], input?: string): Promise<string> {
    if (kubeconfigPath === "") throw new Error("the cluster is there only inside tests");
    const printed = own === undefined
      ? await runKubectl(kubeconfigPath, args, input)
      : await own.kubectl(args, input);
    if (!printed.ok) throw new Error(printed.message);
    return printed.value;
  }
  return {
    get kubeconfigPath() {
      return kubeconfigPath;
    },
    kubectl,
    openNamespace: () => openNamespace(kubectl),
  };
}

async function startOwn(): Promise<ControlPlane> {
  const started = await startControlPlane();
  if (!started.ok) throw new Error(started.message);
  const installed = await installCustomResources(started.value.kubectl);
  if (!installed.ok) throw new Error(installed.message);
  return started.value;
}

/** The cluster that was started or chosen for these tests, if one was. */
function sharedKubeconfig(): string | undefined {
  const named = Deno.env.get("SLUICE_TEST_KUBECONFIG");
  if (named) return named;
  if (!Deno.args.includes("--use-existing-cluster")) return undefined;
  const chosen = Deno.env.get("KUBECONFIG");
  if (!chosen) throw new Error("--use-existing-cluster needs KUBECONFIG to name the cluster");
  return chosen;
}

async function openNamespace(kubectl: TestCluster["kubectl"]): Promise<TestNamespace> {
  const name = `test-${crypto.randomUUID().slice(0, 8)}`;
  await kubectl(["create", "namespace", name]);
  const here = (args: readonly string[], input?: string) =>
    kubectl(["--namespace", name, ...args], input);
  return {
    name,
    kubectl: here,
    async letEdit(account) {
      const subject = `--serviceaccount=${name}:${account}`;
      await here(["create", "rolebinding", account, "--clusterrole=edit", subject]);
      await untilAllowed(here, `system:serviceaccount:${name}:${account}`);
    },
    async [Symbol.asyncDispose]() {
      await kubectl(["delete", "namespace", name, "--wait=false", "--ignore-not-found"]);
    },
  };
}

/** The API server learns of new rights by a watch of its own, which may be behind. */
async function untilAllowed(kubectl: TestNamespace["kubectl"], user: string): Promise<void> {
  const ask = ["auth", "can-i", "create", "configmaps", `--as=${user}`];
  const deadline = performance.now() + ALLOWED_LIMIT_MS;
  while (true) {
    try {
      await kubectl(ask);
      return;
    } catch (refused) {
      if (performance.now() > deadline) throw refused;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The kubectl on PATH, else that of our own build. */
async function runKubectl(
  kubeconfigPath: string,
  args: readonly string[],
  input?: string,
): Promise<Result<string>> {
  const options = input === undefined ? {} : { input };
  const all = [`--kubeconfig=${kubeconfigPath}`, ...args];
  const printed = await captureText(["kubectl", ...all], options);
  if (printed.ok || printed.code !== "CannotRun") return printed;
  const built = await buildTool("controlplane");
  return built.ok ? await captureText([built.value, "kubectl", ...all], options) : built;
}
