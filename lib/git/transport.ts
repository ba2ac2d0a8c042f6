/**
 * A way to the programs that serve a repository.
 *
 * @module
 */
import type { Budget, Result } from "../base/mod.ts";
import type { Advertisement } from "./advertisement.ts";

/** What serves a repository: the one sends objects, the other takes them. */
export type Program = "git-upload-pack" | "git-receive-pack";

/** A repository's program, wherever it is; dispose of it when the conversation is over. */
export interface Transport extends Disposable {
  /** Asks what the server can do. */
  advertise(budget: Budget): Promise<Result<Service>>;
  /** Sends a command to a service that answered before. */
  send(service: Service, command: Uint8Array, budget: Budget): Promise<Result<Answer>>;
}

/** A server that has answered. */
export interface Service {
  /** What it can do. */
  readonly advertisement: Advertisement;
  /** Where it is, after redirects. */
  readonly url: string;
}

/** The answer to a command, as it arrives. */
export interface Answer extends AsyncDisposable {
  /** Its bytes. */
  readonly body: AsyncIterable<Uint8Array>;
}
