// The page's words in German, which says "du" to whoever reads it.

import { bundle } from "./de-bundle.ts";
import { codeInGerman, whoInGerman } from "./de-codes.ts";
import { device } from "./de-device.ts";
import { door } from "./de-door.ts";
import { endings, eventInGerman, eventNames } from "./de-events.ts";
import { asks, people } from "./de-people.ts";
import { schedule } from "./de-schedule.ts";
import type { Texts } from "./en.ts";
import { amountsIn } from "./words.ts";

const amountOf = amountsIn("de");

/** The classes that bundles usually have beside the owner. */
const labels: Readonly<Record<string, string>> = {
  other: "andere",
  others: "andere",
  object: "Dinge",
  objects: "Dinge",
};

export const de: Texts = {
  ...door,
  ...bundle,
  ...device,
  ...people,
  ...schedule,
  app: {
    asking: "Die Tür wird gefragt\u2026",
    noConnection: "Keine Verbindung",
    signOut: "Abmelden",
    language: "Sprache",
    versionAndUptime: (version, uptime) => `Version ${version}, in Betrieb seit ${uptime}`,
    cancel: "Abbrechen",
  },
  said: {
    event: eventInGerman,
    reason: codeInGerman,
    fault: codeInGerman,
    asks: (step) => (step === null ? null : asks[step]),
    ending: (ending, message) => endings[ending] ?? message,
    who: whoInGerman,
    label: (label) => labels[label] ?? label,
  },
  failure: {
    noAnswer: "Die Tür hat nicht geantwortet. Versuch es noch einmal.",
    refused: (code) => `Die Tür hat das abgelehnt: ${codeInGerman(code, code)}`,
    common: {
      STORE_UNAVAILABLE: "Das ließ sich nicht vermerken, deshalb ist nichts geschehen.",
      FEEDBACK_FULL: "Der Datenträger der Tür ist voll. Nichts wurde gespeichert.",
      PEOPLE_FULL: "Der Datenträger der Tür ist voll. Nichts wurde gespeichert.",
      PEOPLE_UNAVAILABLE: "Die Tür kann nicht lesen, wer eingelernt ist; sieh oben unter den Störungen nach.",
      TOO_MANY_REQUESTS: "Zu oft. Warte eine Minute und versuch es dann noch einmal.",
    },
  },
  times: {
    clockNotSet: "Uhr nicht gestellt",
    days: amountOf("Tag", "Tage"),
  },
  events: {
    title: "Ereignisse",
    names: eventNames,
    notLoaded: "Die Ereignisse ließen sich nicht laden.",
    tryAgain: "Noch einmal",
    none: "Noch ist nichts geschehen.",
    older: "Ältere zeigen",
    pictureAt: (at) => `Wer um ${at} vor der Tür war`,
    erasePicture: "Löschen",
    erasePictureOf: (at) => `Löschen: Bild von ${at}`,
    pictureErased: "Das Bild ist gelöscht.",
    eraseAll: "Alle Bilder löschen",
    eraseAllQuestion: (count) =>
      `${count === 0 ? "Alle Bilder" : amountOf("Bild", "Bilder")(count)} von Ereignissen löschen? Es gibt kein Zurück.`,
    eraseAllYes: "Ja, löschen",
    allErased: "Alle Bilder sind gelöscht.",
    failures: {
      SNAPSHOT_MISSING: "Das Bild war schon weg.",
      SNAPSHOTS_UNAVAILABLE: "Die Tür erreicht ihre Bilder nicht und weiß nicht, ob sie weg sind.",
    },
  },
};
