/**
 * Looks into a served artifact, as kubectl's user would with curl and tar.
 *
 * @module
 */
import { captureText } from "../../tools/process.ts";

/** The entries, folders too, of the `.tar.gz` at `url`, sorted. */
export async function listEntries(url: string): Promise<string[]> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const listed = await captureText(["tar", "-tz"], { input: await answer.bytes() });
  if (!listed.ok) throw new Error(listed.message);
  return listed.value.split("\n").filter((line) => line !== "").sort();
}
