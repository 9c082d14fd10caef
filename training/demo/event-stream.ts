// Follows a daemon's events over HTTP, as any client would: server-sent events with resumption.
import { setTimeout as delay } from "node:timers/promises";
import type { StoredEvent } from "../../device/events/events.ts";

const reconnectMs = 200;
const eventBytesMax = 64 * 1024;

/** Yields each event once, in order, until the signal aborts; reconnects where the stream ends. */
export async function* followEvents(baseUrl: string, signal: AbortSignal): AsyncGenerator<StoredEvent> {
  let lastSeq = 0;
  while (!signal.aborted) {
    try {
      for await (const event of readStream(baseUrl, lastSeq, signal)) {
        lastSeq = event.seq;
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      // Not up yet, or gone for a moment: any other failure is a defect that must show.
      if (!(error instanceof TypeError)) throw error;
    }
    await delay(reconnectMs, undefined, { signal }).catch(() => undefined);
  }
}

async function* readStream(baseUrl: string, lastSeq: number, signal: AbortSignal): AsyncGenerator<StoredEvent> {
  const response = await fetch(`${baseUrl}/v1/events/stream`, {
    headers: { "last-event-id": String(lastSeq) },
    signal,
  });
  if (!response.ok || response.body === null) throw new TypeError(`the event stream answered ${response.status}`);
  const decoder = new TextDecoder();
  let buffered = "";
  for await (const chunk of response.body) {
    buffered += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = buffered.split("\n\n");
    buffered = blocks.pop()!;
    if (buffered.length > eventBytesMax) throw new Error("an event larger than any that the daemon sends");
    for (const block of blocks) {
      const data = block
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart())
        .join("\n");
      if (data !== "") yield JSON.parse(data) as StoredEvent;
    }
  }
}
