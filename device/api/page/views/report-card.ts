// The report card of the bundle in use, folded away: what was measured when it was made, beside the bundle before.
import type { BundleCards, ReportCard } from "../../../delivery/delivery.ts";
import { fetchJson } from "../connection.ts";
import { countText, dateText, decimalText, rateText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useCallback, useEffect, useState, type VNode } from "../vendor/standalone.module.js";
import { CalibrationPlot } from "./calibration-plot.ts";

export interface ReportCardProps {
  /** Which bundle it is, and whether it is on trial: another one is asked for anew. */
  readonly bundle: string;
  readonly lastScore: number | null;
}

type Rate = ReportCard["frr"];

export function ReportCardView({ bundle, lastScore }: ReportCardProps): VNode {
  const words = texts().card;
  const [isOpen, setOpen] = useState(false);
  const [cards, setCards] = useState<BundleCards | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const load = useCallback(() => {
    setFailed(false);
    fetchJson<BundleCards>("/v1/bundles").then(setCards, () => setFailed(true));
  }, []);
  useEffect(() => {
    if (isOpen) load();
  }, [isOpen, bundle]);
  const toggle = (event: Event): void => setOpen((event.currentTarget as HTMLDetailsElement).open);
  return html`
    <details class="fold" onToggle=${toggle}>
      <summary>${words.title}</summary>
      ${
        hasFailed
          ? html`<p class="note">
            ${words.failed} <button type="button" onClick=${load}>${texts().events.tryAgain}</button>
          </p>`
          : isOpen
            ? cardsView(cards, lastScore)
            : null
      }
    </details>
  `;
}

function cardsView(cards: BundleCards | null, lastScore: number | null): VNode {
  const words = texts().card;
  if (cards === null) return html`<p class="note">${words.asking}</p>`;
  const { current, previous, isOnTrial } = cards;
  if (current === null) return html`<p class="note">${words.none}</p>`;
  return html`
    <div class="card">
      ${isOnTrial ? html`<p class="note">${words.onTrial}</p>` : null} ${facts(current)}
      <h3>${words.household}</h3>
      ${household(current)}
      <${CalibrationPlot} card=${current} lastScore=${lastScore} />
      ${previous === null ? null : comparison(current, previous)}
    </div>
  `;
}

function facts(card: ReportCard): VNode {
  const words = texts().card;
  const { images, provenance, defences, testAccuracy, far, frr } = card;
  const told = (isTold: boolean) => (isTold ? words.told : words.untold);
  return html`
    <dl class="facts">
      ${fact(words.made, words.madeBy(madeOn(card), provenance.facelatchVersion))}
      ${fact(words.photos, words.photosOf(countText(images.train), countText(images.validation), countText(images.test)))}
      ${fact(
        words.accuracy,
        testAccuracy === null ? words.untested : rateText(testAccuracy.value),
        testAccuracy === null ? null : intervalText(testAccuracy),
      )}
      ${fact(words.threshold, decimalText(card.verifiedScoreMin, 2))}
      ${fact(words.far, farText(far), intervalText(far))} ${fact(words.frr, frrText(frr), intervalText(frr))}
      ${fact(
        words.spoof,
        card.spoofScoreMin === null ? told(defences.spoof) : words.toldFrom(decimalText(card.spoofScoreMin, 2)),
      )}
      ${fact(words.mask, told(defences.mask))} ${fact(words.occlusion, told(defences.occlusion))}
      ${fact(words.network, own(card.backbone), own(shortened(card.weights)))}
      ${fact(words.validationAccuracy, rateText(card.validationAccuracy.value), intervalText(card.validationAccuracy))}
      ${fact(words.conversion, words.conversionOf(smallText(card.conversionMaxAbsDiff)))}
      ${fact(words.golden, words.goldenOf(card.goldenImages))}
      ${fact(words.origin, html`<code>${provenance.datasetSha256.slice(0, 12)}</code>`, words.seed(provenance.seed))}
      ${fact(words.number, String(card.seq))}
    </dl>
    <p class="note">${words.together}</p>
  `;
}

function fact(name: string, value: string | VNode, note: string | VNode | null = null): VNode {
  return html`<div class="fact">
    <dt>${name}</dt>
    <dd>${value}${note === null ? null : html`<span class="fact-note">${note}</span>`}</dd>
  </div>`;
}

/** What the training said of itself, in English in every language. */
function own(text: string): VNode {
  return html`<span lang="en">${text}</span>`;
}

/** Of a digest as much as tells it from others. */
function shortened(text: string): string {
  return text.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1\u2026");
}

function madeOn({ createdAt }: ReportCard): string {
  return dateText(Date.parse(createdAt));
}

function intervalText({ low, high, trials }: Rate): string | null {
  return trials === 0 ? null : texts().card.interval(rateText(low), rateText(high));
}

function hitsText({ value, trials }: Rate): string {
  return countText(Math.round(value * trials));
}

function farText(far: ReportCard["far"]): string {
  const words = texts().card;
  return far.trials === 0 ? words.noTrials : words.farOf(hitsText(far), far.trials, far.identities);
}

function frrText(frr: Rate): string {
  const words = texts().card;
  return frr.trials === 0 ? words.noTrials : words.frrOf(hitsText(frr), frr.trials);
}

/** A difference of which the order of magnitude counts. */
function smallText(value: number): string {
  return value === 0 || value >= 0.001 ? decimalText(value, value === 0 ? 0 : 3) : value.toExponential(1);
}

function household({ household: members }: ReportCard): VNode {
  const words = texts().card;
  if (members.length === 0) return html`<p class="note">${words.nobody}</p>`;
  return html`
    <p class="note">${words.householdAbout}</p>
    <ul class="parts" aria-label=${words.household}>
      ${members.map(
        ({ name, photos, verifiedScoreMax, marginMax, opened, unsafe }, i) => html`
          <li key=${i} class="part ${unsafe ? "tone-bad" : "tone-good"}">
            <h4>${name ?? words.housemate(i + 1)}</h4>
            <p class="part-word">${unsafe ? words.unsafe : words.safe}</p>
            <p class="part-facts">
              ${[
                words.photosCount(photos),
                ...(verifiedScoreMax === null ? [] : [words.nearest(decimalText(verifiedScoreMax, 2))]),
                ...(marginMax === null ? [] : [words.margin(decimalText(marginMax, 2))]),
                words.opened(opened),
              ].join(" \u00b7 ")}
            </p>
          </li>
        `,
      )}
    </ul>
  `;
}

function comparison(current: ReportCard, previous: ReportCard): VNode {
  const words = texts().card;
  const accuracy = ({ testAccuracy }: ReportCard) =>
    testAccuracy === null ? words.untested : rateText(testAccuracy.value);
  const rate = ({ value, trials }: Rate) => (trials === 0 ? words.noTrials : rateText(value));
  const row = (name: string, of: (card: ReportCard) => string): VNode => html`
    <tr>
      <th scope="row">${name}</th>
      <td>${of(previous)}</td>
      <td>${of(current)}</td>
    </tr>
  `;
  return html`
    <h3>${words.comparison}</h3>
    <table class="figures">
      <thead>
        <tr>
          <th scope="col">${words.figure}</th>
          <th scope="col">${words.before}</th>
          <th scope="col">${words.now}</th>
        </tr>
      </thead>
      <tbody>
        ${row(words.made, madeOn)} ${row(words.photos, ({ images }) => countText(images.train))}
        ${row(words.accuracy, accuracy)} ${row(words.threshold, (card) => decimalText(card.verifiedScoreMin, 2))}
        ${row(words.far, ({ far }) => rate(far))} ${row(words.frr, ({ frr }) => rate(frr))}
      </tbody>
    </table>
  `;
}
