// Where the API may be entered: beyond this machine only encrypted, and only once there is a token to ask for.
import { readFile } from "node:fs/promises";
import { Server as TlsServer } from "node:tls";
import type { Access } from "./access/access.ts";
import type { Api, Transport } from "./api/api.ts";
import { type Config, isLoopbackHost } from "./config/config.ts";
import { FacelatchError, messageOf } from "./errors/errors.ts";

type ApiSettings = Config["api"];

export function transportOf({ tls }: Pick<ApiSettings, "tls">): Transport {
  return { none: "http", files: "https", proxy: "proxy" }[tls.kind] as Transport;
}

export class ApiEntrance {
  readonly #settings: ApiSettings;
  readonly #access: Access;

  constructor(settings: ApiSettings, access: Access) {
    this.#settings = settings;
    this.#access = access;
  }

  /**
   * Makes the API ready to listen where the configuration says.
   *
   * @throws FacelatchError ACCESS_UNAVAILABLE without a token, CONFIG_INVALID without a certificate that can be used
   */
  async open(api: Api): Promise<void> {
    const { host, tls } = this.#settings;
    if (!isLoopbackHost(host) && !(await this.#access.hasTokens())) {
      throw new FacelatchError("ACCESS_UNAVAILABLE", {
        expected: `an access token before the API listens on ${host}`,
        found: "none",
        next: "Make one on the board: `facelatch tokens make --name NAME --scopes read`.",
      });
    }
    if (tls.kind === "files") await useCertificate(api, tls);
  }
}

async function useCertificate(api: Api, paths: { certificatePath: string; keyPath: string }): Promise<void> {
  // The API was built for HTTPS; its type speaks of the plain server.
  const server: unknown = api.server;
  if (!(server instanceof TlsServer)) throw new Error("the API was not built for HTTPS");
  try {
    const [cert, key] = await Promise.all([readFile(paths.certificatePath), readFile(paths.keyPath)]);
    server.setSecureContext({ cert, key, minVersion: "TLSv1.2" });
  } catch (cause) {
    throw new FacelatchError("CONFIG_INVALID", {
      expected: "a certificate and its key, PEM, in the files of api.tls",
      found: messageOf(cause),
      next: "Mend api.tls, or the files.",
      cause,
    });
  }
}
