/**
 * What `deno task demo` was asked for.
 *
 * @module
 */
import { fail, ok, type Result, taskArguments } from "../../lib/base/mod.ts";

/** The text of `--help`. */
export const HELP =
  `Shows Sluice at work on this machine: a git commit becomes running objects in a real
Kubernetes API server, a later one rolls out, a change made by hand is repaired, a bad commit is refused.

Usage: deno task demo [--once] [--repo URL [--path FOLDER] [--branch NAME] [--namespace NAME]]
                        [--use-existing-cluster [--yes]]

Options:
  --once                   end after the last step: exit code 0 only if all of it was seen
  --repo URL               your own repository instead of the sample, by its http or https URL or by its
                           folder on this machine (then each commit there rolls out); it is only read
  --path FOLDER            folder of it to apply (default ./)
  --branch NAME            branch to follow (default main; of a folder, what is checked out)
  --namespace NAME         namespace for its objects, made for them (default: where they say themselves)
  --use-existing-cluster   the cluster of KUBECONFIG or ~/.kube/config instead of one started for the demo
  --yes                    do not ask before installing the CustomResourceDefinitions there
  --help                   show this

Examples:
  npx -y deno@2 task demo
  npx -y deno@2 task demo --once
  npx -y deno@2 task demo --repo https://github.com/stefanprodan/podinfo --path ./kustomize \\
    --branch master --namespace podinfo
  npx -y deno@2 task demo --repo ~/src/fleet --path ./staging
  KUBECONFIG=kind.yaml npx -y deno@2 task demo --use-existing-cluster
`;

/** The options. */
export interface DemoOptions {
  readonly help: boolean;
  readonly once: boolean;
  readonly repo: string | undefined;
  readonly path: string;
  /** `main`, or what is checked out on this machine, when absent. */
  readonly branch: string | undefined;
  /** Where the objects of `repo` go. */
  readonly namespace: string | undefined;
  readonly existing: boolean;
  readonly yes: boolean;
}

/** Reads the arguments; an option that is not known is a failure that names it. */
export function parseDemoArguments(args: readonly string[]): Result<DemoOptions> {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const rest = [...taskArguments(args)];
  while (rest.length > 0) {
    const [name = "", inline] = splitOnce(rest.shift() ?? "");
    if (["--help", "-h", "--once", "--use-existing-cluster", "--yes"].includes(name)) {
      flags.add(name);
    } else if (["--repo", "--path", "--branch", "--namespace"].includes(name)) {
      const value = inline ?? rest.shift();
      if (value === undefined) return fail("Usage", `${name} needs a value`);
      values.set(name, value);
    } else {
      return fail("Usage", `unknown option ${name}; see deno task demo --help`);
    }
  }
  const stray = ["--path", "--branch", "--namespace"].find((name) => values.has(name));
  if (!values.has("--repo") && stray !== undefined) {
    return fail("Usage", `${stray} goes with --repo`);
  }
  return ok({
    help: flags.has("--help") || flags.has("-h"),
    once: flags.has("--once"),
    repo: values.get("--repo"),
    path: values.get("--path") ?? "./",
    branch: values.get("--branch"),
    namespace: values.get("--namespace"),
    existing: flags.has("--use-existing-cluster"),
    yes: flags.has("--yes"),
  });
}

function splitOnce(argument: string): [string, string | undefined] {
  const equals = argument.indexOf("=");
  if (equals < 0) return [argument, undefined];
  return [argument.slice(0, equals), argument.slice(equals + 1)];
}
