// Events as they come, and first those that a client missed.
import Type from "typebox";
import type { Api, ApiDeps, ApiLimits } from "./api-deps.ts";
import { seqProperty } from "./cursor.ts";
import { problemResponses } from "./problem.ts";
import { type ShownEvent, shownEvent } from "./shown-event.ts";
import { type SseStreams, sseResponse, sseText } from "./sse.ts";

type ReplayLimits = Pick<ApiLimits, "replayEventsMax" | "streamBufferBytesMax">;

export function eventStreamRoutes(
  api: Api,
  { store, snapshots }: Pick<ApiDeps, "store" | "snapshots">,
  streams: SseStreams,
  limits: ReplayLimits,
): void {
  api.route({
    method: "GET",
    url: "/v1/events/stream",
    exposeHeadRoute: false,
    schema: {
      summary: "Events as they come",
      description:
        "Server-sent events: id is the seq, event the type, data the event as in /v1/events. With Last-Event-ID, or " +
        `after, the stream begins with what came since, at most ${limits.replayEventsMax} events; before them an ` +
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
      const missed = afterSeq === undefined ? "" : missedText({ store, snapshots }, afterSeq, limits);
      const stream = streams.open(reply, () => unsubscribe());
      stream.write(missed);
      const unsubscribe = store.onEvent((event) => stream.write(eventText(shownEvent(event, snapshots))));
      reply.send(stream.body);
    },
  });
}

function eventText(event: ShownEvent): string {
  return sseText({ id: event.seq, event: event.type, data: event });
}

/**
 * The events after a seq, oldest first; where they are too many, or too long for the stream's buffer, the newest of
 * them behind a gap.
 */
function missedText(
  { store, snapshots }: Pick<ApiDeps, "store" | "snapshots">,
  afterSeq: number,
  limits: ReplayLimits,
): string {
  const { lastSeq } = store.status();
  // A client that is ahead counts in another database, which this one replaced: everything here is new to it.
  const knownSeq = afterSeq > lastSeq ? 0 : afterSeq;
  const events = store.events({ afterSeq: Math.max(knownSeq, lastSeq - limits.replayEventsMax), limit: 500 });
  const texts: string[] = [];
  let gapToSeq = Math.max(knownSeq, lastSeq - limits.replayEventsMax);
  let bytes = 0;
  for (const event of events.reverse()) {
    const text = eventText(shownEvent(event, snapshots));
    bytes += Buffer.byteLength(text);
    if (bytes > limits.streamBufferBytesMax / 2) {
      gapToSeq = event.seq;
      break;
    }
    texts.push(text);
  }
  if (gapToSeq > knownSeq) texts.push(sseText({ event: "gap", data: { fromSeq: knownSeq + 1, toSeq: gapToSeq } }));
  return texts.reverse().join("");
}
