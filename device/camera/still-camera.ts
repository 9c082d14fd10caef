// Single photos from the board's camera, for enrolment, through the node-libcamera package.
import { readFile, rm, stat } from "node:fs/promises";
import { still } from "node-libcamera";
import { frameBytesMax } from "../bundle/image.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { JpegStream } from "./jpeg-stream.ts";

type Check =
  | { readonly kind: "integer" | "number"; readonly min: number; readonly max: number }
  | { readonly kind: "one of"; readonly values: readonly (string | number)[] };

interface AllowedOption {
  /** The name that libcamera's program gives it. */
  readonly name: string;
  readonly check: Check;
}

/**
 * The only options that reach the package: it joins them into a shell command without quoting, so that every key and
 * every value has to be known to be harmless.
 */
const allowedOptions = {
  widthPx: { name: "width", check: { kind: "integer", min: 64, max: 4608 } },
  heightPx: { name: "height", check: { kind: "integer", min: 64, max: 4608 } },
  rotationDeg: { name: "rotation", check: { kind: "one of", values: [0, 180] } },
  /** How long exposure and white balance may settle before the photo. */
  settleMs: { name: "timeout", check: { kind: "integer", min: 1, max: 10_000 } },
  jpegQuality: { name: "quality", check: { kind: "integer", min: 1, max: 100 } },
  brightness: { name: "brightness", check: { kind: "number", min: -1, max: 1 } },
  contrast: { name: "contrast", check: { kind: "number", min: 0, max: 8 } },
  saturation: { name: "saturation", check: { kind: "number", min: 0, max: 8 } },
  sharpness: { name: "sharpness", check: { kind: "number", min: 0, max: 8 } },
  exposureCompensationEv: { name: "ev", check: { kind: "number", min: -10, max: 10 } },
  shutterUs: { name: "shutter", check: { kind: "integer", min: 1, max: 1_000_000 } },
  gainRatio: { name: "gain", check: { kind: "number", min: 1, max: 64 } },
  metering: { name: "metering", check: { kind: "one of", values: ["centre", "spot", "average"] } },
  whiteBalance: {
    name: "awb",
    check: {
      kind: "one of",
      values: ["auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy"],
    },
  },
} as const satisfies Record<string, AllowedOption>;

export type StillOptions = {
  readonly [K in keyof typeof allowedOptions]?: (typeof allowedOptions)[K]["check"] extends {
    readonly values: readonly (infer V)[];
  }
    ? V
    : number;
};

const captureTimeoutMsDefault = 20_000;

function invalid(expected: string, found: string): FacelatchError {
  return new FacelatchError("CONFIG_INVALID", { expected, found, next: "Correct the options of the photo." });
}

function describe(check: Check): string {
  if (check.kind === "one of") return `one of ${check.values.join(", ")}`;
  return `${check.kind === "integer" ? "a whole number" : "a number"} of ${check.min} to ${check.max}`;
}

function passes(check: Check, value: unknown): value is string | number {
  if (check.kind === "one of") return check.values.some((allowed) => allowed === value);
  if (typeof value !== "number" || !(value >= check.min && value <= check.max)) return false;
  return check.kind === "number" || Number.isInteger(value);
}

/**
 * Checks options, which may come from a file or a request, and gives them their names in libcamera.
 *
 * @param outputPath an absolute path of letters, digits and `._-/` that ends in ".jpg"
 * @throws FacelatchError CONFIG_INVALID for an unknown key, a value out of range or an unsafe path
 */
export function stillArguments(options: object, outputPath: string): Record<string, string | number | true> {
  if (!/^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+\.jpg$/.test(outputPath) || outputPath.length > 255) {
    throw invalid("an absolute path of letters, digits and ._-/ that ends in .jpg", JSON.stringify(outputPath));
  }
  const named: Record<string, string | number | true> = { nopreview: true, encoding: "jpg" };
  for (const [key, value] of Object.entries(options)) {
    const allowed: AllowedOption | undefined = Object.hasOwn(allowedOptions, key)
      ? allowedOptions[key as keyof typeof allowedOptions]
      : undefined;
    if (allowed === undefined) {
      throw invalid(`one of ${Object.keys(allowedOptions).join(", ")}`, JSON.stringify(key));
    }
    if (!passes(allowed.check, value)) throw invalid(`${key}: ${describe(allowed.check)}`, String(value));
    named[allowed.name] = value;
  }
  return { ...named, output: outputPath };
}

/**
 * Takes one photo; the file at `outputPath` is replaced by it.
 *
 * @returns the JPEG, from SOI to EOI
 * @throws FacelatchError CONFIG_INVALID, or CAMERA_UNAVAILABLE when the program is missing, fails or is late, and when
 *   what it wrote is no JPEG
 */
export async function captureStill(
  options: StillOptions,
  outputPath: string,
  timeoutMs: number = captureTimeoutMsDefault,
): Promise<Uint8Array> {
  const args = stillArguments(options, outputPath);
  // A photo from before must not pass for this one.
  await rm(outputPath, { force: true });
  await withTimeout(still(args), timeoutMs).catch((error: unknown) => {
    throw failed(error);
  });
  return readStill(outputPath);
}

/** The package keeps the process to itself: one that is late cannot be ended here, and ends by its own timeout. */
async function withTimeout(capture: Promise<string>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(`none within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([capture, late]);
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(found: string, next = "Check the camera and its cable.", cause?: unknown): FacelatchError {
  return new FacelatchError("CAMERA_UNAVAILABLE", { expected: "a photo by libcamera-still", found, next, cause });
}

/** Exit code 127 is the shell's for a program that it did not find. */
function failed(error: unknown): FacelatchError {
  if (error instanceof FacelatchError) return error;
  if ((error as { code?: unknown } | null)?.code === 127) {
    return unavailable("no program named libcamera-still", "Install libcamera-apps or rpicam-apps.", error);
  }
  return unavailable(messageOf(error).replace(/\s+/g, " ").trim().slice(-240), undefined, error);
}

async function readStill(path: string): Promise<Uint8Array> {
  const bytes = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (bytes === 0 || bytes > frameBytesMax) throw unavailable(`a file of ${bytes} bytes`);
  const [jpeg] = new JpegStream().push(await readFile(path));
  if (jpeg === undefined) throw unavailable(`${bytes} bytes that are no JPEG`);
  return jpeg;
}
