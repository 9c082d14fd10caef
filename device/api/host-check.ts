// Refuses requests that name a host which this device is not, so that no rebound DNS name reaches the API.
import { FacelatchError } from "../errors/errors.ts";

const loopbackHosts = ["127.0.0.1", "localhost", "[::1]"];

/** The host of a Host header in lower case and without its port; null when the header is missing or malformed. */
export function hostOf(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+)(?::\d{1,5})?$/i.exec(header ?? "");
  return match === null ? null : match[1]!.toLowerCase();
}

/**
 * Makes the check of a Host header. The address at which the request arrived passes as well: a name can be made to point
 * anywhere, an address cannot.
 *
 * @param allowedHosts names or addresses without ports; IPv6 with or without brackets
 * @returns a function that throws FacelatchError HOST_REFUSED
 */
export function hostCheck(
  allowedHosts: readonly string[],
): (header: string | undefined, localAddress?: string) => void {
  const allowed = new Set([...loopbackHosts, ...allowedHosts.map((host) => bracketed(host.toLowerCase()))]);
  return (header, localAddress) => {
    const host = hostOf(header);
    if (host !== null && (allowed.has(host) || host === addressOf(localAddress))) return;
    throw new FacelatchError("HOST_REFUSED", {
      expected: "a Host header with a name of this device",
      found: header === undefined ? "no Host header" : `"${header.slice(0, 100)}"`,
      next: "Use a configured name, or add this one to the allowed hosts.",
    });
  };
}

function bracketed(host: string): string {
  return /^[^[].*:.*:/.test(host) ? `[${host}]` : host;
}

/** An address as a Host header has it; null where it is not known. */
function addressOf(localAddress: string | undefined): string | null {
  return localAddress === undefined ? null : bracketed(localAddress.toLowerCase().replace(/^::ffff:(?=\d+\.)/, ""));
}
