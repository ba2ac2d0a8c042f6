/**
 * Why a remote base cannot be had, with what to do about it.
 *
 * @module
 */
import { fail, type Failure, maskSecrets } from "../base/mod.ts";

const REMEDIES: Readonly<Record<string, string>> = {
  InvalidAddress: "write it as https://host/organisation/repository//folder?ref=v1.0.0",
  RefNotFound: "correct its ref",
  InvalidRef: "correct its ref",
  UnknownCommit: "name a branch or a tag instead",
  EmptyRepository: "push something to it, or take it out",
  RepositoryNotFound: "correct the address; what needs a login must be copied into the repository",
  Unauthorized: "it is fetched without a login; copy it into the repository",
  Forbidden: "it is fetched without a login; copy it into the repository",
  Unreachable: "correct the address, or let this host reach it",
  Timeout: "copy it into the repository; a git address may ask for more time with timeout=60s",
  TooLarge: "copy the part that is needed into the repository",
};

/** The failure of `address`, for people. */
export function remoteFailure(address: string, failure: Failure): Failure {
  const shown = maskSecrets(address, []);
  const remedy = REMEDIES[failure.code];
  const text = `Cannot fetch remote base "${shown}": ${failure.message.trim()}`;
  return fail(failure.code, remedy === undefined ? text : `${text}; ${remedy}`, failure);
}

/** What of a folder the runtime's permissions keep closed, and how to open it. */
export function withPermissionHint(failure: Failure, url: string): Failure {
  if (failure.code !== "NotPermitted" || !URL.canParse(url)) return failure;
  const { hostname, port, protocol } = new URL(url);
  const peer = `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
  const message = `${failure.message}; add ${peer} to --allow-net of this process, ` +
    `see "Remote bases" in deploy/README.md`;
  return fail(failure.code, message, failure);
}

/** SSH needs a key and known hosts, which no remote base is given. */
export function refuseSsh(repository: string): Failure {
  const [, host, path] = /^(?:ssh:\/\/)?(?:[^@/]*@)?([^/:]+)(?::\d+)?[:/](.*)$/.exec(repository) ??
    [];
  const instead = host === undefined ? "https://" : `https://${host}/${path}`;
  return fail(
    "Unsupported",
    `SSH needs a key, and remote bases are fetched without a login; write ${instead}, ` +
      "or copy it into the repository",
  );
}
