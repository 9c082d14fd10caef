// Events as they come, and first those that a client missed.
import Type from "typebox";
import type { StoredEvent } from "../../events/events.ts";
import type { Api, ApiDeps } from "../api-deps.ts";
import { seqProperty } from "../cursor.ts";
import { problemResponses } from "../problem.ts";
import { missedText, type ReplayLimits } from "../replay.ts";
import { shownEvent } from "../shown-event.ts";
import { type SseStreams, sseResponse, sseText } from "../sse.ts";

export function eventStreamRoutes(
  api: Api,
  { store, snapshots }: Pick<ApiDeps, "store" | "snapshots">,
  streams: SseStreams,
  limits: ReplayLimits,
): void {
  const textOf = (event: StoredEvent): string =>
    sseText({ id: event.seq, event: event.type, data: shownEvent(event, snapshots) });
  api.route({
    method: "GET",
    url: "/v1/events/stream",
    exposeHeadRoute: false,
    schema: {
      summary: "Events as they come",
      description:
        "Server-sent events: id is the seq, event the type, data the event as in /v1/events. With Last-Event-ID, or " +
        `after, the stream begins with what came since, at most ${limits.replayRowsMax} events; before them an ` +
        "event named gap tells {fromSeq, toSeq} of what was left out and has to be fetched from /v1/events.",
      tags: ["events"],
      headers: Type.Object({ "last-event-id": seqProperty("The seq of the last event that arrived.") }),
      querystring: Type.Object(
        { after: seqProperty("The same, for clients that cannot set a header; the header precedes.") },
        { additionalProperties: false },
      ),
      response: { ...sseResponse, ...problemResponses },
    },
    handler: (request, reply) => {
      const afterSeq = request.headers["last-event-id"] ?? request.query.after;
      // All of this happens in one turn of the event loop: no event can come between the missed and the live ones.
      const source = {
        lastSeq: store.status().lastSeq,
        after: (seq: number) => store.events({ afterSeq: seq, limit: 500 }),
        textOf,
      };
      const missed = afterSeq === undefined ? "" : missedText(source, afterSeq, limits);
      const stream = streams.open(reply, () => unsubscribe());
      stream.write(missed);
      const unsubscribe = store.onEvent((event) => stream.write(textOf(event)));
      reply.send(stream.body);
    },
  });
}
