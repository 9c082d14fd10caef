// The page's words in German: when faces may open the door.
import type { schedule as english } from "./en-schedule.ts";

export const schedule: typeof english = {
  schedule: {
    title: "Zeitplan",
    always: "Gesichter dürfen die Tür jederzeit öffnen.",
    inWindows: "Gesichter dürfen die Tür öffnen:",
    allowsNow: "jetzt erlaubt",
    forbidsNow: "jetzt nicht",
    unreadable: "nicht lesbar",
    clockUnknown: "Das Gerät kennt die Uhrzeit nicht: Bis dahin öffnet kein Gesicht die Tür.",
    configured: "Wie in der Konfiguration.",
    changed: (at, by) => `Gesetzt ${at} durch ${by}.`,
    change: "Zeitplan ändern",
    reset: "Zurück zu dem der Konfiguration",
    resetDone: "Der Zeitplan der Konfiguration gilt wieder.",
    about: "Von Hand lässt sich die Tür jederzeit öffnen. Die Zeiten sind die des Geräts.",
    window: (number) => `Zeitfenster ${number}`,
    days: "Tage",
    from: "Von",
    to: "Bis",
    overnight: "Endet am nächsten Tag.",
    add: "Zeitfenster hinzufügen",
    remove: "Entfernen",
    noWindows: "Ohne Zeitfenster dürfen Gesichter die Tür jederzeit öffnen.",
    save: "Speichern",
    saved: "Der Zeitplan ist gespeichert und gilt ab jetzt.",
    noDay: (number) => `Zeitfenster ${number} hat keinen Tag.`,
    noTime: (number) =>
      `Zeitfenster ${number} braucht zwei verschiedene Zeiten; von 00:00 bis 00:00 ist ein ganzer Tag.`,
    failures: {
      REQUEST_INVALID: "Diesen Zeitplan nimmt die Tür nicht. Sieh dir seine Zeitfenster an.",
      SCHEDULE_UNSAVED:
        "Der Datenträger der Tür hat den Zeitplan nicht angenommen; sieh oben unter den Störungen nach.",
    },
  },
};
