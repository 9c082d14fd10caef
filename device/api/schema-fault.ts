// What a request has wrong by its schema, in words that tell what is allowed instead.

/** Of an error of typebox or ajv. */
interface SchemaFault {
  readonly keyword: string;
  readonly message?: string | undefined;
  readonly params: object;
}

/** More values than these are looked up in the description. */
const valuesMax = 12;

/** Stands after what it is about, such as "/level". */
export function faultWords({ keyword, message, params }: SchemaFault): string {
  const { allowedValues } = params as { readonly allowedValues?: readonly unknown[] };
  if (allowedValues !== undefined) {
    return allowedValues.length > valuesMax
      ? "must be one of the values that /openapi.json lists"
      : `must be one of ${allowedValues.join(", ")}`;
  }
  if (keyword === "boolean" || keyword === "false schema") return "is not known here";
  return message ?? "is not valid";
}
