// The page's words in English: what is wrong, the device's health, and its updates.
import type { DeliveryStatus } from "../../../delivery/delivery.ts";
import type { StatusReport } from "../../status-report.ts";
import { amountsIn, type Words } from "./words.ts";

const amountOf = amountsIn("en");

const partStates: Words<
  StatusReport["camera"]["state"] | StatusReport["vision"]["state"] | StatusReport["store"]["state"]
> = {
  stopped: "stopped",
  starting: "starting",
  running: "running",
  failed: "failed",
  ready: "ready",
  backoff: "waiting",
  refused: "refused",
  open: "open",
};

const updateStates: Words<DeliveryStatus["state"]> = {
  idle: "Nothing is under way.",
  downloading: "A new bundle is on its way here.",
  verifying: "A new bundle is being verified.",
  trial: "A new bundle is on trial.",
  confirmed: "The bundle in use has proved itself.",
  reverted: "The last update was taken back.",
};

export const device = {
  causes: {
    starting: "The door is starting",
    lockedDown: "The door is locked down",
    attention: "Something needs attention",
    sinceFor: (duration: string) => `for ${duration}`,
    wording: "In the device's own words",
  },
  health: {
    title: "Health",
    states: partStates,
    none: "none",
    frames: amountOf("frame", "frames"),
    restarts: amountOf("restart", "restarts"),
    events: amountOf("event", "events"),
    logLines: amountOf("log line", "log lines"),
    board: "Board",
    well: "well",
    strained: "under strain",
    left: (bytes: string) => `${bytes} left`,
    hot: "hot",
    lowMemory: "short of memory",
    strainText: (whys: readonly string[]) => `It is ${whys.join(" and ")}, and takes fewer frames.`,
    camera: "Camera",
    vision: "Vision",
    engine: (engine: string | null) => `engine ${engine ?? "none"}`,
    slow: "The XNNPACK delegate is missing: the vision is several times slower.",
    analysed: (count: number) => `${count.toLocaleString("en")} analysed`,
    relay: "Relay",
    active: "active",
    inactive: "inactive",
    openings: amountOf("opening", "openings"),
    guard: (pid: number | null) => `guard ${pid ?? "away"}`,
    pairingButton: "Pairing button",
    knocks: amountOf("browser asks for it", "browsers ask for it"),
    store: "Event store",
    feedback: "Feedback",
    items: amountOf("item", "items"),
    negatives: amountOf("household negative", "household negatives"),
    negativesOfOtherSpaces: (count: number) =>
      `${amountOf("household negative", "household negatives")(count)} of another bundle cannot be compared with this one.`,
    damaged: (count: number) => `The stored frames of ${amountOf("item", "items")(count)} are damaged.`,
    people: "Enrolment",
    household: (count: number) => `${count} of the household`,
    templates: amountOf("template", "templates"),
    templatesOfOtherSpaces: (count: number) =>
      `${amountOf("template", "templates")(count)} of another bundle cannot be compared with this one: enrol anew.`,
    log: "Log",
    logUntil: (configured: string, time: string) => `goes back to ${configured}: ${time}`,
    bundle: "Bundle",
    opensFrom: (likeness: string) => `opens from a likeness of ${likeness}`,
  },
  updates: {
    title: "Bundle and updates",
    states: updateStates,
    noBundle: "No bundle is installed",
    opensForNobody: "The door opens for nobody.",
    bundle: (madeOn: string | null, seq: number, sha256: string) =>
      `${madeOn === null ? "" : `made ${madeOn}, `}number ${seq}, ${sha256}`,
    trial: "Trial",
    trialProgress: (frames: number, needed: number, remaining: string) =>
      `${frames} of ${needed} frames, ${remaining} to go`,
    upload: "Upload",
    arrived: (percent: number) => `${percent} % has arrived`,
    takenBack: (name: string, why: string) => `"${name}" was taken back: ${why}`,
    refused: (why: string) => `A bundle was refused: ${why}`,
    back: "Back to the bundle before",
    question: (name: string) => `Go back to "${name}"? Faces are then judged by it at once.`,
    yes: "Go back",
    outcome: "The door went back to the bundle before.",
    failures: {
      NOTHING_TO_ROLL_BACK_TO: "There is no earlier bundle to go back to.",
      UPDATE_BUSY: "Another update is being put in place. Try again later.",
    },
  },
};
