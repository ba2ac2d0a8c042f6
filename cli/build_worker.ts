/**
 * The first module of a thread that builds for the command line: folders of the disk, and Kustomizations.
 *
 * @module
 */
import { type BuildHead, type BuildRequest, doBuild, serveJobs } from "../lib/delivery/mod.ts";
import { buildLargeFolder, type FolderHead, type FolderRequest } from "./large_build.ts";

serveJobs<BuildRequest | FolderRequest, BuildHead | FolderHead>((request, stop) =>
  "dir" in request ? buildLargeFolder(request, stop) : doBuild(request, stop)
);
