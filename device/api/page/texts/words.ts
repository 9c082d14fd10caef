// What the tables of the languages are made of.

/** A word for each of a fixed set of codes. */
export type Words<Code extends string> = Readonly<Record<Code, string>>;

/** Tells an amount, with the noun in the plural where it needs one. */
export function amountsIn(language: string) {
  return (one: string, several: string) => (count: number) =>
    `${count.toLocaleString(language)} ${count === 1 ? one : several}`;
}
