// The page's words in English: the report card of a bundle, and what its threshold was chosen from.
import { amountsIn } from "./words.ts";

const amountOf = amountsIn("en");
const photos = amountOf("photo", "photos");

export const bundle = {
  card: {
    title: "Report card",
    asking: "Asking for it\u2026",
    failed: "The report card could not be loaded.",
    none: "The manifest of this bundle cannot be read.",
    onTrial: "This is the bundle on trial.",
    made: "Made",
    madeBy: (at: string, version: string) => `${at}, by Facelatch ${version}`,
    number: "Number",
    network: "Network",
    photos: "Photos",
    photosOf: (train: string, validation: string, test: string) =>
      `${train} to train, ${validation} to choose by, ${test} to test`,
    accuracy: "Accuracy on test photos",
    validationAccuracy: "On photos to choose by",
    untested: "not tested",
    interval: (low: string, high: string) => `95\u00a0% interval ${low} to ${high}`,
    conversion: "Changed by conversion",
    conversionOf: (difference: string) => `${difference} in any score at the most`,
    threshold: "Opens from a likeness of",
    far: "Others let in (FAR)",
    farOf: (hits: string, trials: number, people: number) =>
      `${hits} of ${photos(trials)}${people === 0 ? "" : ` of ${amountOf("person", "people")(people)}`}`,
    frr: "The owner refused (FRR)",
    frrOf: (hits: string, trials: number) => `${hits} of ${photos(trials)} of the owner`,
    together:
      "Photos that were taken together say less than their number: of the owner's the interval does not know that.",
    noTrials: "not tried",
    spoof: "Prints and screens",
    mask: "Masks",
    occlusion: "Dark glasses, scarves",
    told: "recognised",
    toldFrom: (score: string) => `recognised, from a score of ${score}`,
    untold: "not recognised: no head was learnt",
    golden: "Known answers",
    goldenOf: (count: number) => `${amountOf("picture", "pictures")(count)}, asked at each start`,
    origin: "Data set",
    seed: (seed: number) => `seed ${seed}`,
    household: "Household",
    householdAbout: "Photos of each, before this door. What was enrolled at the door since is not in it.",
    nobody: "Nobody is enrolled in this bundle.",
    housemate: (place: number) => `Housemate ${place}`,
    safe: "kept out",
    unsafe: "too near",
    nearest: (score: string) => `nearest ${score}`,
    margin: (margin: string) => `margin ${margin}`,
    opened: (count: number) => (count === 0 ? "never opened" : `would have opened with ${photos(count)}`),
    photosCount: photos,
    comparison: "Beside the bundle before",
    figure: "Figure",
    before: "Before",
    now: "This one",
  },
  calibration: {
    title: "How likeness tells the owner from others",
    none: "This bundle keeps no comparisons: it was made before bundles kept them.",
    about: "Photos of the training: the owner's against templates made without them, and others' against the owner's.",
    genuine: "the owner",
    impostor: "others",
    household: "housemates",
    threshold: (score: string) => `threshold ${score}`,
    lastSeen: (score: string) => `last face at the door: ${score}`,
    counts: "comparisons",
    rates: "wrong",
    likeness: "likeness",
    summary: (from: string, genuine: string, impostor: string, household: string | null) =>
      `Comparisons by likeness, and the shares that are decided wrongly from each threshold on. The threshold is ${from}. ` +
      `${genuine} ${impostor}${household === null ? "" : ` ${household}`}`,
    range: (name: string, count: number, low: string, high: string) =>
      `${name}: ${amountOf("comparison", "comparisons")(count)}, from ${low} to ${high}.`,
    noRange: (name: string) => `${name}: none.`,
    try: "Look at another threshold; the door keeps its own",
    tried: (score: string, far: string, frr: string) => `From ${score} on: FAR ${far}, FRR ${frr}.`,
    byLikeness:
      "By likeness alone. Housemates beyond the threshold are for the margin to keep out, which the card counts too.",
    table: "The same as a table",
    from: "from",
    columns: { genuine: "owner", household: "house\u00adhold", impostor: "others" },
  },
};
