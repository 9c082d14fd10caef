// The page's words in German: who it was, who is enrolled, and how they are.
import type { Step } from "../../../enrolment/enrolment.ts";
import type { people as english } from "./en-people.ts";
import { amountsIn, type Words } from "./words.ts";

const amountOf = amountsIn("de");

const stepNames: Words<Step> = {
  straight: "Geradeaus",
  turn_left: "Nach links",
  turn_right: "Nach rechts",
  chin_up: "Kinn hoch",
  glasses: "Brille",
  light: "Anderes Licht",
};

/** What an enrolment asks for. */
export const asks: Words<Step> = {
  straight: "Schau gerade in die Kamera.",
  turn_left: "Dreh den Kopf langsam nach links.",
  turn_right: "Dreh den Kopf langsam nach rechts.",
  chin_up: "Schau wieder in die Kamera und heb das Kinn ein wenig.",
  glasses: "Wenn du manchmal eine Brille trägst, setz sie auf oder ab. Sag dann, dass du bereit bist.",
  light: "Schau bei anderem Licht gerade in die Kamera: Schalte eine Lampe an oder aus.",
};

export const people: typeof english = {
  whoWasIt: {
    question: (at) => `Wer war das um ${at}?`,
    notMe: "Das war nicht ich",
    wasMe: "Das war ich",
    telling: "Die Tür wird unterrichtet\u2026",
    effects: {
      not_me: "Nicht du: Von jetzt an hält ein solches Gesicht die Tür verriegelt.",
      was_me: "Das warst du: Für das nächste Training behalten. Allein dadurch öffnet nichts.",
    },
    mistake: "Vertippt? Am Gerät:",
    failures: {
      FEEDBACK_PRESENCE_UNKNOWN: "Die Tür weiß nicht mehr, wer das war. Nichts wurde gespeichert.",
      FEEDBACK_CONFLICT: "Darüber wurde schon etwas anderes gesagt. Nichts wurde geändert.",
      FEEDBACK_LIMIT:
        "Mehr Gesichter schließt die Tür nicht aus. Schaff zuerst am Gerät Platz: facelatch feedback forget.",
      FEEDBACK_UNAVAILABLE:
        "Die Tür kann ihre Rückmeldungen nicht lesen. Nichts wurde gespeichert; sieh oben unter den Störungen nach.",
      TOO_MANY_REQUESTS: "Zu viel auf einmal. Warte eine Minute und versuch es dann noch einmal.",
    },
  },
  people: {
    title: "Personen",
    about:
      "Wie der Besitzer an dieser Tür aussieht, und der Haushalt, von dem er unterschieden wird. Die Vorlagen liegen verschlüsselt in der Tür.",
    owner: "Besitzer",
    household: "Haushalt",
    notEnrolled: "noch nicht eingelernt",
    templates: amountOf("Vorlage", "Vorlagen"),
    inUse: (count) => `${count} in Gebrauch`,
    agreed: (at) => `eingewilligt ${at}`,
    enrol: "Einlernen",
    copy: "Kopie ziehen",
    erase: "Löschen",
    eraseOwner: (name) =>
      `${name} mit Einwilligung und Vorlagen löschen? Alle Bilder von Ereignissen gehen mit. Die Tür kennt ihren Besitzer dann nur noch aus dem Paket.`,
    eraseHousehold: (name) =>
      `${name} mit Einwilligung und Vorlagen löschen? Alle Bilder von Ereignissen gehen mit. Die Tür unterscheidet den Besitzer dann nicht mehr von dieser Person.`,
    erased: (name) => `${name} ist gelöscht: Nichts davon ist mehr in der Tür.`,
    failures: {
      ENROLMENT_BUSY: "Es wird schon jemand eingelernt.",
      NOT_READY: "Die Tür hat noch kein Paket ihres Besitzers.",
      PEOPLE_LIMIT: "Mehr passt nicht. Lösch diese Person zuerst und lern sie dann neu ein.",
      PERSON_UNKNOWN: "Diese Person ist schon weg.",
    },
  },
  addPerson: {
    title: "Person hinzufügen",
    who: "Wer ist es?",
    theOwner: "Der Besitzer",
    ownerNamed: (name) => (name === null ? "Der Besitzer" : `Der Besitzer, ${name}`),
    relative: "Jemand aus Familie oder Haushalt",
    name: "Name",
    thisPerson: "Diese Person",
    agrees: (who) =>
      `${who} willigt ein, dass diese Tür verschlüsselte Vorlagen des Gesichts behält, bis sie gelöscht werden.`,
    record: "Einwilligung vermerken",
    failures: {
      PERSON_EXISTS: "Diese Person steht schon in der Liste.",
      PEOPLE_LIMIT: "Mehr Personen nimmt die Tür nicht. Lösch zuerst jemanden.",
      REQUEST_INVALID: "Diesen Namen nimmt die Tür nicht: Buchstaben und Ziffern, höchstens 40.",
    },
  },
  enrol: {
    title: (name) => `${name} einlernen`,
    covered: "Alles ist erfasst. Mit „Fertig“ wird es gespeichert.",
    waits: "Bis du bereit bist, wird nichts aufgenommen.",
    ready: "Ich bin bereit",
    finish: "Fertig",
    leaveOut: "Auslassen",
    coverage: "Erfasst",
    steps: stepNames,
    optional: " (freiwillig)",
    leftOut: "ausgelassen",
    remaining: (duration) => `Bis das vorbei ist, spätestens in ${duration}, öffnet die Tür für kein Gesicht.`,
    failures: {
      ENROLMENT_REFUSED:
        "Nicht gespeichert: Das Paket nimmt das nicht als seinen Besitzer, oder es ähnelt jemandem aus dem Haushalt zu sehr.",
      ENROLMENT_INCOMPLETE: "Ein nötiger Schritt fehlt noch.",
      ENROLMENT_MISSING: "Dieses Einlernen ist vorbei.",
    },
  },
};
