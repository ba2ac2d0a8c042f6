/**
 * The first module of a thread that builds Kustomizations; see `build_pool.ts`.
 *
 * @module
 */
import { doBuild } from "./build_job.ts";
import { serveJobs } from "./serve_jobs.ts";

serveJobs(doBuild);
