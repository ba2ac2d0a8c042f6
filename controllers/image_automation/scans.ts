/**
 * What registries have for the images of automated workloads: asked once an interval, chosen by each filter.
 *
 * @module
 */
import type { ImageUpdateAutomation } from "../../crds/mod.ts";
import {
  type Budget,
  fail,
  mapParallel,
  ok,
  parseDuration,
  type Result,
  startDeadline,
} from "../../lib/base/mod.ts";
import {
  type AutomatedContainer,
  type BuildDateSource,
  type BuildDateStore,
  fittingTags,
  highestVersion,
  nameOfImage,
  newestByDate,
} from "../../lib/image/mod.ts";
import type { ImageAccess } from "../../lib/oci/mod.ts";
import { REQUESTED_AT } from "../../lib/runtime/mod.ts";
import { type AutomationContext, nameOf, type Scan } from "./context.ts";
import type { Task } from "./task.ts";

/** The tag that a container should run; with the digest, when a container is pinned to one. */
export interface ChosenTag {
  readonly tag: string;
  readonly digest: string | undefined;
}

/** What was chosen, and what could not be. */
export interface ChosenTags {
  /** The tag for a container; nothing when its image could not be chosen. */
  of(container: AutomatedContainer): ChosenTag | undefined;
  /** In words, one for each image and filter. */
  readonly troubles: readonly string[];
  /** How far build dates have come that the next run goes on with. */
  readonly unfinished: string | undefined;
}

/** One automation asks for no more images; each is a list of tags. */
const MOST_IMAGES = 100;
const AT_ONCE = 4;
/** The push has to have its time as well. */
const LONGEST_MS = 20_000;
/** A scan that is due within this time is made now. */
const EARLY_MS = 1_000;

const NOTHING: ChosenTags = { of: () => undefined, troubles: [], unfinished: undefined };

/** Asks for what is not known since the last interval, and chooses. */
export async function chooseTags(
  automation: ImageUpdateAutomation,
  containers: readonly AutomatedContainer[],
  { budget: { signal }, questions }: Pick<Task, "budget" | "questions">,
  ctx: AutomationContext,
): Promise<ChosenTags> {
  if (containers.length === 0) {
    ctx.scans.write(nameOf(automation), new Map());
    return NOTHING;
  }
  using deadline = startDeadline(ctx.clock, LONGEST_MS, signal);
  const budget = ctx.budget(deadline.signal);
  const images = Map.groupBy(containers, imageKeyOf);
  const asked = [...images].slice(0, MOST_IMAGES);
  const scans = new Map<string, Scan>();
  const before = ctx.scans.read(nameOf(automation));
  await mapParallel(asked, AT_ONCE, async ([key, [first]]) => {
    const known = before.get(key);
    if (first === undefined) return;
    const isFresh = known !== undefined && isRecent(automation, known, ctx);
    scans.set(key, isFresh ? known : await scan(automation, first, { budget, known }, ctx));
  });
  // Those of images that no workload has any more go.
  ctx.scans.write(nameOf(automation), new Map([...scans].filter(([, { list }]) => list.ok)));
  const choice = await chooseAll(asked, scans, { budget, questions }, ctx);
  if (images.size <= MOST_IMAGES) return choice;
  const tooMany = `${images.size} images are automated, of at most ${MOST_IMAGES}: ` +
    "make another ImageUpdateAutomation for a part of them";
  return { ...choice, troubles: [...choice.troubles, tooMany] };
}

/** Images that are asked for alike. */
function imageKeyOf({ image, pullSecrets, serviceAccount }: AutomatedContainer): string {
  return JSON.stringify([nameOfImage(image), pullSecrets, serviceAccount]);
}

/** Every other reason to run than time and a request changes nothing at registries. */
function isRecent(
  { spec, metadata }: ImageUpdateAutomation,
  { atMs, requestedAt }: Scan,
  { clock }: AutomationContext,
): boolean {
  if (requestedAt !== metadata.annotations?.[REQUESTED_AT]) return false;
  const interval = parseDuration(spec.interval);
  return clock.now() < atMs + (interval.ok ? interval.value : 0) - EARLY_MS;
}

async function scan(
  automation: ImageUpdateAutomation,
  { image, pullSecrets, serviceAccount }: AutomatedContainer,
  { budget, known }: { readonly budget: Budget; readonly known: Scan | undefined },
  ctx: AutomationContext,
): Promise<Scan> {
  const name = nameOfImage(image);
  const requestedAt = automation.metadata.annotations?.[REQUESTED_AT];
  const about = { atMs: ctx.clock.now(), requestedAt, digests: new Map<string, string>() };
  // In no other namespace: what a manifest says of its own is nobody's leave to read Secrets there.
  const { namespace } = nameOf(automation);
  const pull = { secrets: pullSecrets, serviceAccount };
  const login = await ctx.readPullLogin(namespace, pull, name);
  const anonymous: ImageAccess = { image: name, insecure: false, login: undefined };
  if (!login.ok) return { ...about, access: anonymous, list: login };
  const access = { ...anonymous, login: login.value };
  const before = known?.list.ok === true ? known.list.value : undefined;
  return { ...about, access, list: await ctx.listTags(access, budget, before) };
}

async function chooseAll(
  images: readonly (readonly [string, readonly AutomatedContainer[]])[],
  scans: ReadonlyMap<string, Scan>,
  { budget, questions }: Pick<Task, "budget" | "questions">,
  ctx: AutomationContext,
): Promise<ChosenTags> {
  const store = await ctx.dates.open();
  const chosen = new Map<string, ChosenTag>();
  const troubles: string[] = [];
  const unfinished: string[] = [];
  for (const [key, containers] of images) {
    const scan = scans.get(key);
    if (scan === undefined) continue;
    const registry = openRegistry(scan.access, budget, questions, ctx);
    for (const [pattern, its] of Map.groupBy(containers, ({ pattern }) => pattern.text)) {
      const [first] = its;
      if (first === undefined) continue;
      const tag = await choose(first, scan, { ...registry, store, budget, questions });
      const digest = tag.ok ? await digestFor(its, tag.value, scan, registry) : tag;
      if (tag.ok && digest.ok) {
        chosen.set(choiceKeyOf(first), { tag: tag.value, digest: digest.value });
      } else if (!digest.ok) {
        const trouble = `${nameOfImage(first.image)} by ${pattern}: ${digest.message}`;
        (digest.code === "Unfinished" ? unfinished : troubles).push(trouble);
      }
    }
  }
  await ctx.dates.flush();
  return {
    of: (container) => chosen.get(choiceKeyOf(container)),
    troubles,
    unfinished: unfinished[0],
  };
}

function choiceKeyOf(container: AutomatedContainer): string {
  return JSON.stringify([imageKeyOf(container), container.pattern.text]);
}

interface Registry extends BuildDateSource {
  readonly store: BuildDateStore;
  readonly budget: Budget;
  readonly questions: { left: number };
}

/** The newest tag that the container's filter takes: by version, or by the date of its image. */
async function choose(
  { pattern }: AutomatedContainer,
  { list, digests }: Scan,
  { store, budget, questions, ...source }: Registry,
): Promise<Result<string>> {
  if (!list.ok) return list;
  const fitting = await fittingTags(list.value.tags, pattern, budget);
  if (!fitting.ok) return fitting;
  if (pattern.ordersByDate && fitting.value.length > 0) {
    const mostQuestions = Math.max(0, questions.left);
    return await newestByDate(fitting.value, source, { store, budget, digests, mostQuestions });
  }
  const highest = await highestVersion(fitting.value, budget);
  if (!highest.ok) return highest;
  return highest.value === undefined ? fail("NoMatch", "no tag fits") : ok(highest.value);
}

/** Who pins an image by its digest goes on doing so. */
async function digestFor(
  containers: readonly AutomatedContainer[],
  tag: string,
  { digests }: Scan,
  registry: BuildDateSource,
): Promise<Result<string | undefined>> {
  const moves = containers.some(({ image }) => image.digest !== "" && image.tag !== tag);
  if (!moves) return ok(undefined);
  const known = digests.get(tag);
  if (known !== undefined) return ok(known);
  const digest = await registry.fetchDigest(tag);
  if (digest.ok) digests.set(tag, digest.value);
  return digest;
}

/** A session that begins with the first question, and counts them. */
function openRegistry(
  access: ImageAccess,
  budget: Budget,
  questions: { left: number },
  { openReader }: Pick<AutomationContext, "openReader">,
): BuildDateSource {
  let opening: ReturnType<typeof openReader> | undefined;
  const open = () => {
    questions.left--;
    return opening ??= openReader(access, budget);
  };
  return {
    async fetchDigest(tag) {
      const reader = await open();
      return reader.ok ? await reader.value.fetchDigest(tag) : reader;
    },
    async fetchCreated(digest) {
      const reader = await open();
      return reader.ok ? await reader.value.fetchCreated(digest) : reader;
    },
  };
}
