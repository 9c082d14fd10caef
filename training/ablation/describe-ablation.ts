// What an ablation found, in lines for a terminal.
import { percent } from "../commands/describe.ts";
import type { Ablation, AblationRow } from "./ablation.ts";

export function describeAblation({ rows, leaks, photos }: Ablation): string {
  const taken = photos.filter(({ asOwner }) => asOwner > 0);
  return [
    ...rows.flatMap(describeRow),
    `pairs in different splits that show the same: ${leaks}`,
    ...taken.map(({ path, asOwner, of }) => `${path}: taken for the owner by ${asOwner} of ${of} trainings`),
  ].join("\n");
}

function describeRow({ step, accuracy, owner, heldOut }: AblationRow): string[] {
  return [
    step,
    `  accuracy ${percent(accuracy)}, owner's recall ${percent(owner.recall)}, precision ${percent(owner.precision)}`,
    ...Object.entries(heldOut).map(([path, rate]) => `  ${path} taken for the owner: ${percent(rate)}`),
  ];
}
