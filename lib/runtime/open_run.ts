/**
 * What a reconcile function gets: steps shown, write-ahead, events.
 *
 * @module
 */
import type { Clock, Random, Timer } from "../base/mod.ts";
import type { ConditionRules, Run } from "./kind.ts";
import type { Logger } from "./log.ts";
import type { ObjectWriter } from "./object_writer.ts";
import type { EventRecord } from "./outcome.ts";
import { type Progress, showProgress } from "./summarize.ts";

/** A step is written once a run has lasted this long: a quick run makes one write, at its end. */
const SHOW_AFTER_MS = 1_000;

/** A write-ahead or a state that the API server did not confirm, or of a run that is over; it must not go on. */
export class CheckpointFailed extends Error {
  override name = "CheckpointFailed";
}

/** What a run is made of. */
export interface RunParts {
  readonly writer: ObjectWriter;
  readonly rules: ConditionRules;
  readonly generation: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly woken: boolean;
  readonly triggers: readonly string[];
  readonly send: (event: EventRecord) => void;
}

/** A run and how it is closed. */
export interface OpenRun<Status> {
  readonly run: Run<Status>;
  /** The step that was named last. */
  readonly progress: () => Progress | undefined;
  /** Shows no more steps; the last word is the outcome's. */
  close(): void;
}

/** Opens the context of one run. */
export function openRun<Status>(parts: RunParts): OpenRun<Status> {
  const { writer, rules, clock, log } = parts;
  let latest: Progress | undefined;
  let hasDrift = false;
  let timer: Timer | undefined;
  let isClosed = false;

  async function show(): Promise<void> {
    timer?.cancel();
    timer = undefined;
    if (latest === undefined || parts.signal.aborted) return;
    const progress = { ...latest, drift: hasDrift };
    const stamp = { generation: parts.generation, nowMs: clock.now() };
    const shown = await writer.writeStatus((status) =>
      showProgress(rules, status, progress, stamp)
    );
    // Nothing depends on it: the next write will say as much.
    if (!shown.ok) log.debug("progress not shown", { error: shown.message });
  }
  const run: Run<Status> = {
    signal: parts.signal,
    log,
    clock,
    random: parts.random,
    woken: parts.woken,
    triggers: parts.triggers,
    async progress(message, options = {}) {
      if (isClosed) return;
      latest = { message, drift: options.drift ?? false };
      hasDrift ||= latest.drift;
      if (options.flush) await show();
      else timer ??= clock.after(SHOW_AFTER_MS, () => void show());
    },
    async checkpoint(status) {
      if (isClosed || parts.signal.aborted) throw new CheckpointFailed("The run was called off");
      const written = await writer.writeStatus((before) => ({ ...before, ...status }));
      if (!written.ok) throw new CheckpointFailed(written.message, { cause: written });
    },
    async confirm() {
      if (isClosed || parts.signal.aborted) throw new CheckpointFailed("The run was called off");
      const confirmed = await writer.confirm();
      if (!confirmed.ok) throw new CheckpointFailed(confirmed.message, { cause: confirmed });
    },
    event: parts.send,
  };
  return {
    run,
    progress: () => latest && { ...latest, drift: hasDrift },
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}
