// What the threshold was chosen from, drawn: how alike the comparisons were, and what each threshold would decide wrongly.
import type { Calibration, ReportCard } from "../../../delivery/delivery.ts";
import { rangeOf, ratesOf, sumOf, type ThresholdRates } from "../calibration-rates.ts";
import { countText, decimalText, percentText, rateText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useState, type VNode } from "../vendor/standalone.module.js";

export interface CalibrationPlotProps {
  readonly card: ReportCard;
  readonly lastScore: number | null;
}

const series = ["impostor", "household", "genuine"] as const;
type Series = (typeof series)[number];

const frame = { width: 360, height: 288, left: 44, right: 350 } as const;
/** From top to bottom: comparisons above, rates below. */
const upper = { top: 26, bottom: 142 } as const;
const lower = { top: 174, bottom: 254 } as const;
/** Labels nearer than this run into one another. */
const labelHeight = 14;

export function CalibrationPlot({ card, lastScore }: CalibrationPlotProps): VNode {
  const words = texts().calibration;
  const { calibration } = card;
  return html`
    <h3>${words.title}</h3>
    ${
      calibration === null
        ? html`<p class="note">${words.none}</p>`
        : html`<${Plot} calibration=${calibration} scoreMin=${card.verifiedScoreMin} lastScore=${lastScore} />`
    }
  `;
}

interface PlotProps {
  readonly calibration: Calibration;
  readonly scoreMin: number;
  readonly lastScore: number | null;
}

function Plot({ calibration, scoreMin, lastScore }: PlotProps): VNode {
  const words = texts().calibration;
  const [tried, setTried] = useState<number | null>(null);
  const rates = ratesOf(calibration);
  const shown = series.filter((name) => name !== "household" || sumOf(calibration.household) > 0);
  const nearest = rates.reduce(
    (best, { score }, i) => (Math.abs(score - scoreMin) < Math.abs(rates[best]!.score - scoreMin) ? i : best),
    0,
  );
  const chosen = rates[tried ?? nearest] ?? rates[0]!;
  return html`
    <p class="note">${words.about}</p>
    <figure class="plot">
      ${drawing(calibration, rates, shown, { scoreMin, lastScore, triedScore: tried === null ? null : chosen.score })}
      <figcaption>
        <ul class="legend">
          ${shown.toReversed().map(
            (name) => html`<li key=${name} class="legend-name">
              <svg class="swatch" viewBox="0 0 24 12" aria-hidden="true">
                <path class="plot-${name}" d="M1,11 V4 H23 V11" />
              </svg>
              ${words[name]}
            </li>`,
          )}
          ${lastScore === null ? null : html`<li class="legend-name"><span aria-hidden="true">▲</span> ${words.lastSeen(decimalText(lastScore, 2))}</li>`}
        </ul>
      </figcaption>
    </figure>
    <label class="plot-try">
      ${words.try}
      <input
        type="range"
        min="0"
        max=${rates.length - 1}
        value=${tried ?? nearest}
        aria-valuetext=${ratesText(chosen)}
        onInput=${(event: Event) => setTried(Number((event.target as HTMLInputElement).value))}
      />
    </label>
    <p>${ratesText(chosen)}</p>
    ${shown.includes("household") ? html`<p class="note">${words.byLikeness}</p>` : null}
    <details class="fold">
      <summary>${words.table}</summary>
      ${table(calibration, rates, shown)}
    </details>
  `;
}

function ratesText({ score, far, frr }: ThresholdRates): string {
  return texts().calibration.tried(decimalText(score, 2), shareText(far), shareText(frr));
}

function shareText(share: number | null): string {
  return share === null ? "\u2013" : rateText(share);
}

/** Without its sign, which the column has. */
function bareShare(share: number | null): string {
  return shareText(share).replace("\u00a0%", "");
}

interface Marks {
  readonly scoreMin: number;
  readonly lastScore: number | null;
  readonly triedScore: number | null;
}

function drawing(calibration: Calibration, rates: readonly ThresholdRates[], shown: readonly Series[], marks: Marks) {
  const words = texts().calibration;
  const { scoreMin, lastScore, triedScore } = marks;
  const low = Math.min(rates[0]!.score, scoreMin);
  const high = Math.max(rates.at(-1)!.score, scoreMin);
  const x = (score: number) => round(frame.left + ((score - low) / (high - low)) * (frame.right - frame.left));
  const countMax = Math.max(1, ...shown.flatMap((name) => calibration[name]));
  const y = { count: rootScale(upper, countMax), rate: rootScale(lower, 1) };
  const edges = rates.map(({ score }) => x(score));
  const isLastSeen = lastScore !== null && lastScore >= low && lastScore <= high;
  return html`
    <svg viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-labelledby="plot-title plot-summary">
      <title id="plot-title">${words.title}</title>
      <desc id="plot-summary">${summary(calibration, shown, scoreMin)}</desc>
      <text x="4" y="14">${words.counts}</text>
      <text x="4" y=${lower.top - 12}>${words.rates}</text>
      ${ticksOf(countMax).map((count) => rule(y.count(count), countText(count)))}
      ${spaced([1, 0.5, 0.1, 0.01], y.rate).map((rate) => rule(y.rate(rate), percentText(rate)))}
      ${rule(upper.bottom, null)} ${rule(lower.bottom, null)}
      ${shown.map((name) => html`<path class="plot-${name}" d=${steps(edges, calibration[name], y.count)} />`)}
      <path class="plot-line plot-impostor" d=${curve(edges, rates, "far", y.rate)} />
      <path class="plot-line plot-genuine" d=${curve(edges, rates, "frr", y.rate)} />
      <text x=${frame.left + 6} y=${lower.bottom - 6}>FAR</text>
      <text x=${frame.right - 6} y=${lower.bottom - 6} text-anchor="end">FRR</text>
      ${scoreTicks(low, high).map((score) => html`<text x=${x(score)} y="269" text-anchor="middle">${decimalText(score, 1)}</text>`)}
      <text x=${frame.right} y="285" text-anchor="end">${words.likeness}</text>
      ${triedScore === null ? null : html`<path class="plot-tried" d="M${x(triedScore)},${upper.top} V${lower.bottom}" />`}
      <path class="plot-threshold" d="M${x(scoreMin)},${upper.top - 4} V${lower.bottom}" />
      <text class="plot-name" x=${Math.min(300, Math.max(150, x(scoreMin)))} y="14" text-anchor="middle">
        ${words.threshold(decimalText(scoreMin, 2))}
      </text>
      ${isLastSeen ? html`<path class="plot-seen" d="M${x(lastScore)},${upper.bottom + 1} l5,9 h-10 z" />` : null}
    </svg>
  `;
}

/** By the square root, so that a few are seen beside very many. */
function rootScale({ top, bottom }: { readonly top: number; readonly bottom: number }, max: number) {
  return (value: number): number => round(bottom - Math.sqrt(value / max) * (bottom - top));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function rule(y: number, label: string | null): VNode {
  return html`
    <path class="plot-rule" d="M${frame.left},${y} H${frame.right}" />
    ${label === null ? null : html`<text x=${frame.left - 6} y=${y + 4} text-anchor="end">${label}</text>`}
  `;
}

/** Round numbers up to the highest count, the largest first. */
function ticksOf(countMax: number): number[] {
  const powers = Array.from({ length: 10 }, (_, i) => 10 ** i).reverse();
  const round = powers.flatMap((power) => [5 * power, 2 * power, power]).filter((count) => count <= countMax);
  return spaced(round, rootScale(upper, countMax));
}

/** Those of the values, the largest first, whose labels have room beside one another, and above the axis. */
function spaced(values: readonly number[], y: (value: number) => number): number[] {
  let last = Number.NEGATIVE_INFINITY;
  return values.filter((value) => {
    const at = y(value);
    if (at - last < labelHeight || y(0) - at < labelHeight / 2) return false;
    last = at;
    return true;
  });
}

/** Tenths, or every second of them where there are many. */
function scoreTicks(low: number, high: number): number[] {
  const step = high - low > 0.9 ? 2 : 1;
  const tenths = Array.from({ length: 21 }, (_, i) => i - 10).filter((tenth) => tenth % step === 0);
  return tenths.map((tenth) => tenth / 10).filter((score) => score >= low && score <= high);
}

function steps(edges: readonly number[], counts: readonly number[], y: (count: number) => number): string {
  return `M${edges[0]},${y(0)} ${counts.map((count, i) => `V${y(count)} H${edges[i + 1]}`).join(" ")} V${y(0)}`;
}

function curve(
  edges: readonly number[],
  rates: readonly ThresholdRates[],
  kind: "far" | "frr",
  y: (rate: number) => number,
): string {
  const points = rates.flatMap((at, i) => (at[kind] === null ? [] : [`${edges[i]},${y(at[kind])}`]));
  return points.length === 0 ? "" : `M${points.join(" L")}`;
}

function summary(calibration: Calibration, shown: readonly Series[], scoreMin: number): string {
  const words = texts().calibration;
  const told = (name: Series): string => {
    const range = rangeOf(calibration, calibration[name]);
    if (range === null) return words.noRange(words[name]);
    return words.range(words[name], sumOf(calibration[name]), decimalText(range.low, 2), decimalText(range.high, 2));
  };
  const household = shown.includes("household") ? told("household") : null;
  return words.summary(decimalText(scoreMin, 2), told("genuine"), told("impostor"), household);
}

function table(calibration: Calibration, rates: readonly ThresholdRates[], shown: readonly Series[]): VNode {
  const words = texts().calibration;
  const named = shown.toReversed();
  return html`
    <div class="figures-frame" role="region" tabindex="0" aria-label=${words.table}>
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">${words.from}</th>
            ${named.map((name) => html`<th key=${name} scope="col">${words.columns[name]}</th>`)}
            <th scope="col">FAR %</th>
            <th scope="col">FRR %</th>
          </tr>
        </thead>
        <tbody>
          ${rates.map(
            ({ score, far, frr }, i) => html`
              <tr key=${score}>
                <th scope="row">${decimalText(score, 2)}</th>
                ${named.map((name) => html`<td key=${name}>${countText(calibration[name][i] ?? 0)}</td>`)}
                <td>${bareShare(far)}</td>
                <td>${bareShare(frr)}</td>
              </tr>
            `,
          )}
        </tbody>
      </table>
    </div>
  `;
}
