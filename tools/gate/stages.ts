/**
 * The commands of each stage of the gate.
 *
 * @module
 */
import { resolveCallerPath } from "../../lib/base/mod.ts";
import { exists } from "../controlplane/cache_folder.ts";
import type { GateRun, StageName } from "./request.ts";

/** One child process of a stage. */
export interface Step {
  readonly command: readonly string[];
  /** How it says what it ran: a JUnit file, a closing line, or its exit code alone. */
  readonly counts: "junit" | "closing line" | "exit code";
  /** For messages, where a stage has several. */
  readonly part?: string;
  /** Set on top of the stage's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a stage runs. */
export interface Stage {
  readonly name: StageName;
  readonly steps: readonly Step[];
  /** Why there is nothing to run on this machine. */
  readonly lacking?: string;
  /** Needs the shared control plane. */
  readonly needsCluster: boolean;
  readonly limitMs: number;
}

const MINUTE_MS = 60_000;
const TOOL_PERMISSIONS = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-sys",
];
const ROW_PERMISSIONS = ["--allow-read", "--allow-env", "--allow-write"];
const UNIT_PERMISSIONS = ["--allow-read", "--allow-env"];
const UNIT_FOLDERS = [
  "lib",
  "crds",
  "controllers",
  "cli",
  "web",
  "tools",
  "tests/support",
  "tests/bench",
];
const SHARED_CASES = "../shared/cases";

/**
 * The stage `name` of `run`. Paths in the arguments start at the caller's folder, all others at the
 * project, our working folder.
 */
export async function planStage(
  name: StageName,
  run: GateRun,
  callerFolder: string,
): Promise<Stage> {
  const parts = run.stages.at(-1) === name ? run.parts : [];
  const paths = parts.map((part) => resolveCallerPath(part, callerFolder));
  const plain = (...args: string[]): Stage => ({
    name,
    steps: [{ command: [Deno.execPath(), ...args], counts: "exit code" }],
    needsCluster: false,
    limitMs: 5 * MINUTE_MS,
  });
  switch (name) {
    case "fmt":
      return plain("fmt", "--check");
    case "lint":
      return plain("lint");
    case "check":
      return plain("check");
    case "gen":
      return plain(
        "run",
        "--allow-read",
        "--allow-write",
        "--allow-run",
        "tools/gen.ts",
        "--check",
      );
    case "docs":
      return plain("run", "--allow-read", "--allow-run", "tools/lint_docs.ts");
    case "unit":
      return await planTests(name, run, paths, {
        folders: UNIT_FOLDERS,
        flags: [...UNIT_PERMISSIONS, "--doc", "--parallel"],
      });
    case "conformance":
      return await planConformance(parts);
    case "fuzz":
      return planFuzz(parts);
    case "integration":
    case "faults":
    case "e2e":
      return await planTests(name, run, paths, {
        folders: [`tests/${name}`],
        flags: [
          ...TOOL_PERMISSIONS,
          // Each file has controllers of its own that see its objects only, or a cluster of its own.
          "--parallel",
          // All files were checked just before, as one program.
          ...(run.stages.includes("check") ? ["--no-check"] : []),
        ],
        // They wait for controllers, servers and clusters a good part of their time.
        env: { DENO_JOBS: String(navigator.hardwareConcurrency + 1) },
      });
  }
}

/**
 * Inputs on which there was no difference once, so that a change which makes one is what fails. New ones are
 * looked for by hand (`deno task fuzz`), with a seed of the clock.
 */
const FUZZ: Readonly<Record<string, { readonly seed: number; readonly inputs: number }>> = {
  kustomize: { seed: 1_100_030, inputs: 1_800 },
  yaml: { seed: 900_000, inputs: 15_000 },
  git: { seed: 1, inputs: 36_000 },
};

function planFuzz(parts: readonly string[]): Stage {
  const subjects = parts.length > 0 ? parts : ["kustomize", "yaml", "git"];
  return {
    name: "fuzz",
    steps: subjects.map((subject) => ({
      command: [
        Deno.execPath(),
        "run",
        ...TOOL_PERMISSIONS,
        "tools/fuzz.ts",
        subject,
        "--seconds=20",
        `--seed=${FUZZ[subject]?.seed ?? 1}`,
        `--inputs=${FUZZ[subject]?.inputs ?? 1}`,
      ],
      counts: "closing line",
      part: subject,
    })),
    needsCluster: false,
    limitMs: 15 * MINUTE_MS,
  };
}

async function planTests(
  name: StageName,
  run: GateRun,
  parts: readonly string[],
  how: { folders: readonly string[]; flags: readonly string[]; env?: Step["env"] },
): Promise<Stage> {
  const folders: string[] = [];
  for (const folder of how.folders) if (await exists(folder)) folders.push(folder);
  const filter = run.filter === undefined ? [] : [`--filter=${run.filter}`];
  const command = [
    Deno.execPath(),
    "test",
    ...how.flags,
    ...filter,
    ...(parts.length > 0 ? parts : folders),
    ...(run.existingCluster ? ["--", "--use-existing-cluster"] : []),
  ];
  return {
    name,
    steps: folders.length > 0 ? [{ command, counts: "junit", env: how.env ?? {} }] : [],
    needsCluster: name !== "unit",
    limitMs: (run.long ? 8 * 60 : 20) * MINUTE_MS,
  };
}

/**
 * Without areas the tool runs all rows it knows, and the scenarios that must come out the same; areas are
 * run apart, so that each has its own limits.
 */
async function planConformance(parts: readonly string[]): Promise<Stage> {
  const rows = (...args: string[]) => countedStep("tools/conformance.ts", ROW_PERMISSIONS, args);
  const golden = (...args: string[]): Step => ({
    ...countedStep("tools/golden.ts", TOOL_PERMISSIONS, args),
    part: "golden",
  });
  const all = [rows(), golden("--skip-gaps")];
  const apart = parts.map((part) => part === "golden" ? golden() : { ...rows(part), part });
  const stage: Stage = {
    name: "conformance",
    steps: parts.length > 0 ? apart : all,
    needsCluster: false,
    limitMs: 15 * MINUTE_MS,
  };
  if (await exists(SHARED_CASES)) return stage;
  return { ...stage, lacking: `there is no ${SHARED_CASES}: it holds the recorded cases` };
}

function countedStep(tool: string, permissions: readonly string[], args: readonly string[]): Step {
  const command = [Deno.execPath(), "run", ...permissions, tool, ...args];
  return { command, counts: "closing line" };
}
