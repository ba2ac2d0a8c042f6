/**
 * The real sops, which seals what we have to open.
 *
 * @module
 */
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { buildTool } from "../../tools/controlplane/build.ts";
import { captureText } from "../../tools/process.ts";

/** An age key of a test. */
export interface AgeKey {
  /** What a file is sealed for. */
  readonly recipient: string;
  /** What opens it, as a key file. */
  readonly identity: string;
}

/** sops in a folder of its own; gone when disposed of. */
export interface Sops extends AsyncDisposable {
  /** Seals a file under its name, which says its format; `args` say for whom. */
  seal(name: string, content: string | Uint8Array, args: readonly string[]): Promise<string>;
  /** Runs a command of sops on a sealed file that is called `name`, and gives what it prints. */
  run(command: readonly string[], name: string, sealed: string): Promise<string>;
}

/** How sops finds private keys. */
export interface SopsOptions {
  /** Age key files. */
  readonly identities?: readonly string[];
  /** Home of gpg. */
  readonly gnupgHome?: string;
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Makes a key. */
export async function makeAgeKey(): Promise<AgeKey> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  return { recipient, identity: `# public key: ${recipient}\n${identity}\n` };
}

/** Opens an empty folder for sops to work in. */
export async function openSops(
  { identities = [], gnupgHome, env: more }: SopsOptions = {},
): Promise<Sops> {
  const built = await buildTool("sops");
  if (!built.ok) throw new Error(built.message);
  const program = built.value;
  const folder = await Deno.makeTempDir({ prefix: "sluice-sops-" });
  const env = {
    HOME: folder,
    SOPS_AGE_KEY: identities.join(""),
    ...(gnupgHome !== undefined && { GNUPGHOME: gnupgHome }),
    ...more,
  };
  async function run(
    command: readonly string[],
    name: string,
    content: string | Uint8Array,
  ): Promise<string> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${folder}/${name}`, bytes);
    const ran = await captureText([program, ...command, name], { cwd: folder, env });
    if (!ran.ok) throw new Error(ran.message);
    return ran.value;
  }
  return {
    seal: (name, content, args) => run(["encrypt", ...args], name, content),
    run,
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
}
