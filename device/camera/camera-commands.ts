// The command lines that turn a camera, a stream or a video into JPEGs on standard output: arrays, never shell strings.
import { FacelatchError } from "../errors/errors.ts";
import { maskCredentials } from "../errors/mask-credentials.ts";

export interface CameraCommand {
  /** The program, looked up on PATH. */
  readonly file: string;
  readonly args: readonly string[];
  /** What it shows, in words, without credentials. */
  readonly source: string;
  /** What to install where the program is missing. */
  readonly packageName: string;
}

export interface VideoShape {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly framesPerSecond: number;
  readonly rotationDeg: 0 | 180;
}

const ffmpegQuiet = ["-nostdin", "-hide_banner", "-loglevel", "error"] as const;
const mjpegToStdout = ["-flush_packets", "1", "-f", "mjpeg", "pipe:1"] as const;
/** Quality 3 of 2 (best) to 31; JPEG's own full-range pixels, which newer versions insist on. */
const encodeMjpeg = ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p"] as const;

function invalid(expected: string, found: string): FacelatchError {
  return new FacelatchError("CONFIG_INVALID", { expected, found, next: "Correct the camera's settings." });
}

function checkShape(shape: VideoShape): void {
  const { widthPx, heightPx, framesPerSecond } = shape;
  if (![widthPx, heightPx].every((px) => Number.isInteger(px) && px >= 16 && px <= 4096)) {
    throw invalid("a width and height of 16 to 4096 px", `${widthPx} x ${heightPx}`);
  }
  if (!(framesPerSecond > 0 && framesPerSecond <= 120)) {
    throw invalid("1 to 120 frames per second", String(framesPerSecond));
  }
}

/** Filters that bring any picture into the shape: never stretched, made smaller where it does not fit. */
function filtersOf(shape: VideoShape): string {
  const { widthPx, heightPx, framesPerSecond, rotationDeg } = shape;
  const fit = `scale=${widthPx}:${heightPx}:force_original_aspect_ratio=decrease`;
  // Frames are left out, never repeated: a repeated picture is what a frozen camera delivers.
  const intervalS = (0.95 / framesPerSecond).toFixed(4);
  const thin = `select=isnan(prev_selected_t)+gte(t-prev_selected_t\\,${intervalS})`;
  return [thin, fit, ...(rotationDeg === 180 ? ["hflip", "vflip"] : [])].join(",");
}

/**
 * The board's own camera, by libcamera's program under its present and its former name; the second is for boards that
 * lack the first.
 *
 * @throws FacelatchError CONFIG_INVALID
 */
export function libcameraCommands(shape: VideoShape): [CameraCommand, CameraCommand] {
  checkShape(shape);
  const args = ["-t", "0", "-n", "--codec", "mjpeg", "--flush", "-o", "-"];
  args.push("--width", String(shape.widthPx), "--height", String(shape.heightPx));
  args.push("--framerate", String(shape.framesPerSecond), "--rotation", String(shape.rotationDeg));
  const command = (file: string, packageName: string): CameraCommand => {
    return { file, args, source: `camera module, by ${file}`, packageName };
  };
  return [
    command("rpicam-vid", "rpicam-apps"),
    command("libcamera-vid", "rpicam-apps, or libcamera-apps on an older system"),
  ];
}

export interface V4l2Source extends VideoShape {
  /** Such as "/dev/video0" or "/dev/v4l/by-id/..". */
  readonly device: string;
  /** What the camera sends; "mjpeg" is passed on as it is, "yuyv422" is encoded here. */
  readonly inputFormat: "mjpeg" | "yuyv422";
  readonly ffmpegFile?: string;
}

/**
 * A USB camera, by ffmpeg.
 *
 * @throws FacelatchError CONFIG_INVALID
 */
export function v4l2Command(source: V4l2Source): CameraCommand {
  checkShape(source);
  if (!/^\/dev\/[A-Za-z0-9/:._-]+$/.test(source.device) || source.device.includes("..")) {
    throw invalid("a video device such as /dev/video0", JSON.stringify(source.device));
  }
  const passOn = source.inputFormat === "mjpeg" && source.rotationDeg === 0;
  const encode = source.rotationDeg === 180 ? ["-vf", "hflip,vflip", ...encodeMjpeg] : [...encodeMjpeg];
  return ffmpegCommand(source.ffmpegFile, `camera ${source.device}`, [
    ...["-f", "v4l2", "-input_format", source.inputFormat],
    ...["-video_size", `${source.widthPx}x${source.heightPx}`, "-framerate", String(source.framesPerSecond)],
    ...["-i", source.device, "-an"],
    ...(passOn ? ["-c:v", "copy"] : encode),
  ]);
}

export interface RtspSource extends VideoShape {
  /** "rtsp://" or "rtsps://", with user and password where the camera wants them. */
  readonly url: string;
  readonly transport: "tcp" | "udp";
  readonly ffmpegFile?: string;
}

/**
 * A network camera, by ffmpeg.
 *
 * @throws FacelatchError CONFIG_INVALID
 */
export function rtspCommand(source: RtspSource): CameraCommand {
  checkShape(source);
  if (!/^rtsps?:\/\/[^\s\p{Cc}]+$/u.test(source.url)) {
    throw invalid("an address that begins with rtsp:// or rtsps://", maskCredentials(JSON.stringify(source.url)));
  }
  return ffmpegCommand(source.ffmpegFile, `stream ${maskCredentials(source.url)}`, [
    ...["-fflags", "nobuffer", "-rtsp_transport", source.transport, "-i", source.url],
    ...["-an", "-vf", filtersOf(source), "-vsync", "vfr", ...encodeMjpeg],
  ]);
}

export interface VideoFileSource extends VideoShape {
  readonly path: string;
  readonly loop: boolean;
  /** Plays at the video's own speed; otherwise as fast as it decodes. */
  readonly realTime: boolean;
  readonly ffmpegFile?: string;
}

/**
 * A video file, by ffmpeg.
 *
 * @throws FacelatchError CONFIG_INVALID
 */
export function videoFileCommand(source: VideoFileSource): CameraCommand {
  checkShape(source);
  return ffmpegCommand(source.ffmpegFile, `video ${source.path}`, [
    ...(source.realTime ? ["-re"] : []),
    ...["-stream_loop", source.loop ? "-1" : "0"],
    // A playlist in disguise must not reach the network, nor a file name be taken for another protocol.
    ...["-protocol_whitelist", "file", "-i", `file:${source.path}`],
    ...["-an", "-vf", filtersOf(source), "-vsync", "vfr", ...encodeMjpeg],
  ]);
}

function ffmpegCommand(file: string | undefined, source: string, args: readonly string[]): CameraCommand {
  return {
    file: file ?? "ffmpeg",
    args: [...ffmpegQuiet, ...args, ...mjpegToStdout],
    source: `${source}, by ffmpeg`,
    packageName: "ffmpeg",
  };
}
