/**
 * The first module of a thread that builds Kustomizations; see `build_pool.ts`.
 *
 * @module
 */
import { resourceLimits } from "node:worker_threads";
import { type BuildRequest, doBuild } from "./build_job.ts";
import { openManifestCache } from "./manifest_cache.ts";
import { serveJobs } from "./serve_jobs.ts";

/** What a large build needs of the heap by itself. */
const BUILD_MIB = 384;
/** Of the rest, the cache takes half: states are copied while they are worked on. */
const CACHE_SHARE = 0.5;
const MIB = 2 ** 20;

const spareMib = (resourceLimits.maxOldGenerationSizeMb ?? 0) - BUILD_MIB;
const cache = spareMib > 0 ? openManifestCache(spareMib * CACHE_SHARE * MIB) : undefined;

serveJobs((request: BuildRequest, stop) => doBuild(request, stop, cache));
