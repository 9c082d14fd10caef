// What the API is made of: its server's type, what it needs from the daemon, and the limits within which it serves.

import type { IncomingHttpHeaders } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { Access, AccessToken, ButtonPairing, Pairing, Scope } from "../access/access.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { DoorControl, ScheduleControl } from "../door/door.ts";
import type { Enrolment } from "../enrolment/enrolment.ts";
import type { Feedback } from "../feedback/feedback.ts";
import type { LogLevelControl } from "../log/log.ts";
import type { Passkeys, Site } from "../passkeys/passkeys.ts";
import type { People } from "../people/people.ts";
import type { PinAnswer } from "../second-step/second-step.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import type { Store } from "../store/store.ts";
import type { LiveView } from "./live-report.ts";
import type { StatusReport } from "./status-report.ts";

/** A Fastify instance whose routes take their types from their schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module "fastify" {
  interface FastifyContextConfig {
    /** A token with any of these may ask; nobody needs one for "public". Where it is missing, reading needs `read`. */
    readonly access?: readonly Scope[] | "public";
  }
  interface FastifyRequest {
    /** Whose token let the request in; null where none was asked for. */
    accessToken: AccessToken | null;
    /** Whether it would be let in now, for an answer that takes its time. Never rejects: doubt means no. */
    stillAdmitted: () => Promise<boolean>;
  }
}

/** How the API is reached: "proxy" where a proxy before it speaks HTTPS for it. */
export type Transport = "http" | "https" | "proxy";

export interface ApiLimits {
  readonly connectionsMax: number;
  /** From a connection, or the answer before, to the last byte of a request. */
  readonly requestTimeoutMs: number;
  /** By address; health checks are not counted. */
  readonly requestsPerMinuteMax: number;
  /** By address; what comes without a token that counts. */
  readonly refusalsPerMinuteMax: number;
  /** By address; browsers that ask to be paired by the button. */
  readonly knocksPerMinuteMax: number;
  /** By address; what is said of presences. */
  readonly feedbackPerMinuteMax: number;
  /** By address; what is written, copied or erased of people. */
  readonly peoplePerMinuteMax: number;
  /** By address; what is asked for, made and removed of passkeys. */
  readonly passkeysPerMinuteMax: number;
  /** By address; pictures that are erased. */
  readonly erasuresPerMinuteMax: number;
  /** From all addresses together. */
  readonly pinsPerMinuteMax: number;
  /** From all addresses together; a request that is sent again is not counted. */
  readonly unlocksPerMinuteMax: number;
  /** Streams of events, of log lines and of what the camera sees together. */
  readonly streamsMax: number;
  /** What may wait for a slow client before it is dropped. */
  readonly streamBufferBytesMax: number;
  readonly heartbeatMs: number;
  /** The most events, or log lines, that a stream looks through for a client that missed some; at most 500, a page of the store. */
  readonly replayRowsMax: number;
  /** The least time between two messages of a live stream. */
  readonly liveIntervalMs: number;
}

export const defaultLimits: ApiLimits = {
  connectionsMax: 128,
  requestTimeoutMs: 10_000,
  requestsPerMinuteMax: 1_200,
  refusalsPerMinuteMax: 20,
  knocksPerMinuteMax: 10,
  feedbackPerMinuteMax: 20,
  peoplePerMinuteMax: 30,
  passkeysPerMinuteMax: 30,
  erasuresPerMinuteMax: 60,
  pinsPerMinuteMax: 30,
  unlocksPerMinuteMax: 12,
  streamsMax: 32,
  streamBufferBytesMax: 1024 * 1024,
  heartbeatMs: 15_000,
  replayRowsMax: 500,
  liveIntervalMs: 200,
};

export interface PeopleDeps {
  readonly people: People;
  readonly enrolment: Enrolment;
  /** How many of a person's templates the door judges by now. */
  readonly inUse: (personId: string) => number;
  readonly ownerName: string;
}

/** What the routes of passkeys, and of opening by hand, work with. */
export interface PasskeyDeps {
  readonly passkeys: Passkeys;
  /** Whether the door is opened by hand with a passkey alone. */
  readonly unlockNeedsPasskey: boolean;
  /** Throws PASSKEY_HOST_UNFIT. */
  readonly siteOf: (headers: IncomingHttpHeaders) => Site;
}

export interface ApiDeps {
  readonly status: () => StatusReport;
  readonly store: Store;
  readonly feedback: Feedback;
  /** The newest frame and what came of it; null before the first one. */
  readonly live: () => LiveView | null;
  /** Calls back when `live()` has changed; returns the function that ends it. */
  readonly onLive: (listener: () => void) => () => void;
  /** Judges a PIN of the second step, as `PinEntry.enter` does; null where none is asked for. */
  readonly enterPin: ((pin: string) => Promise<PinAnswer>) | null;
  /** Opens the door and locks it down; null where there is no door, as its configuration cannot be read. */
  readonly door: DoorControl | null;
  /** When faces may open the door; null where there is no door. */
  readonly schedule: ScheduleControl | null;
  /** How talkative the log is; null where that cannot be changed. */
  readonly logLevel: LogLevelControl | null;
  /** Who is enrolled; null where nobody can be. */
  readonly people: PeopleDeps | null;
  /** Pictures of events; null where none can be kept. */
  readonly snapshots: Snapshots | null;
  /** Null where there is no state folder to keep them in. */
  readonly passkeys: Passkeys | null;
  /** Whether the door is opened by hand with a passkey alone; without any passkeys then by nobody. */
  readonly unlockNeedsPasskey: boolean;
  readonly access: Access;
  /** Judges the code that pairs a browser; null where none can be paired. */
  readonly pairing: Pairing | null;
  /** Pairs browsers by a button of the board; null where there is none. */
  readonly buttonPairing: ButtonPairing | null;
  /** Whether requests from this machine itself need no token. */
  readonly openOnLoopback: boolean;
  readonly transport: Transport;
  /** How bundles arrive; null where none can. */
  readonly delivery: Delivery | null;
  readonly logger: FastifyBaseLogger;
  /** Names, without ports, by which this device is addressed beside those of the loopback. */
  readonly allowedHosts: readonly string[];
  readonly version: string;
  /** Monotonic, in ms; the system's unless told. */
  readonly nowMs?: () => number;
  readonly limits?: Partial<ApiLimits>;
}
