/**
 * Posts events to an event receiver.
 *
 * @module
 */
import { type Clock, fail, messageOf, ok, type Result } from "../base/mod.ts";
import { type Happening, webhookBody } from "./event_message.ts";

const TIMEOUT_MS = 5_000;
const TOO_MANY_REQUESTS = 429;

/** Posts one event. The receiver answers 429 to a duplicate: that is an arrival. */
export async function sendWebhook(
  event: Happening,
  signal: AbortSignal,
  options: {
    address: string;
    clock: Clock;
    fetch?: (request: Request) => Promise<Response>;
  },
): Promise<Result<void>> {
  const body = webhookBody(event);
  if (body === undefined) return ok(undefined);
  const deadline = new AbortController();
  const timer = options.clock.after(TIMEOUT_MS, () => deadline.abort(new Error("no answer")));
  try {
    const request = new Request(options.address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      // The body goes to the address that was configured, and nowhere else.
      redirect: "manual",
      signal: AbortSignal.any([signal, deadline.signal]),
    });
    const response = await (options.fetch ?? fetch)(request);
    await response.body?.cancel();
    return judge(response.status);
  } catch (error) {
    return fail("Unreachable", `Cannot post to the event receiver: ${messageOf(error)}`, error);
  } finally {
    timer.cancel();
  }
}

function judge(status: number): Result<void> {
  if (status < 300 || status === TOO_MANY_REQUESTS) return ok(undefined);
  const code = status >= 500 ? "Unreachable" : "Permanent";
  return fail(code, `The event receiver answered ${status}`);
}
