// Log lines as they come, and first those that a client missed.
import Type from "typebox";
import type { Api, ApiDeps } from "../api-deps.ts";
import { seqProperty } from "../cursor.ts";
import { LogFeed, logLineText } from "../log-feed.ts";
import { problemResponses } from "../problem.ts";
import { missedText, type ReplayLimits } from "../replay.ts";
import { type SseStreams, sseResponse } from "../sse.ts";
import { logFilterOf, logFilterProperties } from "./logs.ts";

const querySchema = Type.Object(
  {
    ...logFilterProperties,
    after: seqProperty("As Last-Event-ID, for clients that cannot set a header; the header precedes."),
  },
  { additionalProperties: false },
);

export function logStreamRoutes(
  api: Api,
  { store }: Pick<ApiDeps, "store">,
  streams: SseStreams,
  limits: ReplayLimits,
): void {
  const feed = new LogFeed(store, limits);
  api.route({
    method: "GET",
    url: "/v1/logs/stream",
    exposeHeadRoute: false,
    schema: {
      summary: "Log lines as they come",
      description:
        "Server-sent events named line: id is the seq, data the line as in /v1/logs. Lines come in batches, a few times a " +
        `second. With Last-Event-ID, or after, the stream begins with what came since, among the newest ${limits.replayRowsMax} ` +
        "lines; an event named gap tells {fromSeq, toSeq} of what was left out there, or of a batch that was too much, and " +
        "has to be fetched from /v1/logs.",
      tags: ["logs"],
      headers: Type.Object({ "last-event-id": seqProperty("The seq of the last line that arrived.") }),
      querystring: querySchema,
      response: { ...sseResponse, ...problemResponses },
    },
    handler: ({ headers, query }, reply) => {
      const afterSeq = headers["last-event-id"] ?? query.after;
      const filter = logFilterOf(query);
      // All of this happens in one turn of the event loop: no line can come between the missed and the live ones.
      const missed = afterSeq === undefined ? "" : missedText(sourceOf(store, filter), afterSeq, limits);
      const stream = streams.open(reply, () => feed.remove(stream));
      stream.write(missed);
      feed.add(stream, filter);
      reply.send(stream.body);
    },
  });
}

function sourceOf(store: ApiDeps["store"], filter: ReturnType<typeof logFilterOf>) {
  return {
    lastSeq: store.logs({ limit: 1 })[0]?.seq ?? 0,
    after: (seq: number) => store.logs({ afterSeq: seq, limit: 500, ...filter }),
    textOf: logLineText,
  };
}
