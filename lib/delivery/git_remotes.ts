/**
 * Git remotes as the flags of a component want them: how they are reached, and how one logs in.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { openClouds } from "../cloud/mod.ts";
import { type GitClient, type GitWriter, openGit } from "../git/mod.ts";
import { type HttpClient, openHttp } from "../http/mod.ts";
import { type ComponentDeps, isGateOn } from "../runtime/mod.ts";
import { checkAlgorithms, openSsh } from "../ssh/mod.ts";
import { openGitLogins, type ReadGitLogin } from "./git_logins.ts";
import { pickTags } from "./pick_tag.ts";

/** Remotes, while a component runs. */
export interface GitRemotes extends AsyncDisposable {
  /** Reads them and writes to them. */
  readonly git: GitClient & GitWriter;
  /** How a repository logs in. */
  readonly readLogin: ReadGitLogin;
  /** What they are reached by. */
  readonly http: HttpClient;
}

/** Opens connections as they are needed; fails with `InvalidFlag` for a flag that nobody can follow. */
export function openGitRemotes(
  { cluster, clock, flags }: Pick<ComponentDeps, "cluster" | "clock" | "flags">,
): Result<GitRemotes> {
  const algorithms = { kex: flags["ssh-kex-algos"], hostKey: flags["ssh-hostkey-algos"] };
  const offered = checkAlgorithms(algorithms);
  if (!offered.ok) {
    return fail("InvalidFlag", `--ssh-kex-algos, --ssh-hostkey-algos: ${offered.message}`);
  }
  const http = openHttp({ clock });
  const ssh = openSsh({ clock, algorithms });
  const clouds = openClouds({
    http,
    clock,
    env: (name) => Deno.env.get(name),
    readFile: (path) => Deno.readTextFile(path),
  });
  const allowsAccounts = isGateOn("ObjectLevelWorkloadIdentity", flags["feature-gates"]);
  return ok({
    git: openGit({ http, ssh, clock, pickTags }),
    readLogin: openGitLogins({ cluster, http, clock, clouds, allowsAccounts }),
    http,
    async [Symbol.asyncDispose]() {
      await ssh[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
    },
  });
}
