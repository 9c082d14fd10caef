// The faults of a camera, in the form that its status carries.
import { type ErrorDetail, FacelatchError } from "../errors/errors.ts";
import type { CameraStatus } from "./camera.ts";

/** An event's message is not longer either. */
const messageCharsMax = 500;

type CameraFault = NonNullable<CameraStatus["fault"]>;

/** A fault with the message of the error that it stands for, cut to 500 characters. */
export function cameraFault(code: CameraFault["code"], detail: ErrorDetail): CameraFault {
  return { code, message: new FacelatchError(code, detail).message.slice(0, messageCharsMax) };
}

/** The fault of a source that repeats one picture. */
export function frozenFault(source: string, frozenAfterFrames: number): CameraFault {
  return cameraFault("CAMERA_FROZEN", {
    expected: `changing pictures from ${source}`,
    found: `the same one at least ${frozenAfterFrames} times in a row`,
    next: "Disconnect the camera and connect it again.",
  });
}
