// Where the API may be entered: beyond this machine only encrypted, and by which names and with which certificate.
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { Server as TlsServer } from "node:tls";
import type { Api, Transport } from "../../api/api.ts";
import { type Config, isLoopbackHost } from "../../config/config.ts";
import { FacelatchError, messageOf } from "../../errors/errors.ts";
import { deviceCertificate, fingerprintOf, readDeviceCertificate } from "../../tls/tls.ts";

type Settings = Pick<Config, "api" | "stateDir">;
type Tls = Config["api"]["tls"];

export function transportOf({ api }: Settings): Transport {
  return { none: "http", device: "https", files: "https", proxy: "proxy" }[kindOf(api)] as Transport;
}

/** `auto` resolved: what listens to this machine alone needs no certificate. */
function kindOf({ tls, host }: Settings["api"]): Exclude<Tls["kind"], "auto"> {
  if (tls.kind !== "auto") return tls.kind;
  return isLoopbackHost(host) ? "none" : "device";
}

/** The names by which the API is addressed: those that were configured, and beyond this machine its own. */
export function namesOf({ api }: Settings): string[] {
  const own = hostname().toLowerCase();
  const local = own.includes(".") ? [own] : [`${own}.local`, own];
  return [...new Set([...api.allowedHosts, ...(isLoopbackHost(api.host) ? [] : local)])];
}

/** How a person reaches the page, and knows that it is this device's. */
export async function describeEntrance(settings: Settings): Promise<string> {
  const { host, port } = settings.api;
  const kind = kindOf(settings.api);
  const name = isLoopbackHost(host) ? host : (namesOf(settings)[0] ?? host);
  if (kind === "proxy") return "the proxy's address";
  const url = `${kind === "none" ? "http" : "https"}://${name.includes(":") ? `[${name}]` : name}:${port}/`;
  const fingerprint = await fingerprintAt(settings);
  return fingerprint === null ? url : `${url} (its certificate's SHA-256 fingerprint: ${fingerprint})`;
}

/** Null where the API speaks no HTTPS by itself, or its certificate was not made yet. */
async function fingerprintAt({ api, stateDir }: Settings): Promise<string | null> {
  const kind = kindOf(api);
  if (kind === "device") return (await readDeviceCertificate(stateDir))?.fingerprint ?? null;
  return api.tls.kind === "files" ? fingerprintOf(await readFile(api.tls.certificatePath)) : null;
}

/**
 * Makes the API ready to listen where the configuration says.
 *
 * @throws FacelatchError CONFIG_INVALID, TLS_UNAVAILABLE without a certificate that can be used
 */
export async function openEntrance(api: Api, settings: Settings): Promise<void> {
  const { tls } = settings.api;
  if (kindOf(settings.api) === "device") {
    const names = [...namesOf(settings), "localhost", "127.0.0.1", "::1"];
    const { pem } = await deviceCertificate(settings.stateDir, names);
    useCertificate(api, pem, pem);
  } else if (tls.kind === "files") await useFiles(api, tls);
}

async function useFiles(api: Api, paths: { certificatePath: string; keyPath: string }): Promise<void> {
  try {
    const [cert, key] = await Promise.all([readFile(paths.certificatePath), readFile(paths.keyPath)]);
    useCertificate(api, cert, key);
  } catch (cause) {
    throw new FacelatchError("CONFIG_INVALID", {
      expected: "a certificate and its key, PEM, in the files of api.tls",
      found: messageOf(cause),
      next: "Mend api.tls, or the files.",
      cause,
    });
  }
}

function useCertificate(api: Api, cert: string | Buffer, key: string | Buffer): void {
  // The API was built for HTTPS; its type speaks of the plain server.
  const server: unknown = api.server;
  if (!(server instanceof TlsServer)) throw new Error("the API was not built for HTTPS");
  server.setSecureContext({ cert, key, minVersion: "TLSv1.2" });
}
