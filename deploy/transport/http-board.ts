// A board over HTTP: the archive goes in pieces by the tus protocol, and goes on after a break.
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Check } from "typebox/value";
import { type DeliveryStatus, deliveryStatusSchema } from "../../device/delivery/delivery.ts";
import { codeOf, FacelatchError } from "../../device/errors/errors.ts";
import type { Archive } from "../flash/archive.ts";
import type { Board } from "./board.ts";
import { type Answer, HttpClient, type HttpTarget } from "./http-client.ts";

const pieceBytes = 1024 * 1024;
const tus = { "tus-resumable": "1.0.0" };
/** So long an upload that does not get on is tried again; a daemon that restarts needs some seconds. */
const patienceMs = 60_000;
const firstWaitMs = 250;
const longestWaitMs = 4_000;

/** What may mend itself: the way was interrupted, or the board still deals with what was interrupted. */
const passing: ReadonlySet<string> = new Set([
  ...["BOARD_UNREACHABLE", "UPLOAD_OFFSET_MISMATCH", "UPLOAD_BUSY", "TOO_MANY_REQUESTS", "NOT_READY"],
]);

export class HttpBoard implements Board {
  readonly address: string;
  readonly #client: HttpClient;

  constructor(target: HttpTarget) {
    this.address = target.url.origin;
    this.#client = new HttpClient(target);
  }

  async status(): Promise<DeliveryStatus> {
    return statusIn(await this.#client.ask({ method: "GET", path: "/v1/updates" }), this.address);
  }

  async send(archive: Archive, onSent: (bytes: number) => void): Promise<string> {
    const path = await this.#begin(archive);
    const file = await open(archive.path, "r");
    try {
      await this.#sendFrom(file, path, archive, onSent);
    } finally {
      await file.close();
    }
    return path.slice(path.lastIndexOf("/") + 1);
  }

  async install(upload: string): Promise<void> {
    const body = Buffer.from(JSON.stringify({ upload }));
    const headers = { "content-type": "application/json" };
    await this.#client.ask({ method: "POST", path: "/v1/updates/install", headers, body });
  }

  async rollback(): Promise<DeliveryStatus> {
    return statusIn(await this.#client.ask({ method: "POST", path: "/v1/updates/rollback" }), this.address);
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  async #begin({ bytes, sha256 }: Archive): Promise<string> {
    const metadata = `sha256 ${Buffer.from(sha256).toString("base64")}`;
    const headers = { ...tus, "upload-length": String(bytes), "upload-metadata": metadata };
    const answer = await this.#client.ask({ method: "POST", path: "/v1/updates/uploads", headers });
    const { location } = answer.headers;
    if (typeof location === "string" && location.startsWith("/")) return location;
    throw strange(this.address, "no Location of the upload");
  }

  async #sendFrom(
    file: Awaited<ReturnType<typeof open>>,
    path: string,
    { bytes }: Archive,
    onSent: (bytes: number) => void,
  ): Promise<void> {
    const patience = new Patience();
    const buffer = Buffer.alloc(pieceBytes);
    // Null while it is not known how much has arrived.
    let offset: number | null = null;
    while (offset === null || offset < bytes) {
      try {
        const before: number | null = offset;
        offset = await this.#step(file, path, buffer, offset);
        if (before === null || offset > before) patience.renew();
        onSent(offset);
      } catch (error) {
        await patience.wait(error);
        offset = null;
      }
    }
  }

  /** Asks how much has arrived, or sends the next piece; returns how much has arrived. */
  async #step(
    file: Awaited<ReturnType<typeof open>>,
    path: string,
    buffer: Buffer,
    offset: number | null,
  ): Promise<number> {
    if (offset === null) return this.#offsetIn(await this.#client.ask({ method: "HEAD", path, headers: tus }));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) throw new Error("the bundle's file became shorter while it was sent");
    const type = "application/offset+octet-stream";
    const headers = { ...tus, "content-type": type, "upload-offset": String(offset) };
    return this.#offsetIn(
      await this.#client.ask({ method: "PATCH", path, headers, body: buffer.subarray(0, bytesRead) }),
    );
  }

  #offsetIn({ headers }: Answer): number {
    const offset = Number(headers["upload-offset"]);
    if (Number.isSafeInteger(offset) && offset >= 0) return offset;
    throw strange(this.address, "no Upload-Offset");
  }
}

/** Waits between attempts, ever longer, as long as there is hope. */
class Patience {
  #endsMs = performance.now() + patienceMs;
  #waitMs = firstWaitMs;

  renew(): void {
    this.#endsMs = performance.now() + patienceMs;
    this.#waitMs = firstWaitMs;
  }

  /** Rethrows what does not mend itself. */
  async wait(error: unknown): Promise<void> {
    if (!passing.has(codeOf(error)) || performance.now() > this.#endsMs) throw error;
    await delay(this.#waitMs);
    this.#waitMs = Math.min(longestWaitMs, this.#waitMs * 2);
  }
}

function statusIn({ json }: Answer, address: string): DeliveryStatus {
  if (Check(deliveryStatusSchema, json)) return json;
  throw strange(address, "an answer that is no status of updates");
}

function strange(address: string, found: string): FacelatchError {
  return new FacelatchError("BOARD_UNREACHABLE", {
    expected: `a daemon of this version at ${address}`,
    found,
    next: "Update Facelatch on the board, or here.",
  });
}
