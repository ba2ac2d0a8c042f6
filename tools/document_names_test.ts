/**
 * What the documents name is there: files, folders, headings, tasks.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fieldOf } from "../lib/base/mod.ts";
import { readPages } from "./read_pages.ts";

const PROJECT = new URL("..", import.meta.url);
/** A path from the top of the project, unless it stands for many (`crds/GROUP/KIND.ts`, `lib/*`). */
const PATH = /`((?:cli|controllers|crds|deploy|docs|lib|tests|tools)\/[a-z0-9_./-]+)`/g;
const LINK = /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g;
const TASK = /deno(?:@2)? task ([a-z]+)/g;

for (const { path, text } of await readPages()) {
  Deno.test(`what ${path} names is there`, async () => {
    const missing = await Promise.all([
      ...[...text.matchAll(PATH)].map(([, named = ""]) => missingFile(new URL(named, PROJECT))),
      ...[...text.matchAll(LINK)].map(([, file = "", heading]) =>
        missingPlace(new URL(file, new URL(path, PROJECT)), heading)
      ),
      ...[...text.matchAll(TASK)].map(([, task = ""]) => missingTask(task)),
    ]);

    assert.deepEqual(missing.filter((name) => name !== undefined), []);
  });
}

async function missingFile(url: URL): Promise<string | undefined> {
  try {
    await Deno.stat(url);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return url.pathname;
    throw thrown;
  }
}

async function missingPlace(url: URL, heading: string | undefined): Promise<string | undefined> {
  if (heading === undefined) return await missingFile(url);
  const text = await Deno.readTextFile(url);
  const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => anchorOf(title));
  return anchors.includes(heading) ? undefined : `${url.pathname}#${heading}`;
}

/** As forges make it of a title. */
function anchorOf(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

async function missingTask(task: string): Promise<string | undefined> {
  const config: unknown = JSON.parse(await Deno.readTextFile(new URL("deno.json", PROJECT)));
  return fieldOf(config, "tasks", task) === undefined ? `deno task ${task}` : undefined;
}
