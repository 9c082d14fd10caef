// Pictures of events: shown and erased, for whoever has the scope for that.
import Type from "typebox";
import { FacelatchError } from "../../errors/errors.ts";
import type { StoredEvent } from "../../events/events.ts";
import type { Snapshots } from "../../snapshots/snapshots.ts";
import type { Store } from "../../store/store.ts";
import type { Api } from "../api-deps.ts";
import { callerOf } from "../caller.ts";
import { type Allow, limitByAddress } from "../limit-by-address.ts";
import { problemResponses } from "../problem.ts";

const access = ["snapshots"] as const;
const jpegSchema = Type.Unsafe<Buffer>({ type: "string", contentMediaType: "image/jpeg" });
const paramsSchema = Type.Object(
  { id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: "The event's seq." }) },
  { additionalProperties: false },
);
const erased = Type.Null({ description: "It is gone." });

interface SnapshotDeps {
  readonly store: Pick<Store, "events">;
  readonly snapshots: Snapshots;
}

export function snapshotRoutes(api: Api, deps: SnapshotDeps, erasuresPerMinuteMax: number): void {
  const allow = limitByAddress(erasuresPerMinuteMax, "erasures of pictures");
  pictureRoute(api, deps);
  eraseRoute(api, deps, allow);
  eraseAllRoute(api, deps, allow);
}

function pictureRoute(api: Api, deps: SnapshotDeps): void {
  api.route({
    method: "GET",
    url: "/v1/events/:id/snapshot",
    exposeHeadRoute: false,
    config: { access },
    schema: {
      summary: "The picture of whoever an event is about",
      description: "404 SNAPSHOT_MISSING: there is none, or none any more; see hasSnapshot of /v1/events.",
      tags: ["events"],
      params: paramsSchema,
      response: {
        200: { description: "A JPEG.", content: { "image/jpeg": { schema: jpegSchema } } },
        ...problemResponses,
      },
    },
    handler: async ({ params }, reply) => {
      const jpeg = await deps.snapshots.picture(eventOf(deps, params.id));
      const bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
      return reply.type("image/jpeg").header("cache-control", "no-store").send(bytes);
    },
  });
}

function eraseRoute(api: Api, deps: SnapshotDeps, allow: Allow): void {
  api.route({
    method: "DELETE",
    url: "/v1/events/:id/snapshot",
    config: { access },
    schema: {
      summary: "Erases the picture of an event",
      description:
        "The answer comes once its file lies on the disk no more; the event that tells who erased it comes first. 404 " +
        "SNAPSHOT_MISSING.",
      tags: ["events"],
      params: paramsSchema,
      response: { 204: erased, ...problemResponses },
    },
    onRequest: allow,
    handler: async ({ params, accessToken }, reply) => {
      await deps.snapshots.erase(eventOf(deps, params.id), callerOf(accessToken));
      reply.code(204).header("cache-control", "no-store");
      return null;
    },
  });
}

function eraseAllRoute(api: Api, { snapshots }: SnapshotDeps, allow: Allow): void {
  api.route({
    method: "DELETE",
    url: "/v1/snapshots",
    config: { access },
    schema: {
      summary: "Erases all pictures of events, and the key that sealed them",
      description: "The event that tells who erased them comes first; without any picture there is none to tell of.",
      tags: ["events"],
      response: { 204: { ...erased, description: "They are gone." }, ...problemResponses },
    },
    onRequest: allow,
    handler: async ({ accessToken }, reply) => {
      await snapshots.eraseAll(callerOf(accessToken));
      reply.code(204).header("cache-control", "no-store");
      return null;
    },
  });
}

function eventOf({ store }: SnapshotDeps, seq: number): StoredEvent {
  const [event] = store.events({ afterSeq: seq - 1, limit: 1 });
  if (event?.seq === seq) return event;
  throw new FacelatchError("SNAPSHOT_MISSING", {
    expected: "an event as in /v1/events",
    found: `no event ${seq}`,
    next: "Old events are deleted.",
  });
}
