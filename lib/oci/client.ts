/**
 * The face of a registry.
 *
 * @module
 */
import { type Budget, type Clock, ok, type Result, systemClock } from "../base/mod.ts";
import type { HttpClient, ProxyOptions, TlsOptions } from "../http/mod.ts";
import { fetchImageCreated } from "./created.ts";
import { fetchTagDigest } from "./digest.ts";
import type { RegistryLogin } from "./docker_config.ts";
import { withinBudget } from "./failure.ts";
import { parseImageName } from "./image_name.ts";
import { openMemory, openSession, type Session } from "./session.ts";
import { fetchTags, type TagList } from "./tags.ts";

/** Which image, and how to get at it. */
export interface ImageAccess {
  /** Without tag: `alpine`, `ghcr.io/org/app`. */
  readonly image: string;
  /** Whether HTTP without TLS is allowed, when HTTPS fails. */
  readonly insecure: boolean;
  /** How to log in; anonymously when absent. */
  readonly login: RegistryLogin | undefined;
  /** Certificates of this registry. */
  readonly tls?: TlsOptions;
  /** Who connects for us. */
  readonly proxy?: ProxyOptions;
}

/**
 * Asks registries. Failure codes: `InvalidName`, `Unauthorized`, `NotFound`, `TooManyRequests`, `TooLarge`,
 * `InvalidAnswer`, and those of `lib/http`. Messages have Flux's words and hold no secret.
 */
export interface OciClient {
  /** All tags of an image; with the list of `before` a registry that knows it by its ETag does not send it again. */
  listTags(access: ImageAccess, budget: Budget, before?: TagList): Promise<Result<TagList>>;
  /** The digest of the manifest that `tag` stands for: `sha256:…`. */
  fetchDigest(access: ImageAccess, tag: string, budget: Budget): Promise<Result<string>>;
  /** When the image with that digest was made, as its configuration says it; nothing where that says nothing. */
  fetchCreated(
    access: ImageAccess,
    digest: string,
    budget: Budget,
  ): Promise<Result<string | undefined>>;
  /** For many such questions about one image's repository. */
  openReader(access: ImageAccess, budget: Budget): Promise<Result<ImageReader>>;
}

/** Asks about the images of one repository, in one session: the registry sees one login, not one per question. */
export interface ImageReader {
  /** As {@linkcode OciClient.fetchDigest}. */
  fetchDigest(tag: string): Promise<Result<string>>;
  /** As {@linkcode OciClient.fetchCreated}. */
  fetchCreated(digest: string): Promise<Result<string | undefined>>;
}

/**
 * A client over `http`, which the caller closes. It remembers how registries are reached, and tokens while they hold.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * import { openHttp } from "../http/mod.ts";
 * const answer = { name: "app", tags: ["1.0", "1.1"] };
 * await using http = openHttp({ transport: () => Promise.resolve(Response.json(answer)) });
 * const access = { image: "ghcr.io/org/app", insecure: false, login: undefined };
 * const list = await openOci(http).listTags(access, defaultBudget());
 * assert.deepEqual(list.ok && list.value.tags, ["1.0", "1.1"]);
 * ```
 */
export function openOci(http: HttpClient, clock: Clock = systemClock): OciClient {
  const memory = openMemory(clock);
  function inSession<T>(
    access: ImageAccess,
    budget: Budget,
    step: (session: Session, repository: string) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    return withinBudget(async () => {
      const name = parseImageName(access.image);
      if (!name.ok) return name;
      const { insecure, login, tls, proxy } = access;
      const options = { name: name.value, insecure, login, tls, proxy, budget };
      const session = await openSession(http, options, memory);
      return session.ok ? await step(session.value, name.value.repository) : session;
    });
  }
  return {
    listTags: (access, budget, before) =>
      inSession(
        access,
        budget,
        (session, repository) => fetchTags(session, repository, { budget, before }),
      ),
    fetchDigest: (access, tag, budget) =>
      inSession(access, budget, (session, repository) => fetchTagDigest(session, repository, tag)),
    fetchCreated: (access, digest, budget) =>
      inSession(
        access,
        budget,
        (session, repository) => fetchImageCreated(session, repository, digest),
      ),
    openReader: (access, budget) =>
      inSession(access, budget, (session, repository) =>
        Promise.resolve(ok({
          fetchDigest: (tag) => withinBudget(() => fetchTagDigest(session, repository, tag)),
          fetchCreated: (digest) =>
            withinBudget(() => fetchImageCreated(session, repository, digest)),
        }))),
  };
}
