// The page's session as a cookie, and the proof that a request was made by the page and by no other site's.
import { createHmac, timingSafeEqual } from "node:crypto";
import { parseCookie, stringifySetCookie } from "cookie";
import type { FastifyRequest } from "fastify";
import { FacelatchError } from "../errors/errors.ts";
import type { Transport } from "./api-deps.ts";

const csrfHeader = "x-csrf-token";

export interface SessionCookie {
  /** The session's text in a Cookie header; null where there is none. */
  textIn(header: string | undefined): string | null;
  /** The Set-Cookie header of a session that lasts so long; 0 takes it away. */
  header(text: string, lastsMs: number): string;
  /** What the page must send along where it changes something. Other sites' pages cannot read it. */
  csrfTokenOf(text: string): string;
  /** Throws CSRF_REFUSED for a request that changes something and lacks that. */
  refuseForgery(request: FastifyRequest, text: string): void;
}

/** Only where the way to the device is encrypted can a cookie be kept to that way. */
export function sessionCookie(transport: Transport): SessionCookie {
  const secure = transport !== "http";
  // With this prefix a browser takes it from this host alone, and only encrypted.
  const name = secure ? "__Host-facelatch" : "facelatch";
  const csrfTokenOf = (text: string) => createHmac("sha256", text).update("csrf").digest("base64url");
  return {
    textIn: (header) => parseCookie(header ?? "")[name] ?? null,
    header: (text, lastsMs) =>
      stringifySetCookie(name, text, {
        httpOnly: true,
        secure,
        sameSite: "strict",
        path: "/",
        maxAge: Math.max(0, Math.floor(lastsMs / 1_000)),
      }),
    csrfTokenOf,
    refuseForgery: ({ method, headers }, text) => {
      if (method === "GET" || method === "HEAD") return;
      const given = Buffer.from(String(headers[csrfHeader] ?? ""));
      const expected = Buffer.from(csrfTokenOf(text));
      if (given.byteLength === expected.byteLength && timingSafeEqual(given, expected)) return;
      throw new FacelatchError("CSRF_REFUSED", {
        expected: `the session's own ${csrfHeader} header, as in /v1/session`,
        found: given.byteLength === 0 ? "none" : "another one",
        next: "Load the page again.",
      });
    },
  };
}
