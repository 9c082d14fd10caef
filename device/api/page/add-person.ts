// The consent that comes before any template: for whom, and that the person agrees.
import type { NewPerson, PersonReport, Role } from "../../people/people.ts";
import { postJson } from "./connection.ts";
import { html, useRef, useState, type VNode } from "./vendor/standalone.module.js";

export interface AddPersonProps {
  readonly people: readonly PersonReport[];
  readonly ownerLabel: string | null;
  readonly onAdded: () => void;
}

const failures: Readonly<Record<string, string>> = {
  PERSON_EXISTS: "This person is in the list already.",
  PEOPLE_LIMIT: "The door takes no more people. Erase somebody first.",
  PEOPLE_FULL: "The door's disk is full. Nothing was stored.",
  PEOPLE_UNAVAILABLE: "The door cannot read who is enrolled. Nothing was stored.",
  REQUEST_INVALID: "The door does not take this name: letters and digits, at most 40.",
  STORE_UNAVAILABLE: "This could not be recorded, so nothing was stored.",
};

export function AddPerson({ people, ownerLabel, onAdded }: AddPersonProps): VNode {
  const hasOwner = people.some(({ role }) => role === "owner");
  const [chosen, choose] = useState<Role>("owner");
  const [name, setName] = useState("");
  const [agrees, setAgrees] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const field = useRef<HTMLInputElement | null>(null);
  const form = useRef<HTMLDetailsElement | null>(null);
  const summary = useRef<HTMLElement | null>(null);
  const role = hasOwner ? "household" : chosen;
  const who = role === "owner" ? (ownerLabel ?? "The owner") : name.trim() || "This person";
  const submit = (event: Event): void => {
    event.preventDefault();
    const person: NewPerson = { role, ...(role === "household" && { name: name.trim() }), consent: true };
    void postJson<PersonReport>("/v1/people", person).then((posted) => {
      setFailure(posted.isDone ? null : failureText(posted.code));
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
      <summary ref=${summary}>Add a person</summary>
      <form onSubmit=${submit}>
        ${
          hasOwner
            ? null
            : html`<fieldset>
              <legend>Who is it?</legend>
              ${choice("owner", `The owner${ownerLabel === null ? "" : `, ${ownerLabel}`}`)}
              ${choice("household", "A relative or housemate")}
            </fieldset>`
        }
        ${
          role === "owner"
            ? null
            : html`<label class="field">
              Name
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
          ${who} agrees that this door keeps templates of the face, encrypted, until they are erased.
        </label>
        <button type="submit" class="filled">Record the consent</button>
        <p class="failed" role="alert">${failure}</p>
      </form>
    </details>
  `;
}

function failureText(code: string | null): string {
  if (code === null) return "The door did not answer. Try again.";
  return failures[code] ?? `The door refused (${code}).`;
}
