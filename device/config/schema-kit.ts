// What the schemas of the configuration are put together from.
import Type from "typebox";

export type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T;

export function section<const T extends Type.TProperties>(description: string, properties: T) {
  return Type.Object(properties, { additionalProperties: false, description });
}

/** One of several sections; `kind` says which, `defaultKind` where it is not given. */
export function oneOfKinds<Variants extends Type.TObject[]>(
  description: string,
  defaultKind: string,
  variants: [...Variants],
) {
  return Type.Union(variants, { description, default: { kind: defaultKind } });
}

export function wholeNumber(description: string, minimum: number, maximum: number, value: number) {
  return Type.Integer({ description, minimum, maximum, default: value });
}

export function ratio(description: string, minimum: number, value: number) {
  return Type.Number({ description, minimum, maximum: 1, default: value });
}

/** A limit that can only be made stricter than the bundle's own. */
export function stricter(what: string) {
  return Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
    description: `${what}; it can only raise the bundle's own, which null leaves as it is.`,
    default: null,
  });
}

export function toggle(description: string, value: boolean) {
  return Type.Boolean({ description, default: value });
}

/** A secret is not shown where it is refused, nor logged. */
export function orNull<const T extends Type.TString>(
  schema: T,
  description: string,
  expected: string,
  { secret = false }: { readonly secret?: boolean } = {},
) {
  return Type.Union([schema, Type.Null()], { description, expected, default: null, ...(secret && { secret }) });
}

// Paths become arguments of other programs, where a leading dash would be an option.
export const pathOptions = { pattern: "^[^-\\0][^\\0]{0,1023}$", expected: "a path that does not begin with a dash" };

export function path(description: string, example: string) {
  return Type.String({ description, ...pathOptions, examples: [example] });
}

export const chipLabel = Type.String({
  description: "The GPIO chip's label, as gpiodetect prints it.",
  pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$",
  expected: "a chip's label, such as pinctrl-bcm2835",
  default: "pinctrl-bcm2835",
});

export const gpioLine = (value: number) => wholeNumber("The line's number on that chip.", 0, 511, value);

/** Something that may be wired to an input. */
export function gpioInput(what: string, line: number, activeLow: { readonly says: string; readonly value: boolean }) {
  return oneOfKinds(`${what}.`, "none", [
    section("There is none.", { kind: Type.Literal("none") }),
    section("On a GPIO line, through the kernel's character device.", {
      kind: Type.Literal("gpio"),
      chipLabel,
      line: gpioLine(line),
      activeLow: toggle(activeLow.says, activeLow.value),
      bias: Type.Enum(["as_is", "pull_up", "pull_down", "disabled"], {
        description: "The chip's own pull resistor; as_is leaves it to the board's settings, or to one that is wired.",
        default: "pull_up",
      }),
    }),
  ]);
}
