// A client of server-sent events for tests: it parses what comes, and waits for it.
import type { Ending } from "./fake-device.ts";

export interface StreamMessage {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string | undefined;
  readonly comment: string | undefined;
}

export interface StreamClient {
  readonly response: Response;
  /** The next message; undefined once the server ended the stream. */
  next: () => Promise<StreamMessage | undefined>;
  close: () => void;
}

/** Opens a stream and skips the block that only sets the time to retry after. */
export async function openStream(t: Ending, url: string, headers: Record<string, string> = {}): Promise<StreamClient> {
  const abort = new AbortController();
  t.after(() => abort.abort());
  const response = await fetch(url, { headers, signal: abort.signal });
  const messages = messagesOf(response);
  if (response.ok) await messages.next();
  return {
    response,
    next: async () => (await messages.next()).value,
    close: () => abort.abort(),
  };
}

async function* messagesOf(response: Response): AsyncGenerator<StreamMessage, undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop()!;
    yield* blocks.map(messageOf);
  }
  return undefined;
}

function messageOf(block: string): StreamMessage {
  const field = (name: string): string | undefined =>
    block
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  return { id: field("id"), event: field("event"), data: field("data"), comment: field("") };
}
