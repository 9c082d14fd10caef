// Where the page is from which a request comes, as a passkey binds itself to it.

import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { FacelatchError } from "../errors/errors.ts";
import type { Site } from "../passkeys/passkeys.ts";
import type { Transport } from "./api-deps.ts";
import { hostOf } from "./host-check.ts";

/** The origin of the device's own page. The Host header was checked before. */
export function ownOrigin(headers: IncomingHttpHeaders, scheme: "http" | "https"): string {
  return `${scheme}://${headers.host}`.toLowerCase();
}

export function schemeOf(transport: Transport): "http" | "https" {
  return transport === "http" ? "http" : "https";
}

/** Throws PASSKEY_HOST_UNFIT where the page was opened by an address, to which no browser binds a passkey. */
export function siteOf(headers: IncomingHttpHeaders, transport: Transport): Site {
  const host = hostOf(headers.host) ?? "";
  if (host !== "" && isIP(host.replace(/^\[(.*)\]$/, "$1")) === 0) {
    return { host, origin: ownOrigin(headers, schemeOf(transport)) };
  }
  throw new FacelatchError("PASSKEY_HOST_UNFIT", {
    expected: "the page at a host name, as passkeys belong to one",
    found: `the address ${host.slice(0, 100)}`,
    next: "Open the page by the device's name, or on this machine as localhost.",
  });
}
