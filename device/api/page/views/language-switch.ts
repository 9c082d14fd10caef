// The choice of the page's language, at its end.
import { type LanguageState, languageNames, languages, texts } from "../language.ts";
import { html, type VNode } from "../vendor/standalone.module.js";

export function LanguageSwitch({ language, choose }: LanguageState): VNode {
  return html`
    <nav class="languages" aria-label=${texts().app.language}>
      ${languages.map(
        (each) => html`
          <button key=${each} type="button" lang=${each} aria-pressed=${each === language} onClick=${() => choose(each)}>
            ${languageNames[each]}
          </button>
        `,
      )}
    </nav>
  `;
}
