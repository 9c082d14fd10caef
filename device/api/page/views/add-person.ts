// The consent that comes before any template: for whom, and that the person agrees.
import type { NewPerson, PersonReport, Role } from "../../../people/people.ts";
import { postJson } from "../connection.ts";
import { failureText } from "../format.ts";
import { texts } from "../language.ts";
import { html, useRef, useState, type VNode } from "../vendor/standalone.module.js";

export interface AddPersonProps {
  readonly people: readonly PersonReport[];
  readonly ownerLabel: string | null;
  readonly onAdded: () => void;
}

export function AddPerson({ people, ownerLabel, onAdded }: AddPersonProps): VNode {
  const words = texts().addPerson;
  const hasOwner = people.some(({ role }) => role === "owner");
  const [chosen, choose] = useState<Role>("owner");
  const [name, setName] = useState("");
  const [agrees, setAgrees] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const field = useRef<HTMLInputElement | null>(null);
  const form = useRef<HTMLDetailsElement | null>(null);
  const summary = useRef<HTMLElement | null>(null);
  const role = hasOwner ? "household" : chosen;
  const who = role === "owner" ? (ownerLabel ?? words.theOwner) : name.trim() || words.thisPerson;
  const submit = (event: Event): void => {
    event.preventDefault();
    const person: NewPerson = { role, ...(role === "household" && { name: name.trim() }), consent: true };
    void postJson<PersonReport>("/v1/people", person).then((posted) => {
      setFailure(posted.isDone ? null : failureText(posted.code, words.failures));
      if (!posted.isDone) {
        field.current?.focus();
        return;
      }
      setName("");
      setAgrees(false);
      if (form.current !== null) form.current.open = false;
      // The pressed button is hidden now.
      summary.current?.focus();
      onAdded();
    });
  };
  const choice = (value: Role, text: string): VNode => html`
    <label class="choice">
      <input type="radio" name="role" value=${value} checked=${role === value} onChange=${() => choose(value)} />
      ${text}
    </label>
  `;
  return html`
    <details ref=${form} class="add-person">
      <summary ref=${summary}>${words.title}</summary>
      <form onSubmit=${submit}>
        ${
          hasOwner
            ? null
            : html`<fieldset>
              <legend>${words.who}</legend>
              ${choice("owner", words.ownerNamed(ownerLabel))}
              ${choice("household", words.relative)}
            </fieldset>`
        }
        ${
          role === "owner"
            ? null
            : html`<label class="field">
              ${words.name}
              <input
                ref=${field}
                name="name"
                value=${name}
                required
                maxlength="40"
                autocomplete="off"
                onInput=${(event: Event) => setName((event.target as HTMLInputElement).value)}
              />
            </label>`
        }
        <label class="choice">
          <input
            type="checkbox"
            required
            checked=${agrees}
            onChange=${(event: Event) => setAgrees((event.target as HTMLInputElement).checked)}
          />
          ${words.agrees(who)}
        </label>
        <button type="submit" class="filled">${words.record}</button>
        <p class="failed" role="alert">${failure}</p>
      </form>
    </details>
  `;
}
