// The lock's state, large: by word, by sign and by colour, and honest when it is not known.
import type { StatusReport } from "../../status-report.ts";
import type { Knowledge } from "../connection.ts";
import { durationText, timeText } from "../format.ts";
import { texts } from "../language.ts";
import { html, type VNode } from "../vendor/standalone.module.js";

interface LockWording {
  readonly look: "locked" | "unlocked" | "unknown";
  readonly word: string;
  readonly hint: string;
}

export function lockWording(status: StatusReport | null, knowledge: Knowledge): LockWording {
  const { lock, said } = texts();
  if (knowledge === "silent") return { look: "unknown", word: lock.unknown, hint: lock.silent };
  if (knowledge === "asking" || status === null) return { look: "unknown", word: lock.unknown, hint: lock.asking };
  if (!status.locked) return { look: "unlocked", word: lock.unlocked, hint: lock.canBeOpened };
  if (status.lockdown !== null) {
    const { sinceAt, by } = status.lockdown;
    return { look: "locked", word: lock.lockedDown, hint: lock.lockedDownSince(timeText(sinceAt), said.who(by)) };
  }
  return { look: "locked", word: lock.locked, hint: lockedHint(status) };
}

/** For whom a door opens that is neither open nor locked down. */
function lockedHint({ state, enrolment, faceUnlock: { off }, schedule }: StatusReport): string {
  const { lock, said } = texts();
  if (enrolment !== null) return lock.enrolling;
  if (off !== null) return lock.facesOff(timeText(off.sinceAt), said.who(off.by));
  return schedule.allowsNow ? lock.hints[state] : lock.outsideSchedule;
}

/** A padlock: closed, open, or only outlined where the state is not known. */
function padlock(look: LockWording["look"]): VNode {
  const shackle = look === "unlocked" ? "M7 11V7a5 5 0 0 1 9.6-2" : "M7 11V7a5 5 0 0 1 10 0v4";
  return html`
    <svg class="padlock" viewBox="0 0 24 24" aria-hidden="true">
      <path class="padlock-shackle" d=${shackle} />
      <rect class="padlock-body" x="4" y="11" width="16" height="10" rx="2.5" />
      ${
        look === "unknown"
          ? html`<path class="padlock-mark" d="M10.6 14.6a1.5 1.5 0 1 1 2 1.6c-.4.2-.6.5-.6.9M12 19v.01" />`
          : html`<circle class="padlock-hole" cx="12" cy="16" r="1.6" />`
      }
    </svg>
  `;
}

/** How the door stands, as far as it is wired to tell; null where there is nothing to say. */
function doorText({ contact, openMs, forced, jammed, tamper }: StatusReport["door"]): string | null {
  const words = texts().lock.door;
  const said: string[] = [];
  if (contact === "open") said.push(words.open(openMs === null ? null : durationText(openMs)));
  if (contact === "closed" || contact === "unknown") said.push(words[contact]);
  if (forced) said.push(words.forced);
  if (jammed) said.push(words.jammed);
  if (tamper === "tampered") said.push(words.tampered);
  return said.length === 0 ? null : said.join(" ");
}

export function lockState(status: StatusReport | null, knowledge: Knowledge): VNode {
  const { look, word, hint } = lockWording(status, knowledge);
  const door = status === null || look === "unknown" ? null : doorText(status.door);
  return html`
    <section class="lock lock-${look}" aria-label=${texts().lock.label}>
      ${padlock(look)}
      <div role="status" aria-live="polite" aria-atomic="true">
        <p class="lock-word">${word}</p>
        <p class="lock-hint">${hint}</p>
        ${door === null ? null : html`<p class="lock-hint">${door}</p>`}
      </div>
    </section>
  `;
}
