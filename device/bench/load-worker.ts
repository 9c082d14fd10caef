// Whoever burdens the API in the benchmark, in a process of its own: requests at a rate, or as fast as they are answered.
import { Agent, get } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

export type LoadRequest =
  | { readonly type: "begin"; readonly url: string; readonly requestsPerSecond: number; readonly streams: number }
  | { readonly type: "count"; readonly url: string; readonly requests: number }
  | { readonly type: "end" };

export interface LoadReply {
  readonly latenciesMs: readonly number[];
  /** Answers other than 200. */
  readonly failures: number;
}

const paths = ["/v1/status", "/v1/events?limit=50", "/v1/logs?limit=50", "/v1/live", "/metrics", "/readyz"];
const streamPaths = ["/v1/events/stream", "/v1/live/stream"];
/** The API limits the requests of each address, and all connections together: so many stay below both. */
const addresses = 96;
const requestsPerSMax = 1_500;
const lanes = 16;
const latenciesMax = 50_000;

const agent = new Agent({ keepAlive: true });
let latenciesMs: number[] = [];
let failures = 0;
let asked = 0;
let timer: NodeJS.Timeout | undefined;
let endStreams: (() => void)[] = [];

function ask(url: string): Promise<void> {
  const n = asked++;
  const from = performance.now();
  return new Promise((resolve) => {
    const localAddress = `127.0.1.${1 + (n % addresses)}`;
    const request = get(`${url}${paths[n % paths.length]}`, { agent, localAddress }, (response) => {
      if (response.statusCode !== 200) failures++;
      response.resume().once("close", () => {
        if (latenciesMs.length < latenciesMax) latenciesMs.push(performance.now() - from);
        resolve();
      });
    });
    request.once("error", () => {
      failures++;
      resolve();
    });
  });
}

function openStream(url: string, n: number): () => void {
  const localAddress = `127.0.2.${1 + n}`;
  const request = get(`${url}${streamPaths[n % streamPaths.length]}`, { localAddress }, (response) => {
    if (response.statusCode !== 200) failures++;
    response.resume();
  });
  request.on("error", () => {});
  return () => request.destroy();
}

process.on("message", async (message: LoadRequest) => {
  switch (message.type) {
    case "begin": {
      const { url, requestsPerSecond, streams } = message;
      endStreams = Array.from({ length: streams }, (_, n) => openStream(url, n));
      timer = setInterval(() => void ask(url), 1000 / requestsPerSecond);
      return;
    }
    case "count": {
      const { url, requests } = message;
      const last = asked + requests;
      // When the next one may go: what was late is not made up for, as a burst would be more than the API allows.
      let nextMs = performance.now();
      const lane = async (): Promise<void> => {
        while (asked < last) {
          nextMs = Math.max(nextMs + 1_000 / requestsPerSMax, performance.now());
          const earlyMs = nextMs - performance.now();
          if (earlyMs > 1) await wait(earlyMs);
          if (asked < last) await ask(url);
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      return reply();
    }
    case "end":
      clearInterval(timer);
      for (const endStream of endStreams) endStream();
      return reply();
  }
});

function reply(): void {
  process.send!({ latenciesMs, failures } satisfies LoadReply);
  latenciesMs = [];
  failures = 0;
}
