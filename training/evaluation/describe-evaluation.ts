// What an evaluation says on the terminal.
import { percent } from "../commands/describe.ts";
import type { Evaluation } from "./evaluate.ts";
import { describeReasons } from "./trials.ts";
import { farLevels } from "./verification.ts";

export function describeEvaluation(evaluation: Evaluation): string {
  const { verification, owner, others, objects, trials, probes, sequences } = evaluation;
  const { eer, tarAtFar, identities, genuinePairs, impostorPairs } = verification;
  return [
    `classifier alone: accuracy ${percent(evaluation.accuracy)}`,
    eer === null
      ? "verifier: too few named persons to measure it"
      : `verifier: EER ${percent(eer)}, ${identities} identities, ${genuinePairs} genuine and ${impostorPairs} impostor pairs`,
    ...farLevels.flatMap((level) => {
      const tar = tarAtFar[level];
      return tar === null ? [] : [`  TAR ${percent(tar)} at FAR ${level}`];
    }),
    ...Object.entries(verification.byGroup).flatMap(([group, figures]) =>
      figures.eer === null ? [] : [`  ${group}: EER ${percent(figures.eer)}, ${figures.identities} identities`],
    ),
    `per photo: owner refused ${percent(owner.refused)}${owner.refused.value > 0 ? `: ${describeReasons(owner.reasons)}` : ""}`,
    ...Object.entries(others.byGroup).map(
      ([group, { opened, verifiedScoreMax }]) =>
        `  ${group} let in ${percent(opened)}${verifiedScoreMax === null ? "" : `, highest score ${verifiedScoreMax.toFixed(3)}`}`,
    ),
    ...(objects.photos === 0 ? [] : [`  objects let in ${percent(objects.opened)}, with a face ${objects.faces}`]),
    `door trials: owner refused ${percent(trials.refused)}, others let in ${percent(trials.opened)}${trials.openedBy.length === 0 ? "" : `: ${trials.openedBy.join(", ")}`}`,
    ...Object.entries(probes).map(
      ([name, { opened, reasons }]) =>
        `probe ${name}: opens ${percent(opened)}; refused for ${describeReasons(reasons) || "nothing"}`,
    ),
    ...Object.entries(sequences).map(
      ([name, { frames, opened, reasons }]) =>
        `sequence ${name}: ${frames} frames, ${opened ? "OPENED" : "locked"}; ${describeReasons(reasons)}`,
    ),
  ].join("\n");
}
