/**
 * Part `updates` of the image benchmark: as many policies choose anew in one repository, one after the other and
 * then all at once; beside a script that clones, changes, commits and pushes with git.
 *
 * @module
 */
import type { TestRepository } from "../support/git_repository.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { type Cost, formatCost, goal, markdownTable, medianCost, timeCommand } from "./cost.ts";
import type { ImagePart, PartOptions, PartReport } from "./image_part.ts";
import type { UpdatesSetup } from "./image_updates_worker.ts";
import { LineWorker } from "./line_worker.ts";

/** Writes updates into one repository. */
export const UPDATES: ImagePart = {
  what: "updates in one repository, a commit each",
  size: 200,
  measure: measureUpdates,
};

interface UpdatesRow {
  readonly by: string;
  /** All of them, one after the other. */
  readonly total: Cost;
  /** The one in the middle. */
  readonly each: Cost;
  /** All that have been chosen since, in one commit. */
  readonly atOnce: Cost;
}

const NAMESPACE = "bench";
const FLAGS = ["--allow-net", "--ignore-env", "--allow-sys=osRelease"];
/** What a script does for an update; `$0` is the address, the names are the files whose tag it is to set. */
const SCRIPT = `set -e
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet --depth 1 "$0" "$work/app"
cd "$work/app"
tag=$1; shift
for name; do sed -i "s|\\(example.test/$name:\\)[^ ]*|\\1$tag|" "apps/$name.yaml"; done
git -c user.name=Bench -c user.email=bench@example.com commit --quiet --all --message "$tag"
git push --quiet origin main`;
const GIT = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" };

async function measureUpdates(size: number, options: PartOptions): Promise<PartReport> {
  await using git = await startGitServer();
  const rows = [
    await measure("ours", size, git, options, openOurs),
    await measure("git", size, git, options, openScript),
  ];
  return { table: updatesTable(size, rows), goals: goalsOf(rows), figures: rows };
}

/** Who writes tags into the files of some policies. */
interface Updater extends AsyncDisposable {
  update(names: readonly string[], tag: string): Promise<Cost>;
}

async function measure(
  by: string,
  size: number,
  git: GitServer,
  { runs, progress }: PartOptions,
  open: (repository: TestRepository) => Updater,
): Promise<UpdatesRow> {
  const names = Array.from({ length: size }, (_, index) => `app-${index}`);
  const costs: { readonly each: Cost[]; readonly atOnce: Cost[] } = { each: [], atOnce: [] };
  const totals: Cost[] = [];
  for (let run = 0; run < runs; run++) {
    const repository = await git.createRepository(`${by}-${run}`);
    await repository.commit({ files: Object.fromEntries(names.map(fileOf)) });
    await using updater = open(repository);
    const each: Cost[] = [];
    for (const [index, name] of names.entries()) {
      progress.update(`${by}, run ${run + 1}: ${index} of ${size} updates`);
      each.push(await updater.update([name], "1.1.0"));
    }
    costs.each.push(...each);
    totals.push(sumOf(each));
    costs.atOnce.push(await updater.update(names, "1.2.0"));
    await check(repository, names);
  }
  const [total, each, atOnce] = [totals, costs.each, costs.atOnce].map(medianCost);
  if (!total || !each || !atOnce) throw new TypeError("three lists have three medians");
  return { by, total, each, atOnce };
}

function sumOf(costs: readonly Cost[]): Cost {
  return {
    wallSeconds: costs.reduce((sum, { wallSeconds }) => sum + wallSeconds, 0),
    cpuSeconds: costs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  };
}

function openOurs({ url }: TestRepository): Updater {
  const setup: UpdatesSetup = { url, namespace: NAMESPACE };
  const worker = new LineWorker("image_updates_worker.ts", FLAGS, [JSON.stringify(setup)]);
  return {
    async update(names, tag): Promise<Cost> {
      const chosen = Object.fromEntries(names.map((name) => [name, tag]));
      return JSON.parse(await worker.ask(JSON.stringify(chosen)));
    },
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
}

function openScript({ url }: TestRepository): Updater {
  return {
    update: (names, tag) => timeCommand(["sh", "-c", SCRIPT, url, tag, ...names], "/dev/null", GIT),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A manifest of usual size with one value that a policy may change. */
function fileOf(name: string): readonly [string, string] {
  const marker = `# {"$imagepolicy": "${NAMESPACE}:${name}"}`;
  const lines = [
    "apiVersion: apps/v1",
    "kind: Deployment",
    `metadata: { name: ${name}, labels: { app: ${name} } }`,
    "spec:",
    "  replicas: 2",
    `  selector: { matchLabels: { app: ${name} } }`,
    "  template:",
    `    metadata: { labels: { app: ${name} } }`,
    "    spec:",
    "      containers:",
    "        - name: main",
    `          image: example.test/${name}:1.0.0 ${marker}`,
    "          ports: [{ containerPort: 8080 }]",
  ];
  return [`apps/${name}.yaml`, `${lines.join("\n")}\n`];
}

/** One commit for each update and one for all at once, and nothing that was not asked for. */
async function check({ bare }: TestRepository, names: readonly string[]): Promise<void> {
  const [count, files, other] = await Promise.all([
    bare("rev-list", "--count", "main"),
    bare("grep", "--count", ":1\\.2\\.0 #", "main", "--", "apps"),
    bare("diff", "--shortstat", `main~${names.length + 1}`, "main"),
  ]);
  const size = names.length;
  const changed = files.split("\n").length;
  const isRight = count === String(size + 2) && changed === size &&
    other.includes(`${size} insertions(+), ${size} deletions(-)`);
  if (!isRight) throw new Error(`${count} commits, ${changed} files at 1.2.0, ${other}`);
}

function updatesTable(size: number, rows: readonly UpdatesRow[]): string {
  const columns = ["updates", "by", "all, a commit each", "the median one", "all at once"];
  return markdownTable(
    columns,
    rows.map((
      { by, total, each, atOnce },
    ) => [`${size}`, by, formatCost(total), formatCost(each), formatCost(atOnce)]),
  );
}

function goalsOf([ours, script]: readonly UpdatesRow[]): readonly string[] {
  if (ours === undefined || script === undefined) return [];
  const ratio = ours.each.wallSeconds / script.each.wallSeconds;
  return [goal(ratio <= 1, `an update takes ${ratio.toFixed(2)} × what the script takes (1)`)];
}
