// What a receiver gets: a body without names or pictures, signed as Standard Webhooks 1.0 has it
// (https://www.standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body".
import { createHmac } from "node:crypto";
import { FacelatchError } from "../errors/errors.ts";
import { eventTypes, type StoredEvent } from "../events/events.ts";

export interface WebhookMessage {
  /** The same at each attempt, so that a receiver can tell that it has it already. */
  readonly id: string;
  readonly body: string;
}

const keyBytes = { least: 24, most: 64 } as const;

export function messageOf({ type, bootId, seq, at, reason, data }: StoredEvent): WebhookMessage {
  const facts = { seq, bootId, reason, text: eventTypes[type], presence: data["presenceId"] ?? null };
  return { id: `${bootId}-${seq}`, body: JSON.stringify({ type, timestamp: at, data: facts }) };
}

/**
 * The key in a line such as "whsec_BASE64", the prefix being optional.
 *
 * @throws FacelatchError INPUT_INVALID, which does not show the line
 */
export function parseSecret(text: string): Buffer {
  const encoded = text.trim().replace(/^whsec_/, "");
  const key = Buffer.from(encoded, "base64");
  const isEncoded = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded);
  if (isEncoded && key.byteLength >= keyBytes.least && key.byteLength <= keyBytes.most) return key;
  throw new FacelatchError("INPUT_INVALID", {
    expected: `${keyBytes.least} to ${keyBytes.most} bytes in base64`,
    found: isEncoded ? `${key.byteLength} bytes` : "something else",
    next: "Make one with: openssl rand -base64 32",
  });
}

/** @param nowS of the attempt, in s since 1970 */
export function signedHeaders({ id, body }: WebhookMessage, key: Buffer, nowS: number): Record<string, string> {
  const signature = createHmac("sha256", key).update(`${id}.${nowS}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(nowS), "webhook-signature": `v1,${signature}` };
}
