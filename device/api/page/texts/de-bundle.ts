// The page's words in German: the report card of a bundle, and what its threshold was chosen from.

import type { bundle as english } from "./en-bundle.ts";
import { amountsIn } from "./words.ts";

const amountOf = amountsIn("de");
const photos = amountOf("Foto", "Fotos");

export const bundle: typeof english = {
  card: {
    title: "Zeugnis",
    asking: "Wird abgefragt\u2026",
    failed: "Das Zeugnis konnte nicht geladen werden.",
    none: "Das Manifest dieses Pakets ist nicht lesbar.",
    onTrial: "Dies ist das Paket auf Probe.",
    made: "Hergestellt",
    madeBy: (at, version) => `${at}, mit Facelatch ${version}`,
    number: "Nummer",
    network: "Netz",
    photos: "Fotos",
    photosOf: (train, validation, test) => `${train} zum Lernen, ${validation} zum Auswählen, ${test} zum Prüfen`,
    accuracy: "Treffer auf Prüffotos",
    validationAccuracy: "Auf Auswahlfotos",
    untested: "nicht geprüft",
    interval: (low, high) => `95-%-Intervall ${low} bis ${high}`,
    conversion: "Durch Umwandlung verändert",
    conversionOf: (difference) => `höchstens ${difference} in einem Wert`,
    threshold: "Öffnet ab einer Ähnlichkeit von",
    far: "Andere eingelassen (FAR)",
    farOf: (hits, trials, people) =>
      `${hits} von ${photos(trials)}${people === 0 ? "" : ` von ${amountOf("Person", "Personen")(people)}`}`,
    frr: "Besitzer abgewiesen (FRR)",
    frrOf: (hits, trials) => `${hits} von ${photos(trials)} des Besitzers`,
    together:
      "Zusammen aufgenommene Fotos sagen weniger als ihre Zahl: Bei denen des Besitzers weiß das Intervall davon nichts.",
    noTrials: "nicht probiert",
    spoof: "Ausdrucke und Bildschirme",
    mask: "Masken",
    occlusion: "Dunkle Brillen, Schals",
    told: "werden erkannt",
    toldFrom: (score) => `werden erkannt, ab einem Wert von ${score}`,
    untold: "werden nicht erkannt: nicht gelernt",
    golden: "Bekannte Antworten",
    goldenOf: (count) => `${amountOf("Bild", "Bilder")(count)}, bei jedem Start gefragt`,
    origin: "Datensatz",
    seed: (seed) => `Startwert ${seed}`,
    household: "Haushalt",
    householdAbout: "Fotos von jedem vor dieser Tür. Was seither an der Tür eingelernt wurde, ist nicht dabei.",
    nobody: "In diesem Paket ist niemand eingelernt.",
    housemate: (place) => `Mitbewohner ${place}`,
    safe: "bleibt draußen",
    unsafe: "zu nah",
    nearest: (score) => `am nächsten ${score}`,
    margin: (margin) => `Abstand ${margin}`,
    opened: (count) => (count === 0 ? "nie geöffnet" : `hätte mit ${amountOf("Foto", "Fotos")(count)} geöffnet`),
    photosCount: photos,
    comparison: "Neben dem vorigen Paket",
    figure: "Größe",
    before: "Zuvor",
    now: "Dieses",
  },
  calibration: {
    title: "Wie Ähnlichkeit den Besitzer von anderen trennt",
    none: "Dieses Paket enthält keine Vergleiche: Es ist älter als sie.",
    about:
      "Fotos des Trainings: die des Besitzers gegen Vorlagen, die ohne sie gemacht sind, und die anderer gegen seine.",
    genuine: "Besitzer",
    impostor: "andere",
    household: "Mitbewohner",
    threshold: (score) => `Schwelle ${score}`,
    lastSeen: (score) => `letztes Gesicht an der Tür: ${score}`,
    counts: "Vergleiche",
    rates: "falsch",
    likeness: "Ähnlichkeit",
    summary: (from, genuine, impostor, household) =>
      `Vergleiche nach Ähnlichkeit, und welcher Anteil ab jeder Schwelle falsch entschieden wird. Die Schwelle ist ${from}. ` +
      `${genuine} ${impostor}${household === null ? "" : ` ${household}`}`,
    range: (name, count, low, high) =>
      `${name}: ${amountOf("Vergleich", "Vergleiche")(count)}, von ${low} bis ${high}.`,
    noRange: (name) => `${name}: keine.`,
    try: "Eine andere Schwelle betrachten; die Tür behält ihre",
    tried: (score, far, frr) => `Ab ${score}: FAR ${far}, FRR ${frr}.`,
    byLikeness:
      "Nach Ähnlichkeit allein. Mitbewohner jenseits der Schwelle hält der Abstand draußen, den das Zeugnis mitzählt.",
    table: "Dasselbe als Tabelle",
    from: "ab",
    columns: { genuine: "Besit\u00adzer", household: "Haus\u00adhalt", impostor: "ande\u00adre" },
  },
};
