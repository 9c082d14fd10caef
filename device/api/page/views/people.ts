// People: who agreed to be enrolled, how many templates the door has of each, a copy of them, and the erasure.
import type { EnrolmentState } from "../../../enrolment/enrolment.ts";
import type { PersonReport } from "../../../people/people.ts";
import { fetchJson, type Posted, postJson, send } from "../connection.ts";
import { failureText, timeText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useCallback, useEffect, useRef, useState, type VNode } from "../vendor/standalone.module.js";
import { AddPerson } from "./add-person.ts";
import { type Enrolling, enrolmentUrl } from "./enrol.ts";

export interface PeopleProps {
  readonly enrolling: Enrolling;
  readonly ownerLabel: string | null;
  /** Told when something was done that the status tells of. */
  readonly onDone: () => void;
}

interface PeopleList {
  readonly people: readonly PersonReport[];
}

export function People({ enrolling, ownerLabel, onDone }: PeopleProps): VNode | null {
  const { people: words, said, app } = texts();
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
    const ended = enrolling.state?.ended ?? null;
    if (wasEnrolling.current && !isEnrolling && ended !== null)
      setOutcome({ text: said.ending(ended.ending, ended.message), isFailure: false });
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
    setOutcome(
      posted.isDone ? { text, isFailure: false } : { text: failureText(posted.code, words.failures), isFailure: true },
    );
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
    void send<null>("DELETE", `/v1/people/${id}`).then((sent) => settle(sent, words.erased(name)));
  };
  const item = (person: PersonReport): VNode => html`
    <li key=${person.id} class="part">
      <h3>${person.name}</h3>
      <p class="part-word">${person.role === "owner" ? words.owner : words.household}</p>
      <p class="part-facts">${templatesText(person)} · ${words.agreed(timeText(person.consent.at))}</p>
      ${
        erasing === person.id
          ? html`<div class="person-actions controls-question" role="group" aria-labelledby="erase-question">
            <p id="erase-question">${eraseQuestion(person)}</p>
            <div class="controls-buttons">
              <button ref=${yes} type="button" class="filled" onClick=${() => erase(person)}>${words.erase}</button>
              <button type="button" onClick=${() => setErasing(null)}>${app.cancel}</button>
            </div>
          </div>`
          : html`<div class="person-actions" role="group" aria-label=${person.name}>
            <button type="button" aria-disabled=${isEnrolling} onClick=${() => (isEnrolling ? undefined : enrol(person))}>
              ${words.enrol}
            </button>
            ${
              person.templates === 0
                ? null
                : html`<a class="button" href="/v1/people/${person.id}/export" download>${words.copy}</a>`
            }
            <button type="button" onClick=${() => setErasing(person.id)}>${words.erase}</button>
          </div>`
      }
    </li>
  `;
  return html`
    <section class="panel" aria-labelledby="people-title">
      <h2 id="people-title">${words.title}</h2>
      <p class="note">
        ${words.about}
      </p>
      <ul class="parts" aria-label=${words.title}>${people.map(item)}</ul>
      <p class=${outcome?.isFailure === true ? "failed" : "note"} role="status" tabindex="-1" ref=${answer}>
        ${outcome?.text}
      </p>
      <${AddPerson} people=${people} ownerLabel=${ownerLabel} onAdded=${refresh} />
    </section>
  `;
}

function templatesText({ templates, inUse }: PersonReport): string {
  const words = texts().people;
  if (templates === 0) return words.notEnrolled;
  return inUse === templates ? words.templates(templates) : `${words.templates(templates)}, ${words.inUse(inUse)}`;
}

function eraseQuestion({ name, role }: PersonReport): string {
  const { eraseOwner, eraseHousehold } = texts().people;
  return role === "owner" ? eraseOwner(name) : eraseHousehold(name);
}
