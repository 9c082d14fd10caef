// People: who agreed to be enrolled, how many templates the door has of each, a copy of them, and the erasure.
import type { EnrolmentState } from "../../enrolment/enrolment.ts";
import type { PersonReport } from "../../people/people.ts";
import { AddPerson } from "./add-person.ts";
import { fetchJson, type Posted, postJson, send } from "./connection.ts";
import { type Enrolling, enrolmentUrl } from "./enrol.ts";
import { html, useCallback, useEffect, useRef, useState, type VNode } from "./vendor/standalone.module.js";
import { countText, timeText } from "./wording.ts";

export interface PeopleProps {
  readonly enrolling: Enrolling;
  readonly ownerLabel: string | null;
  /** Told when something was done that the status tells of. */
  readonly onDone: () => void;
}

interface PeopleList {
  readonly people: readonly PersonReport[];
}

const failures: Readonly<Record<string, string>> = {
  ENROLMENT_BUSY: "Somebody is being enrolled already.",
  NOT_READY: "The door has no bundle of its owner yet.",
  PEOPLE_LIMIT: "No more fits. Erase this person first, then enrol anew.",
  PEOPLE_UNAVAILABLE: "The door cannot read who is enrolled; see what needs attention above.",
  PERSON_UNKNOWN: "This person is gone already.",
  STORE_UNAVAILABLE: "This could not be recorded, so nothing was done.",
};

export function People({ enrolling, ownerLabel, onDone }: PeopleProps): VNode | null {
  const [people, setPeople] = useState<readonly PersonReport[] | null>(null);
  const [erasing, setErasing] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<{ readonly text: string; readonly isFailure: boolean } | null>(null);
  const answer = useRef<HTMLElement | null>(null);
  const yes = useRef<HTMLButtonElement | null>(null);
  const refresh = useCallback(() => {
    fetchJson<PeopleList>("/v1/people").then(
      (list) => setPeople(list.people),
      () => undefined,
    );
  }, []);
  const isEnrolling = (enrolling.state?.enrolment ?? null) !== null;
  const wasEnrolling = useRef(false);
  useEffect(() => {
    if (wasEnrolling.current && !isEnrolling)
      setOutcome({ text: enrolling.state?.ended?.message ?? "", isFailure: false });
    wasEnrolling.current = isEnrolling;
    refresh();
  }, [isEnrolling]);
  useEffect(() => {
    if (erasing !== null) yes.current?.focus();
    else if (outcome !== null) answer.current?.focus();
  }, [erasing, outcome]);
  if (people === null) return null;
  const settle = (posted: Posted<unknown>, text: string): void => {
    setErasing(null);
    setOutcome(posted.isDone ? { text, isFailure: false } : { text: failureText(posted.code), isFailure: true });
    refresh();
    onDone();
  };
  const enrol = ({ id }: PersonReport): void => {
    void postJson<EnrolmentState>(enrolmentUrl, { personId: id }).then((posted) => {
      if (!posted.isDone) return settle(posted, "");
      // The focus goes to the enrolment itself.
      setOutcome(null);
      enrolling.take(posted.value);
      onDone();
    });
  };
  const erase = ({ id, name }: PersonReport): void => {
    void send<null>("DELETE", `/v1/people/${id}`).then((sent) =>
      settle(sent, `${name} is erased: nothing of it is left on the door.`),
    );
  };
  const item = (person: PersonReport): VNode => html`
    <li key=${person.id} class="part">
      <h3>${person.name}</h3>
      <p class="part-word">${person.role === "owner" ? "Owner" : "Household"}</p>
      <p class="part-facts">${templatesText(person)} · agreed ${timeText(person.consent.at)}</p>
      ${
        erasing === person.id
          ? html`<div class="person-actions controls-question" role="group" aria-labelledby="erase-question">
            <p id="erase-question">${eraseQuestion(person)}</p>
            <div class="controls-buttons">
              <button ref=${yes} type="button" class="filled" onClick=${() => erase(person)}>Erase</button>
              <button type="button" onClick=${() => setErasing(null)}>Cancel</button>
            </div>
          </div>`
          : html`<div class="person-actions" role="group" aria-label=${person.name}>
            <button type="button" aria-disabled=${isEnrolling} onClick=${() => (isEnrolling ? undefined : enrol(person))}>
              Enrol
            </button>
            ${
              person.templates === 0
                ? null
                : html`<a class="button" href="/v1/people/${person.id}/export" download>Take a copy</a>`
            }
            <button type="button" onClick=${() => setErasing(person.id)}>Erase</button>
          </div>`
      }
    </li>
  `;
  return html`
    <section class="panel" aria-labelledby="people-title">
      <h2 id="people-title">People</h2>
      <p class="note">
        The owner's own looks at this door, and the household, whom the owner is told from. Templates lie encrypted on the door.
      </p>
      <ul class="parts" aria-label="People">${people.map(item)}</ul>
      <p class=${outcome?.isFailure === true ? "failed" : "note"} role="status" tabindex="-1" ref=${answer}>
        ${outcome?.text}
      </p>
      <${AddPerson} people=${people} ownerLabel=${ownerLabel} onAdded=${refresh} />
    </section>
  `;
}

function templatesText({ templates, inUse }: PersonReport): string {
  if (templates === 0) return "not enrolled yet";
  return inUse === templates
    ? countText(templates, "template")
    : `${countText(templates, "template")}, ${inUse} in use`;
}

function eraseQuestion({ name, role }: PersonReport): string {
  const effect =
    role === "owner"
      ? "The door then knows its owner by the bundle alone."
      : "The door then no longer tells the owner from this person.";
  return `Erase ${name}, with consent and templates? ${effect}`;
}

function failureText(code: string | null): string {
  if (code === null) return "The door did not answer. Try again.";
  return failures[code] ?? `The door refused (${code}).`;
}
