// The device's health: what is wrong first, then each part by itself.
import type { StatusReport } from "../status-report.ts";
import { html, type VNode } from "./vendor/standalone.module.js";
import { bytesText, countText, durationText, type Tone } from "./wording.ts";

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
  const title = { starting: "The door is starting", locked_down: "The door is locked down" } as const;
  return html`
    <section class="causes" role="alert" aria-labelledby="causes-title">
      <h2 id="causes-title">${title[status.state as keyof typeof title] ?? "Something needs attention"}</h2>
      <ul>
        ${status.causes.map(
          ({ code, message, sinceMs }) => html`
            <li key=${code}>
              ${message}
              <span class="cause-code">${code}${sinceMs === undefined ? "" : `, for ${durationText(sinceMs)}`}</span>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

export function health(status: StatusReport | null): VNode | null {
  if (status === null) return null;
  return html`
    <section class="panel" aria-labelledby="health-title">
      <h2 id="health-title">Health</h2>
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

function partsOf({ board, camera, vision, relay, store, feedback, people, bundle }: StatusReport): Part[] {
  return [
    {
      name: "Board",
      word: board.strains.length === 0 ? "well" : "under strain",
      tone: toneOf(board.strains.length === 0, null),
      facts: [
        ...(board.temperatureC === null ? [] : [`${board.temperatureC.toFixed(0)} \u00b0C`]),
        ...(board.memoryAvailableBytes === null ? [] : [`${bytesText(board.memoryAvailableBytes)} left`]),
      ],
      fault: board.strains.length === 0 ? null : strainText(board.strains),
    },
    {
      name: "Camera",
      word: camera.state,
      tone: toneOf(camera.state === "running", camera.fault),
      facts: [camera.source, countText(camera.framesTotal, "frame"), countText(camera.restarts, "restart")],
      fault: camera.fault?.message ?? null,
    },
    {
      name: "Vision",
      word: vision.state,
      tone: toneOf(vision.state === "ready" && vision.warning === null, vision.fault),
      facts: [
        `engine ${vision.engine ?? "none"}`,
        `${vision.framesAnalysed} analysed`,
        countText(vision.restarts, "restart"),
      ],
      fault: vision.fault?.message ?? vision.warning,
    },
    {
      name: "Relay",
      word: relay.fault !== null ? "failed" : relay.active ? "active" : "inactive",
      tone: toneOf(true, relay.fault),
      facts: [
        relay.adapter,
        countText(relay.pulses, "opening"),
        ...(relay.guard === null ? [] : [`guard ${relay.guard.pid ?? "away"}`]),
      ],
      fault: relay.fault?.message ?? null,
    },
    {
      name: "Event store",
      word: store.state,
      tone: toneOf(store.state === "open", store.fault),
      facts: [countText(store.events, "event"), countText(store.logLines, "log line"), bytesText(store.bytes)],
      fault: store.fault?.message ?? null,
    },
    {
      name: "Feedback",
      word: feedback.state,
      tone: toneOf(feedback.negativesOfOtherSpaces === 0 && feedback.damaged === 0, feedback.fault),
      facts: [
        countText(feedback.items, "item"),
        countText(feedback.negatives, "household negative"),
        bytesText(feedback.queueBytes),
      ],
      fault: feedback.fault?.message ?? feedbackWarning(feedback),
    },
    {
      name: "Enrolment",
      word: people.state,
      tone: toneOf(people.templatesOfOtherSpaces === 0, people.fault),
      facts: [`${people.household} of the household`, countText(people.templates, "template")],
      fault: people.fault?.message ?? peopleWarning(people),
    },
    {
      name: "Bundle",
      word: bundle?.name ?? "none",
      tone: toneOf(bundle !== null, null),
      facts:
        bundle === null
          ? []
          : [bundle.sha256.slice(0, 12), `opens from a likeness of ${bundle.verifiedScoreMin.toFixed(2)}`],
      fault: null,
    },
  ];
}

function strainText(strains: StatusReport["board"]["strains"]): string {
  const whys = strains.map((strain) => (strain === "hot" ? "hot" : "short of memory"));
  return `It is ${whys.join(" and ")}, and takes fewer frames.`;
}

function feedbackWarning({ negativesOfOtherSpaces, damaged }: StatusReport["feedback"]): string | null {
  const warnings = [
    negativesOfOtherSpaces > 0
      ? `${countText(negativesOfOtherSpaces, "household negative")} of another bundle cannot be compared with this one.`
      : null,
    damaged > 0 ? `The stored frames of ${countText(damaged, "item")} are damaged.` : null,
  ];
  return warnings.every((warning) => warning === null) ? null : warnings.filter(Boolean).join(" ");
}

function peopleWarning({ templatesOfOtherSpaces }: StatusReport["people"]): string | null {
  if (templatesOfOtherSpaces === 0) return null;
  return `${countText(templatesOfOtherSpaces, "template")} of another bundle cannot be compared with this one: enrol anew.`;
}

function toneOf(isWell: boolean, fault: object | null): Tone {
  return fault !== null ? "bad" : isWell ? "good" : "warn";
}
