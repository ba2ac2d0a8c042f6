/**
 * Opens sealed files.
 *
 * @module
 */
import {
  type Budget,
  BudgetSpent,
  fail,
  isRecord,
  ok,
  parseJson,
  type Result,
  stringifyJson,
} from "../base/mod.ts";
import { emitYaml, fromPlain, parseOne, toPlain } from "../yaml/mod.ts";
import { openDataKey } from "./data_key.ts";
import type { SopsFormat } from "./format.ts";
import type { KeyServices } from "./master_key.ts";
import type { Metadata } from "./metadata.ts";
import { readSealedDotenv } from "./read_dotenv.ts";
import { readSealedIni } from "./read_ini.ts";
import { readSealedJson } from "./read_json.ts";
import { readSealedYaml } from "./read_yaml.ts";
import { type OpenedText, openText, type SealedText } from "./sealed_text.ts";

/** What a file held. */
export interface OpenedFile {
  /** As sops would print it. */
  readonly content: Uint8Array;
  /** Whether the MAC says that nothing was added, changed, moved or taken away. */
  readonly isIntact: boolean;
  /** Every value that was sealed, to be kept out of messages. */
  readonly secrets: readonly string[];
}

/** How to open a file. */
export interface OpenOptions {
  /** What it is sealed as. */
  readonly format: SopsFormat;
  /** What shall come out, if something else: `binary` of JSON, and YAML and JSON of each other. */
  readonly output?: SopsFormat;
  /** Who opens its data key. */
  readonly opener: DataKeys;
  /** Limits. */
  readonly budget: Budget;
  /** Lets others work for a while, between the values of a large file. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** What Flux reads at most. */
const MOST_BYTES = 5 << 20;

const READERS: Readonly<
  Record<SopsFormat, (text: string, budget: Budget) => Result<SealedText>>
> = {
  yaml: readSealedYaml,
  json: readSealedJson,
  binary: readSealedJson,
  dotenv: readSealedDotenv,
  ini: readSealedIni,
};

const NAMES: Readonly<Record<SopsFormat, string>> = {
  yaml: "YAML",
  json: "JSON",
  binary: "binary",
  dotenv: "dotenv",
  ini: "INI",
};

/** Opens data keys, each once: several files and documents may share one. */
export class DataKeys {
  readonly #services: KeyServices;
  readonly #opened = new Map<string, Promise<Result<Uint8Array>>>();

  /** Asks `services`. */
  constructor(services: KeyServices) {
    this.#services = services;
  }

  /** The data key of a file. */
  open({ groups, threshold }: Metadata): Promise<Result<Uint8Array>> {
    const name = JSON.stringify([threshold, groups]);
    const opened = this.#opened.get(name) ?? openDataKey({ groups, threshold }, this.#services);
    this.#opened.set(name, opened);
    return opened;
  }
}

/**
 * Opens a sealed file. No failure shows a value or a key. Codes: `NoDataKey`, `Tampered`, `NotSealed`,
 * `BadMetadata`, `Malformed`, `TooLarge`, `BudgetExceeded`.
 */
export async function openSealed(
  content: Uint8Array,
  options: OpenOptions,
): Promise<Result<OpenedFile>> {
  const { format, budget } = options;
  if (content.length > MOST_BYTES) {
    const why =
      `cannot decrypt file with size (${content.length} bytes) exceeding limit (${MOST_BYTES})`;
    return fail("TooLarge", why);
  }
  const sealed = readSealed(
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(content),
    format,
    budget,
  );
  if (!sealed.ok) {
    return fail(
      sealed.code,
      `failed to load encrypted ${NAMES[format]} data: ${sealed.message}`,
      sealed,
    );
  }
  const key = await options.opener.open(sealed.value.metadata);
  if (!key.ok) return fail(key.code, `cannot get sops data key: ${key.message}`, key);
  const opened = await openText(sealed.value, key.value, options);
  if (!opened.ok) return fail(opened.code, `error decrypting sops tree: ${opened.message}`, opened);
  const output = contentOf(opened.value, options);
  if (!output.ok) return output;
  const secrets = opened.value.values.map(({ value }) => value.text);
  return ok({ content: output.value, isIntact: opened.value.isIntact, secrets });
}

function readSealed(text: string, format: SopsFormat, budget: Budget): Result<SealedText> {
  try {
    return READERS[format](text, budget);
  } catch (thrown) {
    if (thrown instanceof BudgetSpent) return fail("BudgetExceeded", thrown.message, thrown);
    throw thrown;
  }
}

/** What was opened, in the format that is wanted. */
function contentOf(
  opened: OpenedText,
  { format, output = format, budget }: OpenOptions,
): Result<Uint8Array> {
  const isJson = format === "json" || format === "binary";
  if (output === "binary" && isJson) return wholeOf(opened, format);
  return ok(new TextEncoder().encode(convert(opened.text, { format, output, budget })));
}

/** The one value of a file that was sealed as a whole, byte for byte. */
function wholeOf({ values, text }: OpenedText, format: SopsFormat): Result<Uint8Array> {
  const data = values.find(({ path }) => path.length === 1 && path[0] === "data");
  if (data !== undefined) return ok(data.value.bytes);
  const plain = parseJson(text);
  if (isRecord(plain) && typeof plain.data === "string") {
    return ok(new TextEncoder().encode(plain.data));
  }
  return fail(
    "Malformed",
    `failed to emit encrypted ${NAMES[format]} file as decrypted binary: it has no 'data'; ` +
      "give it a name that ends in .json",
  );
}

function convert(
  text: string,
  { format, output, budget }: { format: SopsFormat; output: SopsFormat; budget: Budget },
): string {
  if (format === "json" && output === "yaml") return emitYaml(fromPlain(parseJson(text)));
  if (format === "yaml" && output === "json") {
    const parsed = parseOne(text, { budget });
    if (parsed.ok) return `${stringifyJson(toPlain(parsed.value))}\n`;
  }
  return text;
}
