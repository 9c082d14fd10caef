// The device's health: what is wrong first, then each part by itself.
import type { StatusReport } from "../../status-report.ts";
import { bytesText, decimalText, durationText, timeText } from "../format.ts";
import { texts } from "../language.ts";
import { html, type VNode } from "../vendor/standalone.module.js";
import type { Tone } from "../wording.ts";

interface Part {
  readonly name: string;
  readonly word: string;
  readonly tone: Tone;
  readonly facts: readonly string[];
  readonly fault: string | null;
}

/** What keeps the device from being ready, where everybody sees it; nothing when there is nothing. */
export function causes(status: StatusReport | null): VNode | null {
  if (status === null || status.causes.length === 0) return null;
  const { causes: words, said } = texts();
  const title = { starting: words.starting, locked_down: words.lockedDown } as const;
  return html`
    <section class="causes" role="alert" aria-labelledby="causes-title">
      <h2 id="causes-title">${title[status.state as keyof typeof title] ?? words.attention}</h2>
      <ul>
        ${status.causes.map(
          ({ code, message, sinceMs }) => html`
            <li key=${code}>
              ${said.fault(code, message)}
              <span class="cause-code">${code}${sinceMs === undefined ? "" : `, ${words.sinceFor(durationText(sinceMs))}`}</span>
              ${ownWords(said.fault(code, message), message)}
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

/** What the device says in English, of which the page's words leave out the particulars. */
function ownWords(shown: string, message: string): VNode | null {
  if (shown === message) return null;
  return html`<details class="own-words">
    <summary>${texts().causes.wording}</summary>
    <p lang="en">${message}</p>
  </details>`;
}

export function health(status: StatusReport | null): VNode | null {
  if (status === null) return null;
  return html`
    <section class="panel" aria-labelledby="health-title">
      <h2 id="health-title">${texts().health.title}</h2>
      <ul class="parts">
        ${partsOf(status).map(partItem)}
      </ul>
    </section>
  `;
}

function partItem({ name, word, tone, facts, fault }: Part): VNode {
  return html`
    <li key=${name} class="part tone-${tone}">
      <h3>${name}</h3>
      <p class="part-word">${word}</p>
      <p class="part-facts">${facts.join(" \u00b7 ")}</p>
      ${fault === null ? null : html`<p class="part-fault">${fault}</p>`}
    </li>
  `;
}

function partsOf(status: StatusReport): Part[] {
  const { camera, vision, store } = status;
  const { health: words } = texts();
  return [
    boardPart(status),
    {
      name: words.camera,
      word: words.states[camera.state],
      tone: toneOf(camera.state === "running", camera.fault),
      facts: [camera.source, words.frames(camera.framesTotal), words.restarts(camera.restarts)],
      fault: faultText(camera.fault),
    },
    {
      name: words.vision,
      word: words.states[vision.state],
      tone: toneOf(vision.state === "ready" && vision.warning === null, vision.fault),
      facts: [words.engine(vision.engine), words.analysed(vision.framesAnalysed), words.restarts(vision.restarts)],
      fault: faultText(vision.fault) ?? (vision.warning === null ? null : words.slow),
    },
    relayPart(status),
    ...pairingButtonPart(status),
    {
      name: words.store,
      word: words.states[store.state],
      tone: toneOf(store.state === "open", store.fault),
      facts: [words.events(store.events), words.logLines(store.logLines), bytesText(store.bytes)],
      fault: faultText(store.fault),
    },
    feedbackPart(status),
    peoplePart(status),
    bundlePart(status),
    ...logParts(status),
  ];
}

function boardPart({ board: { strains, temperatureC, memoryAvailableBytes } }: StatusReport): Part {
  const { health: words } = texts();
  const isWell = strains.length === 0;
  const whys = strains.map((strain) => (strain === "hot" ? words.hot : words.lowMemory));
  return {
    name: words.board,
    word: isWell ? words.well : words.strained,
    tone: toneOf(isWell, null),
    facts: [
      ...(temperatureC === null ? [] : [`${decimalText(temperatureC, 0)} \u00b0C`]),
      ...(memoryAvailableBytes === null ? [] : [words.left(bytesText(memoryAvailableBytes))]),
    ],
    fault: isWell ? null : words.strainText(whys),
  };
}

function relayPart({ relay: { adapter, active, pulses, guard, fault } }: StatusReport): Part {
  const { health: words } = texts();
  return {
    name: words.relay,
    word: fault !== null ? words.states.failed : active ? words.active : words.inactive,
    tone: toneOf(true, fault),
    facts: [adapter, words.openings(pulses), ...(guard === null ? [] : [words.guard(guard.pid)])],
    fault: faultText(fault),
  };
}

/** None where there is no such button. */
function pairingButtonPart({ pairingButton }: StatusReport): Part[] {
  if (pairingButton === null) return [];
  const { health: words } = texts();
  const { adapter, knocks, fault } = pairingButton;
  const part = {
    name: words.pairingButton,
    word: words.states[fault === null ? "ready" : "failed"],
    tone: toneOf(knocks === 0, fault),
    facts: [adapter, words.knocks(knocks)],
    fault: faultText(fault),
  };
  return [part];
}

function feedbackPart({ feedback }: StatusReport): Part {
  const { health: words } = texts();
  const { negativesOfOtherSpaces, damaged, fault } = feedback;
  const warnings = [
    ...(negativesOfOtherSpaces > 0 ? [words.negativesOfOtherSpaces(negativesOfOtherSpaces)] : []),
    ...(damaged > 0 ? [words.damaged(damaged)] : []),
  ];
  return {
    name: words.feedback,
    word: words.states[feedback.state],
    tone: toneOf(warnings.length === 0, fault),
    facts: [words.items(feedback.items), words.negatives(feedback.negatives), bytesText(feedback.queueBytes)],
    fault: faultText(fault) ?? (warnings.length === 0 ? null : warnings.join(" ")),
  };
}

function peoplePart({ people }: StatusReport): Part {
  const { health: words } = texts();
  const { household, templates, templatesOfOtherSpaces: others, fault } = people;
  return {
    name: words.people,
    word: words.states[people.state],
    tone: toneOf(others === 0, fault),
    facts: [words.household(household), words.templates(templates)],
    fault: faultText(fault) ?? (others === 0 ? null : words.templatesOfOtherSpaces(others)),
  };
}

function bundlePart({ bundle }: StatusReport): Part {
  const { health: words } = texts();
  return {
    name: words.bundle,
    word: bundle?.name ?? words.none,
    tone: toneOf(bundle !== null, null),
    facts:
      bundle === null ? [] : [bundle.sha256.slice(0, 12), words.opensFrom(decimalText(bundle.verifiedScoreMin, 2))],
    fault: null,
  };
}

/** Only while another level than the configured one counts. */
function logParts({ log: { level, configured, until } }: StatusReport): Part[] {
  const { health: words } = texts();
  if (until === null) return [];
  const facts = [words.logUntil(configured, timeText(until))];
  return [{ name: words.log, word: level, tone: "warn", facts, fault: null }];
}

function faultText(fault: { readonly code: string; readonly message: string } | null): string | null {
  return fault === null ? null : texts().said.fault(fault.code, fault.message);
}

function toneOf(isWell: boolean, fault: object | null): Tone {
  return fault !== null ? "bad" : isWell ? "good" : "warn";
}
