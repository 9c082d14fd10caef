// From the configuration to the adapters of what is wired to the board: camera, relay, second step, the lines at the door, buttons.
import { PairingButton } from "../access/pairing-button.ts";
import type { Board, BoardStatus } from "../board/board.ts";
import { BoardWatch } from "../board/board-watch.ts";
import type { Camera } from "../camera/camera.ts";
import { libcameraCommands, rtspCommand, v4l2Command, videoFileCommand } from "../camera/camera-commands.ts";
import { ReplayCamera } from "../camera/replay-camera.ts";
import { StreamCamera } from "../camera/stream-camera.ts";
import { videoIdentityOf } from "../camera/video-identity.ts";
import { WatchedCamera } from "../camera/watched-camera.ts";
import type { Config } from "../config/config.ts";
import type { DoorIo, DoorIoListeners, DoorSignals } from "../door-io/door-io.ts";
import { GpioDoorIo } from "../door-io/gpio-door-io.ts";
import { GpioSignals } from "../door-io/gpio-signals.ts";
import { GuardedRelay } from "../relay/guarded-relay.ts";
import { relayLineOf } from "../relay/output-line.ts";
import { RecordedRelay } from "../relay/recorded-relay.ts";
import type { Relay } from "../relay/relay.ts";
import { GpioButton } from "../second-step/gpio-button.ts";
import { NoSecondStep } from "../second-step/no-second-step.ts";
import { PinStep } from "../second-step/pin-step.ts";
import type { PinEntry, SecondStep } from "../second-step/second-step.ts";
import { limitsOf } from "./turn-relay-off.ts";

/** @param onChange told when the board comes under strain, and when that is over; must not throw */
export function openBoard({ board }: Config, onChange: (status: BoardStatus) => void): Board {
  return new BoardWatch({ ...board, onChange });
}

/** Throws CONFIG_INVALID where a source cannot be what it says. */
export function openCamera(camera: Config["camera"]): WatchedCamera {
  const { obstructedAfterMs } = camera;
  // Photos and recordings may be of any size.
  const isOneShape = camera.kind !== "replay";
  const identity = camera.kind === "v4l2" ? { identity: () => videoIdentityOf(camera.device) } : {};
  return new WatchedCamera(openFrameSource(camera), { obstructedAfterMs, isOneShape, ...identity });
}

function openFrameSource(camera: Config["camera"]): Camera {
  const { frozenAfterFrames, stallTimeoutMs } = camera;
  const stream = (commands: ConstructorParameters<typeof StreamCamera>[0]["commands"]) =>
    new StreamCamera({ commands, frozenAfterFrames, stallTimeoutMs });
  switch (camera.kind) {
    case "replay":
      return new ReplayCamera(camera);
    case "rpicam":
      return stream(libcameraCommands(camera));
    case "v4l2":
      return stream([v4l2Command({ ...camera, ffmpegFile: camera.ffmpegPath })]);
    case "rtsp":
      return stream([rtspCommand({ ...camera, ffmpegFile: camera.ffmpegPath })]);
    case "video":
      return stream([videoFileCommand({ ...camera, realTime: true, ffmpegFile: camera.ffmpegPath })]);
  }
}

export function openRelay(relay: Config["relay"]): Relay {
  const limits = limitsOf(relay);
  if (relay.kind === "recorded") return new RecordedRelay({ limits });
  return new GuardedRelay({ ...relayLineOf(relay), limits, ...relay.guard });
}

export interface OpenedSecondStep {
  readonly step: SecondStep;
  /** The same where it is a PIN; null otherwise. */
  readonly pinEntry: PinEntry | null;
}

export function openSecondStep({ secondStep, stateDir }: Config): OpenedSecondStep {
  switch (secondStep.kind) {
    case "none":
      return { step: new NoSecondStep(), pinEntry: null };
    case "button": {
      const { debounceMs, heldMaxMs } = secondStep;
      return { step: new GpioButton({ ...secondStep, limits: { debounceMs, heldMaxMs } }), pinEntry: null };
    }
    case "pin": {
      const pinEntry = new PinStep({ stateDir });
      return { step: pinEntry, pinEntry };
    }
  }
}

export function openDoorIo({ door }: Config, listeners: DoorIoListeners): DoorIo {
  const { debounceMs, openGraceMs, heldOpenMaxMs, boltReturnMaxMs } = door;
  return new GpioDoorIo({
    lines: {
      contact: lineOrNull(door.contact),
      exitButton: lineOrNull(door.exitButton),
      tamper: lineOrNull(door.tamper),
      bolt: lineOrNull(door.bolt),
    },
    limits: { openGraceMs, heldOpenMaxMs, boltReturnMaxMs },
    debounceMs,
    ...listeners,
  });
}

export function openDoorSignals({ door: { led, buzzer } }: Config): DoorSignals {
  return new GpioSignals({ lines: { led: lineOrNull(led), buzzer: lineOrNull(buzzer) } });
}

/** Null where there is none. */
export function openPairingButton(
  { api: { pairingButton } }: Config,
  told: Pick<ConstructorParameters<typeof PairingButton>[0], "onEvent" | "onWarning">,
): PairingButton | null {
  return pairingButton.kind === "none" ? null : new PairingButton({ ...pairingButton, ...told });
}

function lineOrNull<L extends { readonly kind: "gpio" }>(line: L | { readonly kind: "none" }): L | null {
  return line.kind === "none" ? null : line;
}
