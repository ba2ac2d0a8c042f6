/**
 * A real Kubernetes control plane on loopback: etcd, API server, controller-manager, scheduler, and
 * kwok for one node whose pods "run". For tests, the demo and benchmarks; nothing in it is kept.
 *
 * @module
 */
import { fail, messageOf, ok, type Result } from "../../lib/base/mod.ts";
import { Background, captureText } from "../process.ts";
import { openProgress, type Progress } from "../terminal.ts";
import { removeFolder } from "./cache_folder.ts";
import { type DataFolder, openDataFolder } from "./data_folder.ts";
import {
  IDENTITIES,
  issuerOf,
  kubeconfig,
  makeServiceAccountKeys,
  makeTokens,
  tokenFile,
} from "./credentials.ts";
import {
  apiServerCommand,
  AUDIT_BODIES_POLICY,
  AUDIT_POLICY,
  auditFlags,
  controllerManagerCommand,
  etcdCommand,
  freePorts,
  kwokCommand,
  type Ports,
  schedulerCommand,
  TOKEN_WEBHOOK_FILE,
  tokenWebhookFlags,
} from "./parts.ts";
import { findPrograms, type Programs } from "./programs.ts";

/** How to start a control plane. */
export interface ControlPlaneOptions {
  /** Keep an audit log: of every request, or of every write with its bodies. */
  audit?: boolean | "bodies";
  /** No scheduler and no node: somebody else plays the kubelet, and pods stay as they were created. */
  bare?: boolean;
  /** An API server and nothing that acts on its objects: what is written there stays as it is. */
  apiOnly?: boolean;
  /** Address that is asked whose a token is which the API server does not know. */
  tokenWebhook?: string;
  /** Says what takes long. */
  progress?: Progress;
  /** Calls the start off; a running control plane is stopped by `stop`. */
  signal?: AbortSignal;
}

/** A running control plane. */
export interface ControlPlane extends AsyncDisposable {
  /** File with an administrator's kubeconfig. */
  readonly kubeconfigPath: string;
  /** Holds all of its files; removed by `stop`. */
  readonly dataFolder: string;
  /** Folder with a `kubectl`, to be put on PATH. */
  readonly binFolder: string;
  /** The kubeconfig's text. */
  readonly adminKubeconfig: string;
  /** `https://127.0.0.1:PORT` */
  readonly server: string;
  /** JSON lines, one for each answered request, when an audit log was asked for. */
  readonly auditLogPath: string | undefined;
  /** Resolves with a message when a part ends that was not told to. */
  readonly broken: Promise<string>;
  /** The API server's process, for those who disturb it. */
  readonly apiServer: ApiServerProcess;
  /** `http://127.0.0.1:PORT` of etcd, for those who disturb what is behind it. */
  readonly etcd: string;
  /** Runs kubectl as administrator and gives what it printed. */
  kubectl(args: readonly string[], input?: string): Promise<Result<string>>;
  /** Ends everything and removes its data. */
  stop(): Promise<void>;
}

/** The process of an API server; etcd keeps what it knew. */
export interface ApiServerProcess {
  /** Its process, to be stopped and continued. */
  readonly pid: number;
  /** Kills it, does what `meanwhile` says, and starts it again; resolves when it is ready. */
  restart(meanwhile?: () => Promise<unknown>): Promise<Result<void>>;
}

const ATTEMPTS = 4;
const START_LIMIT_MS = 90_000;
const POLL_MS = 40;

/** Starts a control plane; pods can be created when it resolves. */
export async function startControlPlane(
  options: ControlPlaneOptions = {},
): Promise<Result<ControlPlane>> {
  const programs = await findPrograms(options.progress ?? openProgress());
  if (!programs.ok) return programs;
  for (let attempt = 1;; attempt++) {
    const started = await startOnFreePorts(programs.value, options);
    // Between choosing a free port and listening on it somebody else may have taken it.
    const unlucky = !started.ok && /address already in use/.test(started.message);
    if (!unlucky || attempt === ATTEMPTS) return started;
  }
}

async function startOnFreePorts(
  programs: Programs,
  options: ControlPlaneOptions,
): Promise<Result<ControlPlane>> {
  const folder = await openDataFolder();
  const starter = new Starter(programs, folder, freePorts(), options);
  try {
    const failed = await starter.start(options.signal);
    if (failed === undefined) return ok(starter.controlPlane());
    await starter.stop();
    return failed;
  } catch (error) {
    await starter.stop();
    throw error;
  }
}

/** Owns the processes and the data folder of one control plane. */
class Starter implements ApiServerProcess {
  readonly #programs: Programs;
  readonly #folder: string;
  readonly #lock: Deno.FsFile;
  readonly #ports: Ports;
  readonly #audit: boolean | "bodies";
  readonly #bare: boolean;
  readonly #apiOnly: boolean;
  readonly #tokenWebhook: string | undefined;
  readonly #tokens = makeTokens();
  readonly #parts: Background[] = [];
  readonly #broken = Promise.withResolvers<string>();
  #stopped: Promise<void> | undefined;
  #client: Deno.HttpClient | undefined;
  #signal: AbortSignal | undefined;
  #adminKubeconfig = "";
  #apiServer: Background | undefined;

  constructor(programs: Programs, data: DataFolder, ports: Ports, options: ControlPlaneOptions) {
    this.#programs = programs;
    this.#folder = data.path;
    this.#lock = data.lock;
    this.#ports = ports;
    this.#audit = options.audit ?? false;
    this.#bare = options.bare ?? false;
    this.#apiOnly = options.apiOnly ?? false;
    this.#tokenWebhook = options.tokenWebhook;
  }

  get server(): string {
    return `https://127.0.0.1:${this.#ports.apiServer}`;
  }

  /** Of the API server that runs now. */
  get pid(): number {
    return this.#apiServer?.pid ?? 0;
  }

  /** A failure, or nothing. */
  async start(signal?: AbortSignal): Promise<Result<never> | undefined> {
    const folder = this.#folder;
    this.#signal = signal;
    await this.#writeSecrets();
    this.#run("etcd", etcdCommand(this.#programs, folder, this.#ports));
    this.#runApiServer();
    const failed = await this.#until("its certificate", () => this.#readCertificate()) ??
      await this.#until("the API server", () => this.#get("/readyz"));
    if (failed || this.#apiOnly) return failed;
    this.#run(
      "kube-controller-manager",
      controllerManagerCommand(this.#programs, folder),
    );
    return (this.#bare ? undefined : await this.#startNode()) ??
      await this.#until("the default service account", () => this.#get(DEFAULT_ACCOUNT));
  }

  async #startNode(): Promise<Result<never> | undefined> {
    this.#run("kube-scheduler", schedulerCommand(this.#programs, this.#folder));
    this.#run("kwok", kwokCommand(this.#programs, this.#folder));
    return await this.#until("a node", () => this.#createNode()) ??
      await this.#until("the node to come up", () => this.#nodeIsUp());
  }

  controlPlane(): ControlPlane {
    const kubeconfigPath = `${this.#folder}/admin.yaml`;
    return {
      kubeconfigPath,
      dataFolder: this.#folder,
      binFolder: `${this.#folder}/bin`,
      adminKubeconfig: this.#adminKubeconfig,
      server: this.server,
      auditLogPath: this.#audit ? `${this.#folder}/audit.log` : undefined,
      broken: this.#broken.promise,
      apiServer: this,
      etcd: `http://127.0.0.1:${this.#ports.etcd}`,
      kubectl: (args, input) =>
        captureText(
          [...this.#programs.kubectl, `--kubeconfig=${kubeconfigPath}`, ...args],
          input === undefined ? {} : { input },
        ),
      stop: () => this.stop(),
      [Symbol.asyncDispose]: () => this.stop(),
    };
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.#stopAll();
  }

  async #stopAll(): Promise<void> {
    this.#client?.close();
    // Nothing here deserves an orderly end, which takes an API server many seconds.
    await Promise.all(this.#parts.map((part) => part.kill()));
    this.#lock.close();
    await removeFolder(this.#folder);
  }

  async #writeSecrets(): Promise<void> {
    const keys = makeServiceAccountKeys();
    const write = (name: string, text: string) =>
      Deno.writeTextFile(`${this.#folder}/${name}`, text, { mode: 0o600 });
    await write("tokens.csv", tokenFile(this.#tokens));
    await write("service-accounts.key", keys.privateKey);
    await write("service-accounts.pub", keys.publicKey);
    const policy = this.#audit === "bodies" ? AUDIT_BODIES_POLICY : AUDIT_POLICY;
    await write("audit-policy.yaml", policy);
    if (this.#tokenWebhook !== undefined) {
      await write(TOKEN_WEBHOOK_FILE, kubeconfig(this.#tokenWebhook, "", ""));
    }
    await Deno.mkdir(`${this.#folder}/bin`);
    const kubectl = this.#programs.kubectl.map(quote).join(" ");
    await Deno.writeTextFile(`${this.#folder}/bin/kubectl`, `#!/bin/sh\nexec ${kubectl} "$@"\n`, {
      mode: 0o700,
    });
  }

  #run(name: string, command: readonly string[]): Background {
    const part = new Background(name, command);
    this.#parts.push(part);
    part.ended.then((code) => {
      const isExpected = this.#stopped !== undefined || !this.#parts.includes(part);
      if (!isExpected) this.#broken.resolve(describeEnd(part, code));
    });
    return part;
  }

  #runApiServer(): void {
    const flags = [
      ...(this.#audit !== false ? auditFlags(this.#folder) : []),
      ...(this.#tokenWebhook !== undefined ? tokenWebhookFlags(this.#folder) : []),
    ];
    const command = apiServerCommand(this.#programs, this.#folder, this.#ports);
    this.#apiServer = this.#run("kube-apiserver", [...command, ...flags]);
  }

  /** See {@linkcode ApiServerProcess.restart}. */
  async restart(meanwhile?: () => Promise<unknown>): Promise<Result<void>> {
    const before = this.#apiServer;
    if (before !== undefined) {
      this.#parts.splice(this.#parts.indexOf(before), 1);
      await before.kill();
    }
    await meanwhile?.();
    this.#runApiServer();
    return await this.#until("the API server", () => this.#get("/readyz")) ?? ok(undefined);
  }

  /** The API server signs its own certificate; who trusts its issuer trusts only this one server. */
  async #readCertificate(): Promise<boolean> {
    const chain = await Deno.readTextFile(`${this.#folder}/certificates/apiserver.crt`);
    const ca = issuerOf(chain);
    if (ca === undefined) return false;
    await Deno.writeTextFile(`${this.#folder}/ca.pem`, ca);
    for (const identity of IDENTITIES) {
      const text = kubeconfig(this.server, ca, this.#tokens[identity]);
      await Deno.writeTextFile(`${this.#folder}/${identity}.yaml`, text, { mode: 0o600 });
      if (identity === "admin") this.#adminKubeconfig = text;
    }
    this.#client = Deno.createHttpClient({ caCerts: [ca] });
    return true;
  }

  async #get(path: string): Promise<boolean> {
    const response = await this.#fetch(path);
    await response.body?.cancel();
    return response.ok;
  }

  async #createNode(): Promise<boolean> {
    const response = await this.#fetch("/api/v1/nodes", {
      method: "POST",
      body: JSON.stringify({
        apiVersion: "v1",
        kind: "Node",
        metadata: {
          name: "node-1",
          labels: { "kubernetes.io/hostname": "node-1", "kubernetes.io/os": "linux" },
        },
      }),
    });
    await response.body?.cancel();
    return response.status === 201 || response.status === 409;
  }

  async #nodeIsUp(): Promise<boolean> {
    const response = await this.#fetch("/api/v1/nodes/node-1");
    const text = await response.text();
    return /"type":"Ready","status":"True"/.test(text) && !text.includes('"taints"');
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const client = this.#client;
    if (client === undefined) throw new Error("the API server has no certificate yet");
    return await fetch(`${this.server}${path}`, {
      ...init,
      client,
      headers: {
        authorization: `Bearer ${this.#tokens.admin}`,
        "content-type": "application/json",
      },
      signal: AbortSignal.timeout(5_000),
    });
  }

  /** Asks `isThere` until it says yes, a part ends, or the time is up; a failure, or nothing. */
  async #until(
    what: string,
    isThere: () => Promise<boolean>,
  ): Promise<Result<never> | undefined> {
    const deadline = performance.now() + START_LIMIT_MS;
    let reason = "";
    while (performance.now() < deadline) {
      if (this.#signal?.aborted) return fail("Stopped", "The start was called off");
      const dead = this.#parts.find((part) => !part.running);
      if (dead !== undefined) {
        return fail("PartEnded", describeEnd(dead, await dead.ended));
      }
      try {
        if (await isThere()) return undefined;
      } catch (error) {
        reason = messageOf(error);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const logs = this.#parts.map((part) => `${part.name}: ${part.lastLines.at(-1) ?? ""}`);
    return fail(
      "StartTimeout",
      `The control plane did not start in ${START_LIMIT_MS / 1000} s: still waiting for ${what}. ` +
        `${reason}\n${logs.join("\n")}`,
    );
  }
}

const DEFAULT_ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default";

function describeEnd(part: Background, code: number): string {
  return `${part.name} ended with ${code}. It said last:\n${part.lastLines.slice(-20).join("\n")}`;
}

/** A word for the shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
