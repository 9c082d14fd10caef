// The page's words in English: the lock, the door opened by hand, the way in, and the camera.
import type { StatusReport } from "../../status-report.ts";
import type { Words } from "./words.ts";

export const door = {
  lock: {
    label: "Lock",
    unknown: "Unknown",
    silent: "The door does not answer.",
    asking: "Asking the door.",
    unlocked: "Unlocked",
    canBeOpened: "The door can be opened now.",
    locked: "Locked",
    lockedDown: "Locked down",
    lockedDownSince: (at: string, by: string) => `Since ${at}, by ${by}. It opens for nobody.`,
    facesOff: (at: string, by: string) => `Faces are off since ${at}, by ${by}. It opens by hand alone.`,
    outsideSchedule: "The schedule keeps it locked now. It opens by hand alone.",
    enrolling: "Somebody is being enrolled: it opens for no face.",
    door: {
      open: (duration: string | null) => `The door is open${duration === null ? "" : `, for ${duration}`}.`,
      closed: "The door is closed.",
      unknown: "Whether the door is open cannot be told.",
      forced: "It was forced.",
      jammed: "The bolt is jammed.",
      tampered: "The case was opened.",
    },
    hints: {
      ready: "It opens for the owner.",
      starting: "It is starting, and opens for nobody yet.",
      degraded: "It may not open, see below.",
      locked_down: "It is locked down, and opens for nobody.",
    } satisfies Words<StatusReport["state"]>,
  },
  controls: {
    label: "Door",
    open: {
      button: "Open the door",
      question: "Open the door now?",
      yes: "Open it",
      outcome: "Opened.",
    },
    lockDown: {
      button: "Lock down",
      question: "Lock down? It then opens for nobody, you included, until that is lifted.",
      yes: "Lock it down",
      outcome: "Locked down.",
    },
    lift: {
      button: "Lift the lockdown",
      question: "Lift the lockdown? The door opens for its owner again.",
      yes: "Lift it",
      outcome: "The lockdown is lifted.",
    },
    facesOff: {
      button: "Faces open the door",
      question: "Switch faces off? The door then opens by hand alone.",
      yes: "Switch them off",
      outcome: "Faces are off.",
    },
    facesOn: {
      button: "Faces open the door",
      question: "Switch faces on? The door then opens for its owner's face again.",
      yes: "Switch them on",
      outcome: "Faces are on.",
    },
    noAnswer: "The door did not answer. Try again: it opens once at most.",
    failures: {
      LOCKED_DOWN: "The door is locked down: it opens for nobody.",
      DOOR_BUSY: "The door is open already, or was a moment ago.",
      RELAY_UNAVAILABLE: "The relay does not obey. The door stays locked.",
      LOCKDOWN_UNSAVED: "The door is locked down, but its disk did not take it: see what needs attention.",
      FACE_UNLOCK_UNSAVED:
        "Faces are off, but the door's disk did not take the change: after a restart it may be otherwise.",
    },
  },
  letIn: {
    field: "Pairing code or access token",
    button: "Let me in",
    help: "The code is on the board\u2019s console for two minutes after its first start. Later, ask there for one:",
    browser: "a browser",
    sessionName: (platform: string) => `the page, ${platform}`,
    failures: {
      PAIRING_REFUSED: "This is not the code. Try again.",
      PAIRING_CLOSED: "No pairing is under way: the two minutes are over, the code was used, or too many were wrong.",
      TOKEN_INVALID: "This token is not known, or counts no more.",
      TOO_MANY_REQUESTS: "Too many tries. Wait a minute, then try again.",
      REQUEST_INVALID: "This is neither a code nor a token.",
      ACCESS_UNAVAILABLE: "The door cannot read its access tokens. Its log says why.",
    },
  },
  camera: {
    title: "At the door",
    notLive: "Not live",
    old: (age: string) => `${age} old`,
    noPicture: "No picture yet.",
    lastPicture: "The camera's last picture, no longer of now",
    picture: (faces: number) =>
      `The camera's picture, ${faces === 0 ? "no face" : faces === 1 ? "one face" : `${faces} faces`} in it`,
    noDecision: "There is no current decision.",
    open: "Open",
    stayLocked: "Stay locked",
    ownerRecognised: "The owner is recognised.",
    scores: "Scores",
    likeness: "Likeness",
    needs: (score: string) => `needs ${score}`,
  },
};
