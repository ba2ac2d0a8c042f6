/**
 * The areas: where the recorded rows of each lie, and what runs them.
 *
 * @module
 */

/** Says why a row fails, or nothing. */
export type RunRow = (row: unknown) => string | undefined | Promise<string | undefined>;

/** One engine and the rows recorded from its peer. */
export interface Area {
  readonly name: string;
  /** Below the folder of recorded cases. */
  readonly rows: string;
  /** Loaded when asked for: an engine that does not even start fails its own area only. */
  readonly load: () => Promise<RunRow>;
}

/** Where the recorded cases lie, seen from the project. */
export const CASES_FOLDER = "../shared/cases";

/** Where the gap lists lie. */
export const GAPS_FOLDER = "tests/conformance/gaps";

/** All areas. */
export const AREAS: readonly Area[] = [
  {
    name: "kustomize",
    rows: "kustomize",
    load: async () => (await import("../../tests/conformance/kustomize.ts")).runCase,
  },
  {
    name: "kustomize-merge",
    rows: "kustomize-merge-units.jsonl",
    load: async () => (await import("../../tests/conformance/kustomize_merge.ts")).runCase,
  },
  {
    name: "kstatus",
    rows: "flux/kstatus.json",
    load: async () => (await import("../../tests/conformance/kstatus.ts")).runRow,
  },
  {
    name: "argo_health",
    rows: "flux/argo_health.json",
    load: async () => (await import("../../tests/conformance/argo_health.ts")).runRow,
  },
  {
    name: "envsubst",
    rows: "flux/envsubst.json",
    load: async () => (await import("../../tests/conformance/envsubst.ts")).runRow,
  },
  {
    name: "flux1",
    rows: "flux/flux1.json",
    load: async () => (await import("../../tests/conformance/flux1.ts")).runRow,
  },
  {
    name: "git_url_oci",
    rows: "flux/git_url_oci.json",
    load: async () => (await import("../../tests/conformance/git_url_oci.ts")).runRow,
  },
  {
    name: "image_policy",
    rows: "flux/image_policy.json",
    load: async () => (await import("../../tests/conformance/image_policy.ts")).runRow,
  },
  {
    name: "semver",
    rows: "flux/semver.json",
    load: async () => (await import("../../tests/conformance/semver.ts")).runRow,
  },
  {
    name: "commit_message",
    rows: "flux/commit_message.json",
    load: async () => (await import("../../tests/conformance/commit_message.ts")).runRow,
  },
  {
    name: "setters",
    rows: "flux/setters.json",
    load: async () => (await import("../../tests/conformance/setters.ts")).runRow,
  },
  {
    name: "sourceignore",
    rows: "flux/sourceignore.json",
    load: async () => (await import("../../tests/conformance/sourceignore.ts")).runRow,
  },
  {
    name: "ssa",
    rows: "flux/ssa.json",
    load: async () => (await import("../../tests/conformance/ssa.ts")).runRow,
  },
];
