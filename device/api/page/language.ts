// Which language the page speaks: the one that was chosen in this browser before, else the first of the browser's own that
// there are words for.
import { de } from "./texts/de.ts";
import { en, type Texts } from "./texts/en.ts";
import { useState } from "./vendor/standalone.module.js";

const tables = { en, de } satisfies Record<string, Texts>;

export type Language = keyof typeof tables;

/** Each by its own name, whatever the page speaks. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

export const languages = Object.keys(tables) as Language[];

const storageKey = "facelatch.language";

let current: Language = "en";

/** The page's words; asked anew at each rendering. */
export function texts(): Texts {
  return tables[current];
}

/** By which times and numbers are written: the browser's own kind of the language, such as de-AT, where it has one. */
export function locale(): string {
  return navigator.languages.find((tag) => languageOf(tag) === current) ?? current;
}

export interface LanguageState {
  readonly language: Language;
  readonly choose: (language: Language) => void;
}

export function useLanguage(): LanguageState {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  current = language;
  document.documentElement.lang = language;
  const choose = (chosen: Language): void => {
    keep(chosen);
    setLanguage(chosen);
  };
  return { language, choose };
}

function firstLanguage(): Language {
  return languageOf(kept() ?? "") ?? navigator.languages.map(languageOf).find((known) => known !== null) ?? "en";
}

function languageOf(tag: string): Language | null {
  const [primary] = tag.toLowerCase().split("-");
  return languages.find((language) => language === primary) ?? null;
}

// A browser that keeps nothing for this page speaks its own language at each visit.

function kept(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

function keep(language: Language): void {
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // It holds for this visit.
  }
}
