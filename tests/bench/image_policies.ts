/**
 * Part `policies` of the image benchmark: many policies, each of an image of its own with many tags, choose; and
 * choose once more when a scan has found others.
 *
 * @module
 */
import { type Cost, formatCost, goal, markdownTable, medianCost, MIB } from "./cost.ts";
import type { ImagePart, PartOptions, PartReport } from "./image_part.ts";
import { ORDERS, type PoliciesAnswer, type PoliciesQuestion } from "./image_policies_worker.ts";
import { LineWorker } from "./line_worker.ts";
import { readProcessCost } from "./process_cost.ts";

/** Chooses tags. */
export const POLICIES: ImagePart = {
  what: "policies, a quarter of them for each way to choose",
  size: 500,
  measure: measurePolicies,
};

interface PoliciesRow {
  readonly order: string;
  readonly first: Cost;
  /** When each image has two more tags. */
  readonly again: Cost;
}

const TAGS = 1_000;
/** What is compiled for the first choices is not theirs; nor may it know their images. */
const WARM_UP: PoliciesQuestion = { images: "w", tags: 200 };
const MOST_SECONDS = 5;

async function measurePolicies(size: number, options: PartOptions): Promise<PartReport> {
  const { runs, progress } = options;
  const answers: { first: PoliciesAnswer; again: PoliciesAnswer }[] = [];
  let peakBytes = 0;
  for (let run = 0; run < runs; run++) {
    progress.update(`policies, run ${run + 1}`);
    const folder = await Deno.makeTempDir({ prefix: "sluice-bench-" });
    try {
      const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`, "--ignore-env"];
      await using worker = new LineWorker("image_policies_worker.ts", flags, [`${size}`, folder]);
      const ask = async (question: PoliciesQuestion): Promise<PoliciesAnswer> =>
        JSON.parse(await worker.ask(JSON.stringify(question)));
      await ask(WARM_UP);
      const first = await ask({ images: "p", tags: TAGS });
      answers.push({ first, again: await ask({ images: "p", tags: TAGS + 2 }) });
      peakBytes = Math.max(peakBytes, (await readProcessCost(worker.pid)).peakBytes);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  const rows = ORDERS.map(({ name }): PoliciesRow => ({
    order: name,
    first: medianOf(answers.map(({ first }) => first), name),
    again: medianOf(answers.map(({ again }) => again), name),
  }));
  return {
    table: tableOf(size, rows),
    goals: goalsOf(rows, peakBytes),
    figures: { rows, peakMib: peakBytes / MIB },
  };
}

function medianOf(answers: readonly PoliciesAnswer[], name: string): Cost {
  return medianCost(answers.flatMap((answer) => answer[name] ?? []));
}

function tableOf(size: number, rows: readonly PoliciesRow[]): string {
  const each = Math.ceil(size / ORDERS.length);
  return markdownTable(
    ["policies", "of tags each", "by", "first", "after a scan"],
    rows.map((
      { order, first, again },
    ) => [`${each}`, `${TAGS}`, order, formatCost(first), formatCost(again)]),
  );
}

function goalsOf(rows: readonly PoliciesRow[], peakBytes: number): readonly string[] {
  const total = rows.reduce((sum, { first }) => sum + first.wallSeconds, 0);
  return [
    goal(total <= MOST_SECONDS, `all choose in ${total.toFixed(2)} s (${MOST_SECONDS})`),
    `most memory of the process: ${(peakBytes / MIB).toFixed(0)} MiB`,
  ];
}
