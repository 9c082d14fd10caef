// Refuses requests that name a host which this device is not, so that no rebound DNS name reaches the API, and those that
// another site's page makes.
import { FacelatchError } from "../errors/errors.ts";

const loopbackHosts = ["127.0.0.1", "localhost", "[::1]"];

/** The host of a Host header in lower case and without its port; null when the header is missing or malformed. */
export function hostOf(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+)(?::\d{1,5})?$/i.exec(header ?? "");
  return match === null ? null : match[1]!.toLowerCase();
}

/**
 * Makes the check of a Host header.
 *
 * @param allowedHosts names or addresses without ports; IPv6 with or without brackets
 * @returns a function that throws FacelatchError HOST_REFUSED
 */
export function hostCheck(allowedHosts: readonly string[]): (header: string | undefined) => void {
  const bracketed = allowedHosts.map((host) => (/^[^[].*:.*:/.test(host) ? `[${host}]` : host));
  const allowed = new Set([...loopbackHosts, ...bracketed.map((host) => host.toLowerCase())]);
  return (header) => {
    const host = hostOf(header);
    if (host !== null && allowed.has(host)) return;
    throw new FacelatchError("HOST_REFUSED", {
      expected: "a Host header with a name of this device",
      found: header === undefined ? "no Host header" : `"${header.slice(0, 100)}"`,
      next: "Use a configured name, or add this one to the allowed hosts.",
    });
  };
}

/**
 * Refuses what a page of another origin asks, also one on another port of this device. Programs send no Origin header.
 *
 * @throws FacelatchError ORIGIN_REFUSED
 */
export function checkOrigin(origin: string | undefined, host: string | undefined): void {
  if (origin === undefined || origin.toLowerCase() === `http://${host?.toLowerCase()}`) return;
  throw new FacelatchError("ORIGIN_REFUSED", {
    expected: "no Origin header, or this device's own",
    found: `"${origin.slice(0, 100)}"`,
    next: "Ask from this device's page, or from a program.",
  });
}
