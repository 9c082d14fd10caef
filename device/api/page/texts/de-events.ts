// The device's events in German: their names, and what happened, told from type, reason and data.
import type { Ending } from "../../../enrolment/enrolment.ts";
import type { EventType, StoredEvent } from "../../../events/events.ts";
import type { Verdict } from "../../../feedback/feedback.ts";
import type { StepRefusal } from "../../../second-step/second-step.ts";
import { codeInGerman, whoInGerman } from "./de-codes.ts";

export const eventNames: Readonly<Record<EventType, string>> = {
  "daemon.started": "Gestartet",
  "daemon.ready": "Bereit",
  "daemon.stopped": "Beendet",
  "bundle.loaded": "Paket in Gebrauch",
  "bundle.refused": "Paket abgelehnt",
  "update.trial": "Paket auf Probe",
  "update.confirmed": "Paket bestätigt",
  "update.reverted": "Paket zurückgenommen",
  "update.rolled_back": "Zum vorigen Paket zurück",
  "update.refused": "Update abgelehnt",
  "update.fault": "Update beschädigt",
  "vision.fault": "Erkennung ausgefallen",
  "vision.recovered": "Erkennung läuft wieder",
  "camera.fault": "Kamera ausgefallen",
  "camera.recovered": "Kamera läuft wieder",
  "presence.started": "Jemand ist da",
  "presence.ended": "Niemand ist mehr da",
  "doorbell.rang": "Klingel",
  "unlock.granted": "Geöffnet",
  "unlock.refused": "Abgewiesen",
  "door.opened": "Tür offen",
  "door.forced": "Tür aufgebrochen",
  "door.held_open": "Tür zu lange offen",
  "door.closed": "Tür zu",
  "door.jammed": "Riegel klemmt",
  "door.jam_ended": "Riegel wieder frei",
  "door.exit_pressed": "Türöffner innen",
  "door.tampered": "Gehäuse geöffnet",
  "door.tamper_ended": "Gehäuse geschlossen",
  "door.line_fault": "Leitung an der Tür gestört",
  "door.line_recovered": "Leitung an der Tür wieder da",
  "second_step.confirmed": "Bestätigt",
  "second_step.refused": "PIN abgelehnt",
  "lockout.started": "Wartezeit",
  "lockdown.set": "Gesperrt",
  "lockdown.cleared": "Sperre aufgehoben",
  "face_unlock.off": "Gesichter aus",
  "face_unlock.on": "Gesichter an",
  "schedule.changed": "Zeitplan geändert",
  "schedule.fault": "Zeitplan unlesbar",
  "schedule.recovered": "Zeitplan wieder bekannt",
  "log_level.changed": "Protokollstufe geändert",
  "relay.fault": "Relais ausgefallen",
  "board.strained": "Gerät überlastet",
  "board.recovered": "Gerät erholt",
  "access.paired": "Browser gekoppelt",
  "access.contested": "Kopplung umstritten",
  "passkey.registered": "Passkey eingetragen",
  "passkey.removed": "Passkey entfernt",
  "feedback.recorded": "Rückmeldung",
  "feedback.forgotten": "Rückmeldung vergessen",
  "feedback.damaged": "Rückmeldung beschädigt",
  "feedback.fault": "Rückmeldungen unbekannt",
  "feedback.recovered": "Rückmeldungen wieder da",
  "snapshots.erased": "Bilder gelöscht",
  "people.consent": "Einwilligung vermerkt",
  "people.enrolled": "Eingelernt",
  "people.exported": "Vorlagen kopiert",
  "people.erased": "Person gelöscht",
  "people.fault": "Personen unbekannt",
  "people.recovered": "Personen wieder bekannt",
  "enrolment.started": "Einlernen begonnen",
  "enrolment.ended": "Einlernen beendet",
};

export const endings: Readonly<Record<Ending, string>> = {
  finished: "Die Vorlagen sind gespeichert.",
  cancelled: "Es wurde abgebrochen, nichts wurde behalten.",
  timed_out: "Es hat zu lange gedauert, nichts wurde behalten.",
  person_erased: "Die Person wurde gelöscht, nichts wurde behalten.",
  bundle_changed: "Ein anderes Paket kam in Gebrauch, nichts wurde behalten.",
};

const stepRefusals: Readonly<Record<StepRefusal, string>> = {
  pin_wrong: "Die PIN war falsch.",
  pin_wait: "Eine PIN kam in der Wartezeit nach falschen und wurde nicht geprüft.",
};

const feedback: Readonly<Record<Verdict, string>> = {
  not_me: "Jemand sagte, das sei nicht der Besitzer gewesen: Ein solches Gesicht hält die Tür verriegelt.",
  was_me: "Jemand sagte, das sei der Besitzer gewesen: Für das nächste Training behalten.",
};

type Telling = string | ((event: StoredEvent) => string);

const told =
  (texts: Readonly<Record<string, string>>, otherwise: string): Telling =>
  ({ reason }) =>
    texts[reason ?? ""] ?? otherwise;
const fault: Telling = ({ reason, message }) => codeInGerman(reason, message);
/** With who it was, where the event says so. */
const by =
  (text: string, end = "") =>
  ({ data }: StoredEvent): string =>
    `${text}${data["by"] === undefined ? "" : ` durch ${whoInGerman(String(data["by"]))}`}${end}.`;
/** The part of a message that is a name in quotes. */
const quoted = (message: string): string => /"(.*)"/.exec(message)?.[1] ?? "?";

/** The same where another name may follow in quotes. */
const named = (message: string): string => /"(.*?)" was /.exec(message)?.[1] ?? "?";

const tellings: Readonly<Record<EventType, Telling>> = {
  "daemon.started": "Facelatch ist gestartet.",
  "daemon.ready": "Das erste Bild ist ausgewertet.",
  "daemon.stopped": "Das Programm ist beendet.",
  "bundle.loaded": ({ message }) => `Das Paket „${quoted(message)}“ ist in Gebrauch.`,
  "bundle.refused": fault,
  "update.trial": ({ message }) => `Das Paket „${quoted(message)}“ ist auf Probe.`,
  "update.confirmed": ({ message }) => `Das Paket „${quoted(message)}“ hat sich bewährt.`,
  "update.reverted": fault,
  "update.rolled_back": "Das Gerät ist zu einem früheren Paket zurückgekehrt.",
  "update.refused": fault,
  "update.fault": fault,
  "vision.fault": fault,
  "vision.recovered": "Die Erkennung läuft wieder.",
  "camera.fault": fault,
  "camera.recovered": "Die Kamera läuft wieder.",
  "presence.started": "Jemand ist ins Bild gekommen.",
  "presence.ended": "Niemand ist mehr im Bild.",
  "doorbell.rang": "Jemand Unbekanntes steht vor der Tür.",
  "unlock.granted": (event) =>
    event.data["by"] === undefined
      ? "Der Besitzer wurde erkannt, die Tür öffnet."
      : `Von Hand geöffnet durch ${whoInGerman(String(event.data["by"]))}.`,
  "unlock.refused": ({ reason, message }) => codeInGerman(reason, message),
  "door.opened": ({ data }) =>
    data["way"] === "exit_button" ? "Die Tür wurde von innen geöffnet." : "Die Tür wurde geöffnet.",
  "door.forced": "Die Tür wurde geöffnet, und nichts hatte sie freigegeben.",
  "door.held_open": "Die Tür steht zu lange offen.",
  "door.closed": told(
    {
      forced: "Die Tür ist wieder zu, nachdem sie aufgebrochen wurde.",
      held_open: "Die Tür ist wieder zu, nachdem sie zu lange offen stand.",
    },
    "Die Tür ist wieder zu.",
  ),
  "door.jammed": "Die Tür ist zu, aber der Riegel ist nicht zurück.",
  "door.jam_ended": "Der Riegel klemmt nicht mehr.",
  "door.exit_pressed": "Der Türöffner innen wurde gedrückt.",
  "door.tampered": "Das Gehäuse an der Tür wurde geöffnet: Die Tür öffnet für kein Gesicht.",
  "door.tamper_ended": "Das Gehäuse an der Tür ist wieder geschlossen.",
  "door.line_fault": fault,
  "door.line_recovered": "Eine Leitung an der Tür ist wieder lesbar.",
  "second_step.confirmed": "Der zweite Schritt ist bestätigt.",
  "second_step.refused": told(stepRefusals, "Der zweite Schritt wurde abgelehnt."),
  "lockout.started": codeInGerman("lockout", ""),
  "lockdown.set": by("Die Tür wurde gesperrt"),
  "lockdown.cleared": by("Die Sperre wurde aufgehoben"),
  "face_unlock.off": by("Gesichter wurden ausgeschaltet", ": Die Tür öffnet für keines"),
  "face_unlock.on": by("Gesichter wurden wieder eingeschaltet"),
  "schedule.changed": by("Der Zeitplan wurde geändert"),
  "schedule.fault": fault,
  "schedule.recovered": "Der Zeitplan ist wieder bekannt.",
  "log_level.changed": (event) => by(`Die Protokollstufe wurde auf „${event.data["level"]}“ gestellt`)(event),
  "relay.fault": fault,
  "board.strained": told(
    {
      hot: "Das Gerät ist heiß und nimmt weniger Bilder.",
      low_memory: "Der Speicher ist knapp, das Gerät nimmt weniger Bilder.",
    },
    "Das Gerät nimmt weniger Bilder.",
  ),
  "board.recovered": "Das Gerät nimmt wieder alle Bilder.",
  "access.paired": ({ message, data }) => {
    const way = data["way"] === "button" ? "mit dem Knopf am Gerät" : "mit dem Code der Konsole";
    return `„${quoted(message)}“ wurde ${way} gekoppelt.`;
  },
  "access.contested":
    "Der Kopplungsknopf wurde gehalten, und mehrere Browser wollten herein: Keiner wurde eingelassen.",
  "passkey.registered": ({ message, data }) =>
    `Der Passkey „${named(message)}“ wurde eingetragen durch ${whoInGerman(String(data["by"]))}.`,
  "passkey.removed": ({ message, data }) =>
    `Der Passkey „${named(message)}“ wurde entfernt durch ${whoInGerman(String(data["by"]))}.`,
  "feedback.recorded": told(feedback, "Jemand sagte, wer da war."),
  "feedback.forgotten": "Ein Befehl am Gerät hat eine Rückmeldung vergessen lassen.",
  "feedback.damaged": "Die gespeicherten Bilder einer Rückmeldung fehlen oder wurden verändert.",
  "feedback.fault": fault,
  "feedback.recovered": "Die ausgeschlossenen Gesichter sind wieder bekannt.",
  "snapshots.erased": ({ data }) => {
    const what =
      data["eventSeq"] === undefined ? "Alle Bilder wurden gelöscht" : "Das Bild eines Ereignisses wurde gelöscht";
    return `${what} durch ${whoInGerman(String(data["by"]))}.`;
  },
  "people.consent": by("Vermerkt, dass eine Person dem Einlernen zustimmt,"),
  "people.enrolled": by("Eine Person wurde an der Tür eingelernt"),
  "people.exported": by("Von den Vorlagen einer Person wurde eine Kopie gezogen"),
  "people.erased": by("Eine Person wurde mit Vorlagen und Einwilligung gelöscht"),
  "people.fault": fault,
  "people.recovered": "Der Haushalt ist wieder bekannt.",
  "enrolment.started": by("Das Einlernen einer Person wurde begonnen", ": Die Tür öffnet für kein Gesicht"),
  "enrolment.ended": ({ reason }) =>
    `Das Einlernen einer Person ist beendet. ${endings[reason as Ending] ?? ""}`.trim(),
};

/** What an event says; one that this page does not know keeps the device's own words. */
export function eventInGerman(event: StoredEvent): string {
  const telling = (tellings as Readonly<Record<string, Telling>>)[event.type];
  if (telling === undefined) return event.message;
  return typeof telling === "string" ? telling : telling(event);
}
