/**
 * etcd by its HTTP gateway, for tests that disturb what is behind an API server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fieldOf } from "../../tools/demo/observe.ts";

/** Makes an etcd forget all versions before the one of now. */
export async function compactEtcd(address: string): Promise<void> {
  const read = await call(address, "range", { key: btoa("any") });
  const revision = fieldOf(read, "header", "revision");
  await call(address, "compaction", { revision, physical: true });
}

async function call(address: string, what: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${address}/v3/kv/${what}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer;
}
