/**
 * `deno task bench sha1`: our SHA-1, which looks for attacks, beside the platform's, which does not.
 *
 * @module
 */
import { createHash, hash } from "node:crypto";
import process from "node:process";
import { digestSha1 } from "../../lib/sha1/mod.ts";
import { noiseOf } from "../../lib/testing/git_objects.ts";
import { print, printError } from "../../tools/terminal.ts";
import { markdownTable } from "./cost.ts";
import { readSizes } from "./options.ts";

const HELP = `Takes SHA-1 of contents of several sizes, by ours and by node:crypto.

Usage: deno task bench sha1 [--sizes N[,N…]] [--mib N] [--runs N]

Options:
  --sizes N[,N…]   bytes of a content (default 200,400,1000,4000,100000,1000000)
  --mib N          what is digested in a run, in MiB (default 64)
  --runs N         runs of each; the quickest is printed (default 5)
  --help           show this

Prints a table: microseconds of processor time for one content, and MB a second. Fails when digests differ.
`;

type Digest = (head: string, content: Uint8Array) => string;

const DIGESTS: Readonly<Record<string, Digest>> = {
  ours: (head, content) => digestSha1(head, content).hex,
  "node:crypto": (head, content) => createHash("sha1").update(head).update(content).digest("hex"),
  "node:crypto, one piece": (_, content) => hash("sha1", content, "hex"),
};

/** Measures and prints; gives the exit code. */
export function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    print(HELP);
    return Promise.resolve(0);
  }
  const given = readSizes(args, {
    "--sizes": [200, 400, 1_000, 4_000, 100_000, 1_000_000],
    "--mib": [64],
    "--runs": [5],
  });
  if (!given.ok) {
    printError(`bench: ${given.message}`);
    return Promise.resolve(2);
  }
  const read = (name: string) => given.value.get(name) ?? [];
  const [mib = 1] = read("--mib");
  const [runs = 1] = read("--runs");
  const rows = read("--sizes").map((size) => {
    const content = noiseOf(size);
    const turns = Math.ceil((mib << 20) / size);
    const cells = Object.values(DIGESTS).map((digest) => {
      const micros = Math.min(
        ...Array.from({ length: runs }, () => microsOf(digest, content, turns)),
      );
      return `${micros.toFixed(2)} µs (${(size / micros).toFixed(0)} MB/s)`;
    });
    return [`${size.toLocaleString("en")} bytes`, ...cells];
  });
  print(markdownTable(["content", ...Object.keys(DIGESTS)], rows));
  return Promise.resolve(areSame() ? 0 : 1);
}

/** Processor time of one digest. */
function microsOf(digest: Digest, content: Uint8Array, turns: number): number {
  const head = `blob ${content.length}\0`;
  const { user, system } = process.cpuUsage();
  for (let turn = 0; turn < turns; turn++) digest(head, content);
  const after = process.cpuUsage();
  return (after.user + after.system - user - system) / turns;
}

function areSame(): boolean {
  const digests = Object.values(DIGESTS).map((digest) => digest("", noiseOf(100_000)));
  return new Set(digests).size === 1;
}
