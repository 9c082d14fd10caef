// What the camera sees now: as a picture, as data, and as a stream of that data.
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { FacelatchError } from "../../errors/errors.ts";
import type { Api, ApiDeps } from "../api-deps.ts";
import { seqProperty } from "../cursor.ts";
import { LiveFeed } from "../live-feed.ts";
import { type LiveView, liveReportOf, liveReportSchema } from "../live-report.ts";
import { problemResponses } from "../problem.ts";
import { type SseStreams, sseResponse } from "../sse.ts";

const jpegSchema = Type.Unsafe<Buffer>({ type: "string", contentMediaType: "image/jpeg" });

type LiveDeps = Pick<ApiDeps, "live" | "onLive">;

export function liveRoutes(api: Api, deps: LiveDeps, streams: SseStreams, intervalMs: number): void {
  frameRoute(api, deps);
  reportRoute(api, deps);
  streamRoute(api, deps, streams, intervalMs);
}

/** The newest frame; throws NOT_READY before the first one. */
function viewOf({ live }: LiveDeps, reply: FastifyReply): LiveView {
  const view = live();
  reply.header("cache-control", "no-store");
  if (view !== null) return view;
  reply.header("retry-after", "1");
  throw new FacelatchError("NOT_READY", {
    expected: "a frame of the camera",
    found: "none since the start",
    next: "Try again, and see the camera in /v1/status.",
  });
}

function frameRoute(api: Api, deps: LiveDeps): void {
  api.route({
    method: "GET",
    url: "/v1/live/frame.jpg",
    schema: {
      summary: "The newest frame as a picture; its number is in X-Frame-Seq",
      tags: ["live"],
      querystring: Type.Object(
        {
          seq: seqProperty("Only to get past caches; always the newest frame is sent."),
        },
        { additionalProperties: false },
      ),
      response: {
        200: {
          description: "A JPEG.",
          content: { "image/jpeg": { schema: jpegSchema } },
        },
        ...problemResponses,
      },
    },
    handler: (_request, reply) => {
      const { jpeg, seq } = viewOf(deps, reply);
      const bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
      reply.type("image/jpeg").header("x-frame-seq", String(seq)).send(bytes);
    },
  });
}

function reportRoute(api: Api, deps: LiveDeps): void {
  api.route({
    method: "GET",
    url: "/v1/live",
    schema: {
      summary: "What the camera sees now: faces, scores and the decision",
      tags: ["live"],
      response: { 200: liveReportSchema, ...problemResponses },
    },
    handler: async (_request, reply) => liveReportOf(viewOf(deps, reply)),
  });
}

function streamRoute(api: Api, deps: LiveDeps, streams: SseStreams, intervalMs: number): void {
  const feed = new LiveFeed(deps, intervalMs);
  api.route({
    method: "GET",
    url: "/v1/live/stream",
    exposeHeadRoute: false,
    schema: {
      summary: "The same, as it changes",
      description: `Server-sent events named live, at most one every ${intervalMs} ms; data is as in /v1/live.`,
      tags: ["live"],
      response: { ...sseResponse, ...problemResponses },
    },
    handler: (_request, reply) => {
      const stream = streams.open(reply, () => feed.remove(stream));
      feed.add(stream);
      reply.send(stream.body);
    },
  });
}
