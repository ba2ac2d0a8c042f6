/**
 * `deno doc --lint` over the faces of `lib`, without what it says of types that belong to packages: their
 * documentation is theirs.
 *
 * @module
 */
import { print, printError } from "./terminal.ts";

/** One complaint of `deno doc --lint`, with the lines that show its place. */
export interface Complaint {
  readonly text: string;
  /** The type that a public one refers to; only for `private-type-ref`. */
  readonly privateType: string | undefined;
}

/** Takes the output apart; colours are taken out. */
export function parseComplaints(output: string): Complaint[] {
  // deno-lint-ignore no-control-regex -- escape sequences are what is looked for
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  return plain.split(/^(?=error\[)/m).filter((text) => text.startsWith("error[")).map((text) => ({
    text: text.trimEnd(),
    privateType: /references private type '([^']+)'/.exec(text)?.[1],
  }));
}

async function main(): Promise<number> {
  const faces: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir("lib")) {
    if (isDirectory && name !== "testing") faces.push(`lib/${name}/mod.ts`);
  }
  const run = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...faces.sort()],
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (run.success) return 0;
  const decoder = new TextDecoder();
  const output = decoder.decode(run.stdout) + decoder.decode(run.stderr);
  const complaints = parseComplaints(output);
  if (complaints.length === 0) {
    printError(output);
    return 1;
  }
  const ours = await declaredTypes("lib");
  const left = complaints.filter(({ privateType }) =>
    privateType === undefined || ours.has(privateType)
  );
  for (const { text } of left) print(`${text}\n`);
  if (left.length > 0) print(`${left.length} public names lack documentation`);
  return left.length === 0 ? 0 : 1;
}

/** Names of all types that our own files declare. */
async function declaredTypes(folder: string): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) {
      for (const inner of await declaredTypes(path)) names.add(inner);
    } else if (name.endsWith(".ts")) {
      const text = await Deno.readTextFile(path);
      const declarations = text.matchAll(/^(?:export )?(?:interface|type|class) (\w+)/gm);
      for (const [, declared = ""] of declarations) names.add(declared);
    }
  }
  return names;
}

if (import.meta.main) Deno.exitCode = await main();
