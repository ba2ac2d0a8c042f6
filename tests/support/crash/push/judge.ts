/**
 * I8 of the reliability reference, held against what became of a repository: branches only go forward, each
 * update is one commit, none is empty, and nothing else in the repository changes.
 *
 * @module
 */
import { isEqualJson } from "../../../../lib/base/mod.ts";
import { isBehind, type Story, tipOf, type ToldCommit } from "./story.ts";

/** What must have become of a repository. */
export interface Wanted {
  /** Address that the automation commits by. */
  readonly bot: string;
  /** Folder that it may change, with a slash. */
  readonly path: string;
  /** Branch that its commits go to, by its full name. */
  readonly branch: string;
  /** Branch that gets each of them besides. */
  readonly copy?: string;
  /** The tags that it had to write, in order. */
  readonly tags: readonly string[];
  /** `status.lastPushCommit`. */
  readonly lastPush: string | undefined;
}

/** A value with its marker. */
const MARKED = /^image: \S+:(\S+)( # \{"\$imagepolicy": "[^"]+"\})$/;

/** Everything that is wrong, in words. */
export function judgePushes(story: Story, wanted: Wanted): string[] {
  const ours = [...story.commits.values()].filter(({ by }) => by === wanted.bot);
  const tags = ours.map((commit) => tagOf(commit, wanted.path));
  const last = ours.at(-1)?.id;
  return [
    ...judgeSafety(story, wanted),
    ...(isEqualJson(tags, wanted.tags)
      ? []
      : [`wrote ${tags.join(", ") || "nothing"}, not ${wanted.tags.join(", ") || "nothing"}`]),
    ...ours.flatMap(({ id }) => judgePlace(story, id, wanted)),
    ...(wanted.lastPush === last ? [] : [`status tells of ${wanted.lastPush}, not of ${last}`]),
  ];
}

/** The part of it that needs no knowledge of what was to be written. */
export function judgeSafety(story: Story, { bot, path }: Pick<Wanted, "bot" | "path">): string[] {
  const ours = [...story.commits.values()].filter(({ by }) => by === bot);
  return [...judgeMoves(story), ...ours.flatMap((commit) => judgeCommit(commit, path))];
}

function judgeMoves(story: Story): string[] {
  return story.moves.flatMap(({ ref, from, to }) =>
    from === undefined || isBehind(story, from, to)
      ? []
      : [`${ref} was moved from ${from} to ${to}, which does not lead back to it`]
  );
}

function judgeCommit({ id, parents, changes }: ToldCommit, path: string): string[] {
  const outside = [...changes.keys()].filter((file) => !file.startsWith(path));
  const foreign = [...changes].filter(([, change]) => tagIn(change.added, change.removed) === "");
  return [
    ...(parents.length === 1 ? [] : [`${id} has ${parents.length} parents`]),
    ...(changes.size > 0 ? [] : [`${id} is empty`]),
    ...outside.map((file) => `${id} changes ${file}`),
    ...foreign.map(([file]) => `${id} changes more than a value in ${file}`),
  ];
}

function judgePlace(story: Story, id: string, { branch, copy }: Wanted): string[] {
  return [branch, ...(copy === undefined ? [] : [copy])].flatMap((ref) => {
    const tip = tipOf(story, ref);
    return tip !== undefined && isBehind(story, id, tip) ? [] : [`${ref} lacks ${id}`];
  });
}

function tagOf({ changes }: ToldCommit, path: string): string {
  const inside = [...changes].filter(([file]) => file.startsWith(path));
  return [...new Set(inside.map(([, change]) => tagIn(change.added, change.removed)))].join("+");
}

/** The tag that a change writes; empty when it does anything else. */
function tagIn(added: readonly string[], removed: readonly string[]): string {
  const [now, before] = [added, removed].map((lines) => MARKED.exec(lines[0] ?? ""));
  const isOneLine = added.length === 1 && removed.length === 1;
  return isOneLine && now?.[2] === before?.[2] ? now?.[1] ?? "" : "";
}
