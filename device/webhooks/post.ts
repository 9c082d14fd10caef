// One request and the status of its answer, which is all that is read of it.
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

export interface PostOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** PEM of the authorities that the receiver's certificate may come from; null for the system's. */
  readonly ca: Buffer | null;
  /** Name resolution and handshake are within it. */
  readonly signal: AbortSignal;
}

/** Sends `body` as JSON; follows no redirection. Rejects with what broke the connection, or when the signal aborts. */
export function post({ url, headers, body, ca, signal }: PostOptions): Promise<number> {
  const bytes = Buffer.from(body);
  const options = {
    method: "POST",
    agent: false,
    signal,
    headers: {
      "content-type": "application/json",
      "content-length": bytes.byteLength,
      connection: "close",
      ...headers,
    },
    ...(ca === null ? {} : { ca }),
  } as const;
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? requestHttps(url, options) : requestHttp(url, options);
    request.once("response", (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    // After the answer, the end of its connection is no failure.
    request.on("error", reject);
    // A switch of protocols closes the connection with neither an answer nor an error.
    request.once("close", () => reject(new Error("the connection ended without an answer")));
    request.end(bytes);
  });
}
