/**
 * What replaying needs that is not part of the project.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import { exists } from "../controlplane/cache_folder.ts";
import { capture } from "../process.ts";

/** The recorded scenarios, seen from the project. */
export const SCENARIOS_FOLDER = "../shared/cases/golden";

/** The program that plays them. */
export const RUNNER = "../shared/tools/golden/run.py";

/** Definitions of the kinds we do not have yet: the scenarios apply objects of theirs. */
export const CONTRACT_CRDS = "../shared/contract/crds";

/** The system's own comes second: packages of the system are installed for it. */
const PYTHONS = ["python3", "/usr/bin/python3"];

/** A Python with the runner's packages; fails with `Lacking` and what to install. */
export async function findPython(): Promise<Result<string>> {
  for (const path of [RUNNER, CONTRACT_CRDS]) {
    if (!await exists(path)) return fail("Lacking", `there is no ${path}`);
  }
  for (const python of PYTHONS) {
    const asked = await capture([python, "-c", "import requests, yaml"]);
    if (asked.ok && asked.value.code === 0) return ok(python);
  }
  return fail(
    "Lacking",
    "no python3 with requests and PyYAML: install python3-requests and python3-yaml",
  );
}
