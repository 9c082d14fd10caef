// The page's words in English; their shape is what every other language must fill.
import type { Ending, Step } from "../../../enrolment/enrolment.ts";
import type { StoredEvent } from "../../../events/events.ts";
import { bundle } from "./en-bundle.ts";
import { device } from "./en-device.ts";
import { door } from "./en-door.ts";
import { eventNames } from "./en-events.ts";
import { people } from "./en-people.ts";
import { schedule } from "./en-schedule.ts";
import { amountsIn } from "./words.ts";

const amountOf = amountsIn("en");

export const en = {
  ...door,
  ...bundle,
  ...device,
  ...people,
  ...schedule,
  app: {
    asking: "Asking the door\u2026",
    noConnection: "No connection",
    signOut: "Sign out",
    language: "Language",
    versionAndUptime: (version: string, uptime: string) => `Version ${version}, up for ${uptime}`,
    cancel: "Cancel",
  },
  /** What the device itself says is English already. */
  said: {
    event: (event: StoredEvent) => event.message,
    /** Why the door stayed locked, or a frame was not taken. */
    reason: (_code: string | null, message: string) => message,
    fault: (_code: string | null, message: string) => message,
    asks: (_step: Step | null, asks: string | null) => asks,
    ending: (_ending: Ending, message: string) => message,
    who: (by: string) => by,
    label: (label: string) => label,
  },
  failure: {
    noAnswer: "The door did not answer. Try again.",
    refused: (code: string) => `The door refused (${code}).`,
    /** Where a view has nothing of its own to say of a code. */
    common: {
      STORE_UNAVAILABLE: "This could not be recorded, so nothing was done.",
      FEEDBACK_FULL: "The door's disk is full. Nothing was stored.",
      PEOPLE_FULL: "The door's disk is full. Nothing was stored.",
      PEOPLE_UNAVAILABLE: "The door cannot read who is enrolled; see what needs attention above.",
      TOO_MANY_REQUESTS: "Too often. Wait a minute, then try again.",
    },
  },
  times: {
    clockNotSet: "clock not set",
    days: amountOf("day", "days"),
  },
  events: {
    title: "Events",
    names: eventNames,
    notLoaded: "The events could not be loaded.",
    tryAgain: "Try again",
    none: "Nothing has happened yet.",
    older: "Show older",
    pictureAt: (at: string) => `Who was at the door at ${at}`,
    erasePicture: "Erase",
    erasePictureOf: (at: string) => `Erase the picture of ${at}`,
    pictureErased: "The picture is erased.",
    eraseAll: "Erase all pictures",
    eraseAllQuestion: (count: number) =>
      `Erase ${count === 0 ? "all pictures" : amountOf("picture", "pictures")(count)} of events? There is no way back.`,
    eraseAllYes: "Yes, erase",
    allErased: "All pictures are erased.",
    failures: {
      SNAPSHOT_MISSING: "The picture was gone already.",
      SNAPSHOTS_UNAVAILABLE: "The door cannot reach its pictures, so it cannot tell whether they are gone.",
    },
  },
};

export type Texts = typeof en;
