/**
 * The documents that people write and read, for tests that hold them against the code.
 *
 * @module
 */
const PROJECT = new URL("..", import.meta.url);
/** Pages outside of `docs`. */
const PAGES = ["README.md", "CONTRIBUTING.md", "deploy/README.md", "tests/faults/README.md"];
/** Not `docs/api`, which is generated. */
const FOLDERS = ["docs", "docs/spec", "docs/adr"];

/** A document. */
export interface Page {
  /** From the top of the project. */
  readonly path: string;
  /** All of it. */
  readonly text: string;
}

/** Every page, by its path. */
export async function readPages(): Promise<Page[]> {
  const paths = [...PAGES];
  for (const folder of FOLDERS) {
    for await (const { name } of Deno.readDir(new URL(folder, PROJECT))) {
      if (name.endsWith(".md")) paths.push(`${folder}/${name}`);
    }
  }
  return await Promise.all(
    paths.sort().map(async (path) => ({
      path,
      text: await Deno.readTextFile(new URL(path, PROJECT)),
    })),
  );
}
