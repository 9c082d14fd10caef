// The port of delivery: how a bundle comes to this board, piece by piece, and what became of it.
import type { Readable } from "node:stream";
import Type, { type Static } from "typebox";
import { type BundleFigures, bundleFiguresSchema } from "../bundle/figures.ts";
import type { Calibration, ReportCard } from "../bundle/report-card.ts";

function closed<const T extends Type.TProperties>(properties: T, description: string) {
  return Type.Object(properties, { additionalProperties: false, description });
}

const orNull = <T extends Type.TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const summarySchema = closed(
  { sha256: Type.String({ description: "Of the manifest." }), name: Type.String(), seq: Type.Integer() },
  "A bundle.",
);

const millis = Type.Number({ minimum: 0 });

const uploadSchema = closed(
  {
    id: Type.String({ pattern: "^[0-9a-f]{32}$" }),
    lengthBytes: Type.Integer({ minimum: 1 }),
    offsetBytes: Type.Integer({ minimum: 0, description: "How much has arrived; go on from here." }),
    sha256: Type.String({ description: "What all of it must hash to." }),
    idleRemainingMs: Type.Number({ minimum: 0, description: "It is dropped when nothing arrives for so long." }),
  },
  "An archive on its way.",
);

export type Upload = Static<typeof uploadSchema>;

export const deliveryStatusSchema = closed(
  {
    state: Type.Enum(["idle", "downloading", "verifying", "trial", "confirmed", "reverted"]),
    current: orNull(summarySchema, "The bundle in use."),
    previous: orNull(summarySchema, "The one before."),
    factory: orNull(summarySchema, "The one of last resort."),
    floorSeq: Type.Integer({ description: "The lowest seq that is still accepted." }),
    trial: orNull(
      closed(
        { freshFrames: Type.Integer(), freshFramesNeeded: Type.Integer(), remainingMs: millis },
        "How far the trial is.",
      ),
      "Null without a trial.",
    ),
    reverted: orNull(
      closed({ bundle: summarySchema, reasonCode: Type.String(), reason: Type.String() }, "What was taken back."),
      "Null where the last update was not taken back.",
    ),
    refused: orNull(
      closed({ code: Type.String(), message: Type.String() }, "Why the last archive was not put on trial."),
      "Null where it was, or while the next one is verified.",
    ),
    upload: orNull(uploadSchema, "Null without one."),
    figures: orNull(bundleFiguresSchema, "Of the bundle in use."),
  },
  "Where updates stand.",
);

export type DeliveryStatus = Static<typeof deliveryStatusSchema>;
export type { BundleFigures, Calibration, ReportCard };

/** A card is null where there is no such bundle, or none whose manifest can be read. */
export interface BundleCards {
  /** Of the bundle in use. */
  readonly current: ReportCard | null;
  /** Of the one before. */
  readonly previous: ReportCard | null;
  /** Whether the one in use is on trial. */
  readonly isOnTrial: boolean;
}

export interface NewUpload {
  readonly lengthBytes: number;
  readonly sha256: string;
}

export interface DeliveryLimits {
  readonly archiveBytesMax: number;
  readonly uploadIdleMaxMs: number;
}

export interface Delivery {
  readonly limits: DeliveryLimits;
  status(): Promise<DeliveryStatus>;
  /** What was measured of the bundles on this board, housemates by name. */
  bundles(): Promise<BundleCards>;
  /**
   * Begins an upload, or goes on with the sender's own of the same content; another one of its own it replaces.
   *
   * @param sender whose upload it is: nobody else can add to it
   * @throws FacelatchError BUNDLE_TOO_LARGE, UPLOAD_BUSY while another sender's is under way, UPDATE_BUSY while
   *   one is verified, DISK_FULL
   */
  begin(sender: string, upload: NewUpload): Promise<Upload>;
  /** Throws UPLOAD_UNKNOWN, also for another sender's. */
  upload(sender: string, id: string): Promise<Upload>;
  /**
   * Adds bytes at the end, as they come; what arrived is kept when the stream breaks off. The last byte settles
   * whether all is as announced; if not, the upload is gone.
   *
   * @throws FacelatchError UPLOAD_UNKNOWN, UPLOAD_BUSY, UPLOAD_OFFSET_MISMATCH, BUNDLE_TOO_LARGE beyond the announced
   *   length, UPLOAD_DIGEST_MISMATCH, DISK_FULL
   */
  append(sender: string, id: string, offsetBytes: number, bytes: Readable): Promise<Upload>;
  /** Throws UPLOAD_UNKNOWN, UPLOAD_BUSY, UPDATE_BUSY. */
  cancel(sender: string, id: string): Promise<void>;
  /**
   * Begins to verify a complete upload and to put it on trial; the status tells what becomes of it.
   *
   * @throws FacelatchError UPLOAD_UNKNOWN, UPLOAD_INCOMPLETE, UPDATE_BUSY while another update is verified
   */
  install(sender: string, id: string): Promise<void>;
  /** Throws NOTHING_TO_ROLL_BACK_TO, UPDATE_BUSY while an update is verified. */
  rollback(): Promise<DeliveryStatus>;
}
