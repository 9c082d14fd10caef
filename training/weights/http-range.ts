// Requests for the rest of a file, and what the answers say about it.
// Source: RFC 9110 (Range, If-Range, Content-Range); Google Cloud Storage's header x-goog-hash.

/** What a server said about a file: enough to know it again. */
export interface Remote {
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly total: number | null;
  /** Hex, where the server tells it. */
  readonly md5: string | null;
}

const redirectsMax = 5;

/** An answer that another attempt would not change. */
class Refusal extends Error {}

export function isRefusal(error: unknown): boolean {
  return error instanceof Refusal;
}

/** Asks for a file from `have` on, if it is still the known one; follows redirects, but none from https to http. */
export async function partRequest(
  url: string,
  have: number,
  known: Remote | null,
  signal: AbortSignal,
): Promise<Response> {
  const validator = strongValidator(known);
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (have > 0 && validator !== null) {
    headers["range"] = `bytes=${have}-`;
    headers["if-range"] = validator;
  }
  let address = url;
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    const response = await fetch(address, { headers, signal, redirect: "manual" });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    const next = new URL(location, address);
    const isSafe = next.protocol === "https:" || (next.protocol === "http:" && address.startsWith("http:"));
    if (!isSafe) throw new Refusal(`a redirect to ${next.protocol}//${next.host}`);
    address = next.href;
  }
  throw new Refusal(`more than ${redirectsMax} redirects`);
}

/** Only a strong validator promises the same bytes. */
function strongValidator(known: Remote | null): string | null {
  if (known?.etag != null && !known.etag.startsWith("W/")) return known.etag;
  return known?.lastModified ?? null;
}

export interface Answer {
  /** Where in the file the body begins: `have`, or 0 when the server sends all of it. */
  readonly startsAt: number;
  readonly remote: Remote;
}

/** Throws for an answer without the file; a refusal where trying again is of no use. */
export async function readAnswer(response: Response, have: number): Promise<Answer> {
  const { status, headers } = response;
  const described = (total: number | null): Remote => ({
    etag: headers.get("etag"),
    lastModified: headers.get("last-modified"),
    total,
    md5: googleMd5(headers.get("x-goog-hash")),
  });
  if (status === 200) return { startsAt: 0, remote: described(lengthOf(headers.get("content-length"))) };
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
    if (range !== null && Number(range[1]) === have) {
      return { startsAt: have, remote: described(range[2] === "*" ? null : Number(range[2])) };
    }
  }
  await response.body?.cancel();
  const found = `HTTP status ${status}${response.statusText === "" ? "" : ` ${response.statusText}`}`;
  const isFinal = status >= 400 && status < 500 && ![408, 416, 425, 429].includes(status);
  throw isFinal ? new Refusal(found) : new Error(found);
}

function lengthOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

/** `crc32c=...,md5=BASE64`; absent for files that were put together from parts. */
function googleMd5(header: string | null): string | null {
  const base64 = /(?:^|[\s,])md5=([A-Za-z0-9+/]{22}==)/.exec(header ?? "")?.[1];
  return base64 === undefined ? null : Buffer.from(base64, "base64").toString("hex");
}
