/**
 * A {@linkcode FaultProxy} in front of an API server, and the kubeconfig that leads through it.
 *
 * @module
 */
import { removeFolder } from "../../tools/controlplane/cache_folder.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { FaultProxy } from "./fault_proxy.ts";
import type { TestCluster } from "./control_plane.ts";

/** The proxy of a file of tests. Only inside tests. */
export interface ApiProxy {
  readonly proxy: FaultProxy;
  /** File with an administrator's kubeconfig that leads through the proxy. */
  readonly kubeconfigPath: string;
  /** Its text. */
  readonly kubeconfig: string;
}

/** Opens a proxy before the tests of this file, and closes it after them; call it before what uses it. */
export function useApiProxy(cluster: Pick<TestCluster, "kubeconfigPath">): ApiProxy {
  let proxy: FaultProxy | undefined;
  let folder = "";
  let kubeconfig = "";
  Deno.test.beforeAll(async () => {
    const certificates = await makeCertificates();
    const direct = await Deno.readTextFile(cluster.kubeconfigPath);
    proxy = await startApiProxy(direct, certificates);
    kubeconfig = kubeconfigThrough(proxy, direct, certificates);
    folder = await Deno.makeTempDir({ prefix: "sluice-proxy-" });
    await Deno.writeTextFile(`${folder}/kubeconfig.yaml`, kubeconfig);
  });
  Deno.test.afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await removeFolder(folder);
  });
  return {
    get proxy() {
      if (proxy === undefined) throw new TypeError("the proxy is there only inside tests");
      return proxy;
    },
    get kubeconfigPath() {
      return `${folder}/kubeconfig.yaml`;
    },
    get kubeconfig() {
      return kubeconfig;
    },
  };
}

/** A proxy in front of the server that a kubeconfig names. */
export function startApiProxy(kubeconfig: string, certificates: Certificates): Promise<FaultProxy> {
  const [, server = ""] = /server: (\S+)/.exec(kubeconfig) ?? [];
  const [, authority = ""] = /certificate-authority-data: (\S+)/.exec(kubeconfig) ?? [];
  return FaultProxy.start({ target: () => server, caCert: atob(authority), certificates });
}

/** The kubeconfig that leads through a proxy. */
export function kubeconfigThrough(
  { port }: FaultProxy,
  direct: string,
  { ca }: Certificates,
): string {
  return direct
    .replace(/server: \S+/, `server: https://127.0.0.1:${port}`)
    .replace(/certificate-authority-data: \S+/, `certificate-authority-data: ${btoa(ca)}`);
}
