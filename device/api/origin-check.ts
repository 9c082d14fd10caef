// Refuses requests that another site's page makes a browser send, where they would change something.
import type { IncomingHttpHeaders } from "node:http";
import { FacelatchError } from "../errors/errors.ts";
import { ownOrigin } from "./site.ts";

/**
 * Browsers say where such a request comes from, and pages cannot make them say otherwise; whoever says nothing, such as
 * curl, is no page. The Host header was checked before.
 *
 * @param scheme by which the device's own page is reached
 * @throws FacelatchError ORIGIN_REFUSED
 */
export function refuseForeignWrite(method: string, headers: IncomingHttpHeaders, scheme: "http" | "https"): void {
  if (method === "GET" || method === "HEAD") return;
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  const isOwnOrigin = origin === undefined || origin.toLowerCase() === ownOrigin(headers, scheme);
  if (isOwnOrigin && (site === undefined || site === "same-origin")) return;
  throw new FacelatchError("ORIGIN_REFUSED", {
    expected: "a request of this device's own page, or of no page",
    found: isOwnOrigin ? `one from ${String(site).slice(0, 40)}` : `one from ${origin.slice(0, 100)}`,
    next: "Open the page of this device.",
  });
}
