/**
 * A repository in memory, into which two automations and some people write at the same time: what any of them
 * does next, and what goes wrong with it, is left to chance.
 *
 * @module
 */
import {
  automation,
  fakeContext,
  FakeRemote,
  policy,
} from "../../../../controllers/image_automation/fakes_test.ts";
import type {
  AutomationContext,
  AutomationParts,
} from "../../../../controllers/image_automation/context.ts";
import { HOLD_ANNOTATION } from "../../../../controllers/image_automation/reverts.ts";
import { reconcileImageUpdateAutomation } from "../../../../controllers/image_automation/image_update_automation.ts";
import { fail, formatTime, ok, type Result } from "../../../../lib/base/mod.ts";
import type { GitWriter } from "../../../../lib/git/mod.ts";
import { FakeClock } from "../../../../lib/testing/fake_clock.ts";
import type { Chance } from "../../../fuzz/mutate.ts";
import { judgeSafety } from "./judge.ts";
import type { FileChange, RefMove, Story } from "./story.ts";

const MAIN = "refs/heads/main";
const THEIRS = "theirs.txt";
const TICK_MS = 50;
const TURNS = 50;

/** What goes wrong with a push. */
const FAULTS = [
  "nothing",
  "nothing",
  "somebody comes first",
  "the other automation comes first",
  "the history is written anew",
  "the server refuses once",
  "it dies before the push",
  "it dies after the push",
  "the answer is lost",
] as const;
type Fault = typeof FAULTS[number];

const DEEDS = ["choose", "choose", "run", "run", "run", "commit", "take back", "rewrite"] as const;

/** An automation with a folder and a policy of its own name. */
interface Bot {
  readonly name: string;
  /** What the policy has chosen. */
  tag: number;
  /** Of the policy. */
  hold: string;
  status: object;
}

/** See the module's description. */
export class World {
  readonly #chance: Chance;
  readonly #bots: readonly [Bot, Bot];
  readonly #remote: FakeRemote;
  readonly #moves: RefMove[] = [];
  /** What the process remembers. */
  readonly #told = new Map<string, string | undefined>();
  /** What has happened, for who wants to know how it came to this. */
  readonly story: string[] = [];
  #writes = 0;

  /** The seed in `chance` decides all of it. */
  constructor(chance: Chance) {
    this.#chance = chance;
    const bot = (name: string): Bot => ({ name, tag: 0, hold: "", status: {} });
    this.#bots = [bot("a"), bot("b")];
    const files = this.#bots.map(({ name }) => [fileOf(name), valueOf(name, 0)]);
    this.#remote = new FakeRemote({ ...Object.fromEntries(files), [THEIRS]: "0" });
  }

  /** One thing happens. */
  async step(): Promise<void> {
    const bot = this.#chance.pick(this.#bots);
    const deed = this.#chance.pick(DEEDS);
    if (deed === "choose") this.#tell(`policy ${bot.name} chooses ${++bot.tag}`);
    else if (deed === "run") await this.#run(bot, this.#chance.pick(FAULTS));
    else if (deed === "commit") this.#commit();
    else if (deed === "take back") this.#takeBack(bot);
    else this.#rewrite();
  }

  /** Lets both come to rest; gives everything that is wrong then. */
  async settle(): Promise<string[]> {
    for (const bot of [...this.#bots, ...this.#bots]) await this.#run(bot, "nothing");
    const { files } = this.#remote.tip("main");
    return [
      ...this.#bots.flatMap((bot) => this.#judge(bot, files)),
      ...(files[THEIRS] === String(this.#writes) ? [] : ["what a person wrote is lost"]),
    ];
  }

  #judge(bot: Bot, files: Readonly<Record<string, string>>): string[] {
    const { name, tag, hold } = bot;
    const isHeld = hold.split(" ")[0] === String(tag);
    const isWritten = files[fileOf(name)] === valueOf(name, tag);
    return [
      ...judgeSafety(this.#readStory(), { bot: mailOf(name), path: `${name}/` }),
      ...(tag === 0 || isHeld || isWritten ? [] : [`${name} is not at ${tag}, and is not held`]),
      ...this.#undone(bot),
    ];
  }

  /** Tags that were written again after a person took them back. */
  #undone({ name }: Bot): string[] {
    const troubles: string[] = [];
    const written = new Set<string>();
    for (const { id, files, author } of this.#line()) {
      if (author.email !== mailOf(name)) continue;
      const value = files[fileOf(name)] ?? "";
      if (written.has(value)) troubles.push(`${id} undoes a person`);
      written.add(value);
    }
    return troubles;
  }

  /** The commits of the branch, the first one first. */
  #line() {
    const line = [this.#remote.tip("main")];
    for (let [last] = line; last?.parent !== undefined; [last] = line) {
      const before = this.#remote.commits.get(last.parent);
      if (before === undefined) throw new TypeError("a commit lacks its parent");
      line.unshift(before);
    }
    return line;
  }

  #readStory(): Story {
    const commits = [...this.#remote.commits.values()].map(({ id, parent, author, files }) => {
      const before = this.#remote.commits.get(parent ?? "")?.files ?? {};
      const parents = parent === undefined ? [] : [parent];
      return { id, parents, by: author.email, changes: changesOf(before, files) };
    });
    return { moves: this.#moves, commits: new Map(commits.map((commit) => [commit.id, commit])) };
  }

  async #run(bot: Bot, fault: Fault): Promise<void> {
    this.#tell(`${bot.name} runs; ${fault}`);
    const { name } = bot;
    let isDead = false;
    let left = 1;
    const push: GitWriter["push"] = async (url, wanted, ...rest) => {
      const strikes = left-- > 0;
      if (strikes) await this.#comeFirst(bot, fault);
      if (strikes && fault === "the server refuses once") return fail("PushRejected", "declined");
      if (isDead || (strikes && fault === "it dies before the push")) {
        isDead = true;
        return fail("Unreachable", "nobody hears this");
      }
      const from = this.#remote.refs.get(MAIN)?.id;
      const pushed: Result<void> = await this.#remote.push(url, wanted, ...rest);
      if (!pushed.ok) return pushed;
      this.#moves.push({ ref: MAIN, from, to: wanted.commit.id });
      isDead = strikes && fault === "it dies after the push";
      const isLost = isDead || (strikes && fault === "the answer is lost");
      return isLost ? fail("Unreachable", "the connection was closed") : pushed;
    };
    const { makeCommit, fetchHistory } = this.#remote;
    const git: AutomationParts["git"] = {
      listRef: (url, ref) => this.#remote.listRef(url, ref),
      fetchTree: (url, ref) => this.#remote.fetchTree(url, ref),
      ...{ fetchHistory, makeCommit, push },
    };
    const author = { name, email: mailOf(name) };
    const object = automation({ commit: { author } }, { update: { path: `./${name}` } }, {
      metadata: { name, namespace: "apps", generation: 1 },
      status: bot.status,
    });
    const clock = new FakeClock();
    const parts = fakeContext(this.#remote, {
      git,
      told: this.#told,
      listPolicies: () => Promise.resolve(this.#bots.flatMap(policyOf)),
      holdPolicy: (_namespace, held, hold) => {
        for (const each of this.#bots) if (each.name === held) each.hold = hold;
        return Promise.resolve(ok(undefined));
      },
    }, clock);
    const checkpoint: AutomationContext["checkpoint"] = (status) => {
      bot.status = { ...bot.status, ...status };
      return Promise.resolve();
    };
    const ctx = { ...parts, checkpoint };
    let isOver = false;
    const running = reconcileImageUpdateAutomation(object, ctx);
    const end = () => void (isOver = true);
    running.then(end, end);
    while (!isOver) {
      // Nothing here waits for more than promises: no timer of the system is needed.
      for (let turn = 0; turn < TURNS && !isOver; turn++) await undefined;
      clock.tick(TICK_MS);
    }
    const { kind, reason, message, status } = await running;
    if (isDead) {
      this.#told.clear();
      return;
    }
    const isReady = kind === "ready" ? "True" : "False";
    const lastTransitionTime = formatTime(clock.now());
    const ready = { type: "Ready", status: isReady, reason, message, lastTransitionTime };
    bot.status = { ...bot.status, ...status, conditions: [ready] };
  }

  async #comeFirst(bot: Bot, fault: Fault): Promise<void> {
    const [first, second] = this.#bots;
    if (fault === "somebody comes first") this.#commit();
    if (fault === "the history is written anew") this.#rewrite();
    if (fault === "the other automation comes first") {
      await this.#run(bot === first ? second : first, "nothing");
    }
  }

  #commit(): void {
    this.#tell("somebody commits");
    this.#remote.commit("main", { [THEIRS]: String(++this.#writes) });
  }

  #takeBack(bot: Bot): void {
    const file = fileOf(bot.name);
    const now = this.#remote.tip("main").files[file] ?? "";
    if (now === valueOf(bot.name, 0)) return;
    this.#tell(`somebody takes back ${now.trim()}`);
    this.#remote.commit("main", { [file]: valueOf(bot.name, 0) });
  }

  /** Somebody drops some of the last commits, and commits something else. */
  #rewrite(): void {
    const line = this.#line();
    const kept = line[this.#chance.below(line.length)];
    if (kept === undefined) return;
    this.#tell("somebody writes the history anew");
    this.#remote.refs.set(MAIN, kept);
    this.#commit();
  }

  #tell(what: string): void {
    this.story.push(what);
  }
}

function mailOf(name: string): string {
  return `${name}@example.com`;
}

function fileOf(name: string): string {
  return `${name}/app.yaml`;
}

function valueOf(name: string, tag: number): string {
  return `image: ghcr.io/org/app:${tag} # {"$imagepolicy": "apps:${name}"}\n`;
}

function policyOf({ name, tag, hold }: Bot) {
  if (tag === 0) return [];
  const object = policy(name, String(tag));
  if (hold !== "") object.metadata.annotations = { [HOLD_ANNOTATION]: hold };
  return [object];
}

/** By whole lines; each file here has one. */
function changesOf(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): ReadonlyMap<string, FileChange> {
  const paths = Object.keys(after).filter((path) => before[path] !== after[path]);
  const linesOf = (text: string | undefined) => text === undefined ? [] : [text.trimEnd()];
  return new Map(paths.map((path) => [
    path,
    { removed: linesOf(before[path]), added: linesOf(after[path]) },
  ]));
}
