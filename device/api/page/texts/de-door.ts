// The page's words in German: the lock, the door opened by hand, the way in, and the camera.
import type { door as english } from "./en-door.ts";

export const door: typeof english = {
  lock: {
    label: "Schloss",
    unknown: "Unbekannt",
    silent: "Die Tür antwortet nicht.",
    asking: "Die Tür wird gefragt.",
    unlocked: "Entriegelt",
    canBeOpened: "Die Tür lässt sich jetzt öffnen.",
    locked: "Verriegelt",
    lockedDown: "Gesperrt",
    lockedDownSince: (at, by) => `Seit ${at}, durch ${by}. Sie öffnet für niemanden.`,
    facesOff: (at, by) => `Gesichter sind aus seit ${at}, durch ${by}. Sie öffnet nur von Hand.`,
    outsideSchedule: "Der Zeitplan hält sie jetzt verriegelt. Sie öffnet nur von Hand.",
    enrolling: "Jemand wird eingelernt: Sie öffnet für kein Gesicht.",
    door: {
      open: (duration) => `Die Tür ist offen${duration === null ? "" : `, seit ${duration}`}.`,
      closed: "Die Tür ist zu.",
      unknown: "Ob die Tür offen ist, lässt sich nicht sagen.",
      forced: "Sie wurde aufgebrochen.",
      jammed: "Der Riegel klemmt.",
      tampered: "Das Gehäuse wurde geöffnet.",
    },
    hints: {
      ready: "Sie öffnet für den Besitzer.",
      starting: "Sie startet und öffnet noch für niemanden.",
      degraded: "Womöglich öffnet sie nicht, siehe unten.",
      locked_down: "Sie ist gesperrt und öffnet für niemanden.",
    },
  },
  controls: {
    label: "Tür",
    open: {
      button: "Tür öffnen",
      question: "Die Tür jetzt öffnen?",
      yes: "Öffnen",
      outcome: "Geöffnet.",
    },
    lockDown: {
      button: "Sperren",
      question: "Sperren? Die Tür öffnet dann für niemanden, auch nicht für dich, bis die Sperre aufgehoben wird.",
      yes: "Tür sperren",
      outcome: "Gesperrt.",
    },
    lift: {
      button: "Sperre aufheben",
      question: "Die Sperre aufheben? Die Tür öffnet dann wieder für ihren Besitzer.",
      yes: "Aufheben",
      outcome: "Die Sperre ist aufgehoben.",
    },
    facesOff: {
      button: "Gesichter öffnen die Tür",
      question: "Gesichter ausschalten? Die Tür öffnet dann nur noch von Hand.",
      yes: "Ausschalten",
      outcome: "Gesichter sind aus.",
    },
    facesOn: {
      button: "Gesichter öffnen die Tür",
      question: "Gesichter einschalten? Die Tür öffnet dann wieder für das Gesicht ihres Besitzers.",
      yes: "Einschalten",
      outcome: "Gesichter sind an.",
    },
    noAnswer: "Die Tür hat nicht geantwortet. Versuch es noch einmal: Sie öffnet höchstens einmal.",
    failures: {
      LOCKED_DOWN: "Die Tür ist gesperrt: Sie öffnet für niemanden.",
      PASSKEY_NOT_SHOWN: "Es wurde kein Passkey gezeigt. Die Tür bleibt verriegelt.",
      PASSKEY_MISSING: "Für den Namen dieser Seite ist kein Passkey eingetragen. Trag unten einen ein.",
      PASSKEY_HOST_UNFIT:
        "Passkeys gehören zu einem Namen: Öffne diese Seite mit dem Namen der Tür, nicht mit ihrer Adresse.",
      PASSKEY_REFUSED: "Die Tür nimmt diesen Passkey nicht. Sie bleibt verriegelt.",
      PASSKEY_STALE: "Das hat zu lange gedauert. Die Tür bleibt verriegelt; versuch es noch einmal.",
      PASSKEYS_UNAVAILABLE: "Die Tür kann ihre Passkeys nicht lesen und bleibt verriegelt. Ihr Protokoll sagt, warum.",
      DOOR_BUSY: "Die Tür ist schon offen oder war es gerade eben.",
      RELAY_UNAVAILABLE: "Das Relais gehorcht nicht. Die Tür bleibt verriegelt.",
      LOCKDOWN_UNSAVED:
        "Die Tür ist gesperrt, aber ihr Datenträger hat das nicht gespeichert: Sieh unter den Störungen nach.",
      FACE_UNLOCK_UNSAVED:
        "Gesichter sind aus, aber der Datenträger der Tür hat das nicht angenommen: Nach einem Neustart kann es anders sein.",
    },
  },
  passkeys: {
    title: "Passkeys der Tür",
    needed: "Wer die Tür von Hand öffnet, zeigt einen, jedes Mal neu.",
    notNeeded: "Die Tür öffnet von Hand auch ohne: Ihre Konfiguration verlangt keinen.",
    neverUsed: "nie benutzt",
    lastUsed: (at) => `zuletzt benutzt ${at}`,
    remove: "Entfernen",
    name: "Name des neuen Passkeys",
    register: "Passkey eintragen",
    registered: (name) => `${name} ist eingetragen.`,
    removed: (name) => `${name} ist entfernt und öffnet nichts mehr.`,
    failures: {
      PASSKEY_NOT_SHOWN: "Es wurde kein Passkey erstellt.",
      PAIRING_NEEDED:
        "Kopple diesen Browser zuerst neu: Melde dich hier ab und komm mit einem Code (facelatch pair, am Gerät) oder mit dem Knopf am Gerät herein.",
      PASSKEY_HOST_UNFIT:
        "Passkeys gehören zu einem Namen: Öffne diese Seite mit dem Namen der Tür, nicht mit ihrer Adresse.",
      PASSKEY_REFUSED: "Die Tür nimmt diesen Passkey nicht.",
      PASSKEY_STALE: "Das hat zu lange gedauert. Versuch es noch einmal.",
      PASSKEY_LIMIT: "Die Tür nimmt keine weiteren Passkeys. Entferne zuerst einen.",
      PASSKEY_UNKNOWN: "Diesen Passkey gibt es nicht mehr.",
      PASSKEYS_UNAVAILABLE: "Die Tür kann ihre Passkeys nicht lesen. Ihr Protokoll sagt, warum.",
    },
  },
  letIn: {
    field: "Kopplungscode oder Zugangstoken",
    button: "Einlassen",
    help: "Der Code steht nach dem ersten Start zwei Minuten lang auf der Konsole des Geräts. Später gibt es dort einen mit:",
    hasButton: "Am Gerät gibt es dafür auch einen Knopf. Mit ihm brauchst du keinen Code:",
    byButton: "Den Knopf am Gerät benutzen",
    waitTitle: "Warten auf den Knopf",
    holdIt: "Halte den Knopf am Gerät fünf Sekunden lang und lass ihn dann los.",
    holdAlone: "Lass diese Seite so lange offen. Halte den Knopf nur, wenn diese Seite darum bittet.",
    browser: "ein Browser",
    sessionName: (platform) => `die Seite, ${platform}`,
    failures: {
      PAIRING_REFUSED: "Das ist nicht der Code. Versuch es noch einmal.",
      PAIRING_CLOSED:
        "Zurzeit lässt sich nichts koppeln: Die zwei Minuten sind um, der Code ist verbraucht, oder es gab zu viele falsche.",
      TOKEN_INVALID: "Dieser Token ist unbekannt oder zählt nicht mehr.",
      TOO_MANY_REQUESTS: "Zu viele Versuche. Warte eine Minute und versuch es dann noch einmal.",
      REQUEST_INVALID: "Das ist weder ein Code noch ein Token.",
      ACCESS_UNAVAILABLE: "Die Tür kann ihre Zugangstoken nicht lesen. Ihr Protokoll sagt, warum.",
    },
    buttonFailures: {
      PAIRING_CONTESTED:
        "Noch jemand will mit dem Knopf herein, oder wollte es eben. Darum lässt er fünf Minuten lang niemanden ein: Nimm den Code.",
      PAIRING_CLOSED:
        "Das Gerät wurde neu gestartet, oder es hat zu lange gedauert. Nimm den Code, oder bitte noch einmal um den Knopf.",
      PAIRING_BUTTON_UNAVAILABLE: "Die Tür kann ihren Knopf nicht lesen. Nimm den Code.",
      BUTTON_NOT_HELD: "Niemand hat den Knopf gehalten. Bitte noch einmal darum, wenn jemand am Gerät ist.",
    },
  },
  camera: {
    title: "Vor der Tür",
    notLive: "Nicht live",
    old: (age) => `${age} alt`,
    noPicture: "Noch kein Bild.",
    lastPicture: "Das letzte Bild der Kamera, nicht mehr von jetzt",
    picture: (faces) =>
      `Das Bild der Kamera mit ${faces === 0 ? "keinem Gesicht" : faces === 1 ? "einem Gesicht" : `${faces} Gesichtern`}`,
    noDecision: "Zurzeit gibt es keine Entscheidung.",
    open: "Öffnen",
    stayLocked: "Bleibt verriegelt",
    ownerRecognised: "Der Besitzer ist erkannt.",
    scores: "Werte",
    likeness: "Ähnlichkeit",
    needs: (score) => `nötig: ${score}`,
  },
};
