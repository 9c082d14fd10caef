// An HTTP server on loopback that serves one file, well or badly: what a download meets on its way.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export interface ServedFile {
  readonly bytes: Uint8Array;
  readonly etag: string | null;
  /** Further headers of every answer that carries the file. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FileServer {
  readonly url: string;
  /** Replaced by tests: what is served now. */
  file: ServedFile;
  /** The Range header of every request, in their order. */
  readonly ranges: (string | null)[];
  /** Answers a request instead of the file; null serves it. Given the number of the request, from 1. */
  misbehave: ((request: number, response: ServerResponse) => boolean) | null;
}

/** Serves as RFC 9110 has it: ranges, and If-Range by ETag. */
export async function serveFile(t: TestContext, file: ServedFile): Promise<FileServer> {
  const state: Omit<FileServer, "url"> = { file, ranges: [], misbehave: null };
  const server = createServer((request, response) => {
    state.ranges.push(request.headers.range ?? null);
    if (state.misbehave?.(state.ranges.length, response) !== true) answer(state.file, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, { url: `http://127.0.0.1:${port}/file.h5` });
}

function answer({ bytes, etag, headers }: ServedFile, request: IncomingMessage, response: ServerResponse): void {
  const common = { ...headers, ...(etag === null ? {} : { etag }) };
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const isSame = etag !== null && request.headers["if-range"] === etag;
  if (range !== null && isSame) {
    const from = Number(range[1]);
    if (from >= bytes.length) {
      response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
      return;
    }
    response
      .writeHead(206, {
        ...common,
        "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
        "content-length": bytes.length - from,
      })
      .end(bytes.subarray(from));
    return;
  }
  response.writeHead(200, { ...common, "content-length": bytes.length }).end(bytes);
}

/** Announces all of the file and cuts the connection after `sent` bytes. */
export function cutAfter(sent: number, { bytes, etag }: ServedFile, response: ServerResponse): true {
  response.writeHead(200, { ...(etag === null ? {} : { etag }), "content-length": bytes.length });
  response.write(bytes.subarray(0, sent), () => response.destroy());
  return true;
}
