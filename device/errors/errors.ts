// The one table of error codes, and the error that carries one of them.

/** What each code means to a caller: HTTP status, a title that never varies, and the exit code of a command. */
export const errorCodes = {
  CONFIG_INVALID: { status: 500, title: "The configuration is not valid", exitCode: 78 },
  USAGE: { status: 400, title: "The command line is not valid", exitCode: 64 },
  INPUT_MISSING: { status: 404, title: "A file or folder is missing", exitCode: 66 },
  INPUT_INVALID: { status: 400, title: "The input is not valid", exitCode: 65 },
  IMAGE_INVALID: { status: 422, title: "The picture cannot be read", exitCode: 65 },
  BUNDLE_MISSING: { status: 503, title: "No bundle is installed", exitCode: 66 },
  BUNDLE_ARCHIVE_INVALID: { status: 422, title: "The bundle's archive is not valid", exitCode: 65 },
  BUNDLE_MANIFEST_INVALID: { status: 422, title: "The bundle's manifest is not valid", exitCode: 65 },
  BUNDLE_FORMAT_UNSUPPORTED: { status: 422, title: "The bundle's format version is not supported", exitCode: 65 },
  BUNDLE_FILE_MISSING: { status: 422, title: "The bundle lacks a file that its manifest names", exitCode: 65 },
  BUNDLE_FILE_UNEXPECTED: {
    status: 422,
    title: "The bundle holds a file that its manifest does not name",
    exitCode: 65,
  },
  BUNDLE_CHECKSUM_MISMATCH: { status: 422, title: "A file of the bundle differs from its checksum", exitCode: 65 },
  BUNDLE_GOLDEN_MISMATCH: { status: 422, title: "The bundle does not give its known answers", exitCode: 65 },
  BUNDLE_OWNER_MISMATCH: { status: 503, title: "The bundle was made for another owner", exitCode: 65 },
  BUNDLE_UNSIGNED: { status: 422, title: "The bundle is not signed", exitCode: 77 },
  BUNDLE_SIGNATURE_INVALID: { status: 422, title: "The bundle's signature does not hold", exitCode: 77 },
  BUNDLE_KEY_UNTRUSTED: { status: 422, title: "The bundle is signed by a key that is not trusted", exitCode: 77 },
  BUNDLE_KEY_REVOKED: { status: 422, title: "The bundle is signed by a revoked key", exitCode: 77 },
  BUNDLE_SEQ_TOO_OLD: { status: 409, title: "The bundle is older than this device accepts", exitCode: 65 },
  BUNDLE_BOARD_MISMATCH: { status: 422, title: "The bundle was made for another board", exitCode: 65 },
  BUNDLE_ARCH_MISMATCH: { status: 422, title: "The bundle was made for another architecture", exitCode: 65 },
  BUNDLE_APP_MISMATCH: { status: 422, title: "The bundle was made for another version of Facelatch", exitCode: 65 },
  BUNDLE_SPACE_MISMATCH: { status: 409, title: "The bundle has another embedding space", exitCode: 65 },
  BUNDLE_TOO_SLOW: { status: 422, title: "The bundle's models are too slow on this device", exitCode: 65 },
  BUNDLE_TOO_LARGE: { status: 413, title: "The bundle is too large", exitCode: 65 },
  NOTHING_TO_ROLL_BACK_TO: { status: 409, title: "There is no earlier bundle on this device", exitCode: 66 },
  UPDATE_BUSY: { status: 409, title: "Another update is being put in place", exitCode: 75 },
  UPDATE_STATE_DAMAGED: { status: 503, title: "The record of updates is damaged", exitCode: 74 },
  UPDATE_STORAGE_FAILED: { status: 507, title: "The update could not be stored", exitCode: 74 },
  TRIAL_NOT_FINISHED: { status: 409, title: "The bundle on trial did not prove itself in time", exitCode: 75 },
  TRIAL_RESTARTED: { status: 409, title: "The daemon ended too often with the bundle on trial", exitCode: 70 },
  ROLLED_BACK: { status: 409, title: "The bundle was rolled back by hand", exitCode: 75 },
  KEY_INVALID: { status: 400, title: "The key is not valid", exitCode: 65 },
  KEY_MISSING: { status: 404, title: "There is no such key", exitCode: 66 },
  CAMERA_UNAVAILABLE: { status: 503, title: "The camera delivers no frames", exitCode: 69 },
  CAMERA_FROZEN: { status: 503, title: "The camera repeats one picture", exitCode: 69 },
  CAMERA_BLACK: { status: 503, title: "The camera sees no light", exitCode: 69 },
  CAMERA_COVERED: { status: 503, title: "The camera is covered", exitCode: 69 },
  CAMERA_CHANGED: { status: 503, title: "The camera is another one", exitCode: 69 },
  FRAME_INVALID: { status: 422, title: "A frame could not be decoded", exitCode: 65 },
  VISION_UNAVAILABLE: { status: 503, title: "The vision process is not running", exitCode: 70 },
  VISION_TIMEOUT: { status: 503, title: "The vision process did not answer in time", exitCode: 70 },
  VISION_BUSY: { status: 503, title: "The vision process has a frame in flight", exitCode: 70 },
  VISION_CRASHED: { status: 503, title: "The vision process ended", exitCode: 70 },
  MODEL_INVALID: { status: 422, title: "The model cannot be loaded", exitCode: 65 },
  RELAY_UNAVAILABLE: { status: 503, title: "The relay cannot be driven", exitCode: 69 },
  RELAY_REFUSED: { status: 409, title: "The relay refused the pulse", exitCode: 69 },
  LOCKED_DOWN: { status: 423, title: "The door is locked down", exitCode: 75 },
  LOCKDOWN_UNSAVED: { status: 503, title: "The lockdown cannot be written down", exitCode: 74 },
  FACE_UNLOCK_UNSAVED: { status: 503, title: "The switch of faces cannot be written down", exitCode: 74 },
  SCHEDULE_UNAVAILABLE: { status: 503, title: "The schedule cannot be read", exitCode: 74 },
  SCHEDULE_UNSAVED: { status: 503, title: "The schedule cannot be written down", exitCode: 74 },
  DOOR_BUSY: { status: 409, title: "The door is being opened, or was a moment ago", exitCode: 75 },
  SECOND_STEP_UNAVAILABLE: { status: 503, title: "The second step cannot be given", exitCode: 69 },
  DOOR_LINE_UNAVAILABLE: { status: 503, title: "A line at the door cannot be used", exitCode: 69 },
  DOOR_TAMPERED: { status: 503, title: "The case at the door was opened", exitCode: 69 },
  NOBODY_IN_VIEW: { status: 409, title: "Nobody is in view", exitCode: 75 },
  PIN_WRONG: { status: 403, title: "The PIN is wrong", exitCode: 77 },
  PIN_WAIT: { status: 429, title: "Too many wrong PINs: the keypad waits", exitCode: 75 },
  STORE_UNAVAILABLE: { status: 503, title: "The event store cannot be used", exitCode: 74 },
  STORE_FULL: { status: 507, title: "The event store has no space left", exitCode: 74 },
  STORE_LOW: { status: 507, title: "The disk has little space left for the record", exitCode: 74 },
  FEEDBACK_UNAVAILABLE: { status: 503, title: "The household negatives are not known", exitCode: 74 },
  FEEDBACK_FULL: { status: 507, title: "There is no space left for feedback", exitCode: 74 },
  FEEDBACK_LIMIT: { status: 409, title: "There are as many household negatives as there may be", exitCode: 65 },
  FEEDBACK_CONFLICT: { status: 409, title: "Something else was said of this presence before", exitCode: 65 },
  FEEDBACK_PRESENCE_UNKNOWN: { status: 404, title: "The presence is not remembered", exitCode: 66 },
  SNAPSHOT_MISSING: { status: 404, title: "The event has no picture", exitCode: 66 },
  SNAPSHOTS_UNAVAILABLE: { status: 503, title: "The pictures of events cannot be used", exitCode: 74 },
  PEOPLE_UNAVAILABLE: { status: 503, title: "The people of the household are not known", exitCode: 74 },
  PEOPLE_FULL: { status: 507, title: "There is no space left for people", exitCode: 74 },
  PEOPLE_LIMIT: { status: 409, title: "There are as many people or templates as there may be", exitCode: 65 },
  PERSON_EXISTS: { status: 409, title: "The person is there already", exitCode: 65 },
  PERSON_UNKNOWN: { status: 404, title: "There is no such person", exitCode: 66 },
  ENROLMENT_BUSY: { status: 409, title: "Somebody is being enrolled already", exitCode: 75 },
  ENROLMENT_MISSING: { status: 409, title: "Nobody is being enrolled", exitCode: 75 },
  ENROLMENT_STEP: { status: 409, title: "Another step of the enrolment is asked for", exitCode: 75 },
  ENROLMENT_INCOMPLETE: { status: 409, title: "The enrolment lacks a step", exitCode: 75 },
  ENROLMENT_REFUSED: { status: 422, title: "The templates cannot be the owner's", exitCode: 65 },
  REQUEST_INVALID: { status: 400, title: "The request is not valid", exitCode: 65 },
  NOT_FOUND: { status: 404, title: "There is nothing at this address", exitCode: 66 },
  HOST_REFUSED: { status: 421, title: "The request names a host that this device is not", exitCode: 77 },
  ORIGIN_REFUSED: { status: 403, title: "The request comes from another site's page", exitCode: 77 },
  TOO_MANY_REQUESTS: { status: 429, title: "Too many requests", exitCode: 75 },
  TOKEN_MISSING: { status: 401, title: "An access token is needed", exitCode: 77 },
  TOKEN_INVALID: { status: 401, title: "The access token does not count", exitCode: 77 },
  SCOPE_MISSING: { status: 403, title: "The access token does not allow this", exitCode: 77 },
  CSRF_REFUSED: { status: 403, title: "The request was not made by the page of this session", exitCode: 77 },
  PAIRING_REFUSED: { status: 403, title: "The pairing code is wrong", exitCode: 77 },
  PAIRING_CLOSED: { status: 409, title: "No pairing is under way", exitCode: 75 },
  PAIRING_CONTESTED: { status: 409, title: "Several browsers want to be paired by the button", exitCode: 75 },
  PAIRING_BUTTON_UNAVAILABLE: { status: 503, title: "The pairing button cannot be used", exitCode: 69 },
  PAIRING_NEEDED: { status: 403, title: "The browser was not paired a moment ago", exitCode: 77 },
  PASSKEY_NEEDED: { status: 403, title: "A passkey is needed", exitCode: 77 },
  PASSKEY_REFUSED: { status: 403, title: "The passkey does not hold", exitCode: 77 },
  PASSKEY_STALE: { status: 409, title: "The passkey's challenge does not count any more", exitCode: 75 },
  PASSKEY_MISSING: { status: 409, title: "No passkey was registered at this host name", exitCode: 66 },
  PASSKEY_UNKNOWN: { status: 404, title: "There is no such passkey", exitCode: 66 },
  PASSKEY_LIMIT: { status: 409, title: "There are as many passkeys as there may be", exitCode: 65 },
  PASSKEY_HOST_UNFIT: { status: 409, title: "The page was opened by an address, not by a name", exitCode: 65 },
  PASSKEYS_UNAVAILABLE: { status: 503, title: "The passkeys cannot be used", exitCode: 74 },
  ACCESS_UNAVAILABLE: { status: 503, title: "The access tokens cannot be used", exitCode: 74 },
  TLS_UNAVAILABLE: { status: 503, title: "The device's certificate cannot be used", exitCode: 74 },
  UPLOAD_UNKNOWN: { status: 404, title: "There is no such upload", exitCode: 66 },
  UPLOAD_BUSY: { status: 409, title: "Another upload is under way", exitCode: 75 },
  UPLOAD_OFFSET_MISMATCH: { status: 409, title: "The upload does not go on from here", exitCode: 75 },
  UPLOAD_INCOMPLETE: { status: 409, title: "The upload is not complete", exitCode: 75 },
  UPLOAD_DIGEST_MISMATCH: { status: 422, title: "The upload differs from its digest", exitCode: 65 },
  UPDATE_REVERTED: { status: 409, title: "The update was taken back", exitCode: 65 },
  UPDATE_UNCONFIRMED: { status: 504, title: "The update was not confirmed in time", exitCode: 75 },
  CONFIRMATION_NEEDED: { status: 400, title: "Somebody has to agree", exitCode: 64 },
  BOARD_UNREACHABLE: { status: 502, title: "The board cannot be reached", exitCode: 69 },
  BOARD_UNTRUSTED: { status: 502, title: "The board's certificate is not the expected one", exitCode: 77 },
  ROLLOUT_STOPPED: { status: 409, title: "The rollout was stopped", exitCode: 65 },
  NOT_READY: { status: 503, title: "The device is not ready", exitCode: 75 },
  DATASET_INVALID: { status: 400, title: "The data set cannot be trained on", exitCode: 65 },
  CONVERT_UNSUPPORTED: { status: 400, title: "The model has a layer that cannot be converted", exitCode: 65 },
  OUTPUT_UNWRITABLE: { status: 500, title: "The output cannot be written", exitCode: 73 },
  HOUSEHOLD_UNSAFE: { status: 400, title: "A household member comes too near to opening the door", exitCode: 65 },
  RUN_WORSE: { status: 400, title: "The retrained run is worse than the one before", exitCode: 65 },
  TRAINING_FAILED: { status: 500, title: "The training did not succeed", exitCode: 70 },
  ENGINE_UNAVAILABLE: { status: 503, title: "The training engine cannot be used", exitCode: 69 },
  DOWNLOAD_FAILED: { status: 502, title: "The download did not succeed", exitCode: 69 },
  DOWNLOAD_INVALID: { status: 502, title: "The downloaded file is not the expected one", exitCode: 65 },
  TOOL_MISSING: { status: 503, title: "A program that is needed is not installed", exitCode: 69 },
  TOOL_FAILED: { status: 500, title: "A program that is needed did not succeed", exitCode: 70 },
  RELEASE_UNSOUND: { status: 500, title: "The release would not run on a board", exitCode: 70 },
  RELEASE_TOO_LARGE: { status: 500, title: "The release is too large", exitCode: 70 },
  BOOT_PARTITION_INVALID: { status: 422, title: "There is no boot partition of Raspberry Pi OS", exitCode: 65 },
  BOOT_PARTITION_FULL: { status: 507, title: "The boot partition has no space left", exitCode: 74 },
  DEVICE_REFUSED: { status: 403, title: "The device is in use, or belongs to this machine", exitCode: 77 },
  DISK_FULL: { status: 507, title: "The disk has no space left", exitCode: 74 },
  INTERNAL: { status: 500, title: "An internal error", exitCode: 70 },
} as const satisfies Record<string, { status: number; title: string; exitCode: number }>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetail {
  /** What was expected, in a few words. */
  readonly expected: string;
  /** What was found instead. */
  readonly found: string;
  /** The next step for the reader. */
  readonly next: string;
  readonly cause?: unknown;
}

/** An operating error: the message says what was expected, what was found, and what to do. */
export class FacelatchError extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, detail: ErrorDetail) {
    super(
      `${errorCodes[code].title}: expected ${detail.expected}; found ${detail.found}. ${detail.next}`,
      detail.cause === undefined ? undefined : { cause: detail.cause },
    );
    this.name = "FacelatchError";
    this.code = code;
    this.detail = detail;
  }
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The code of anything thrown: its own when it has one, `fallback` otherwise. */
export function codeOf(thrown: unknown, fallback: ErrorCode = "INTERNAL"): ErrorCode {
  return thrown instanceof FacelatchError ? thrown.code : fallback;
}
