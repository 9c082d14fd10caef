// What a schema expects and what a YAML node holds, in words.
import Type from "typebox";
import { isAlias, isMap, isScalar, isSeq, type Node } from "yaml";

const shownCharactersMax = 60;

/** The words in which a schema's annotations and limits are told. */
interface Annotations {
  readonly expected?: string;
  readonly secret?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** What a schema accepts, such as "a whole number from 1 to 30". */
export function expectationOf(schema: Type.TSchema): string {
  const { expected, minimum, maximum, minItems, maxItems, minLength, maxLength } = schema as Annotations;
  if (expected !== undefined) return expected;
  if (Type.IsObject(schema)) return "a section";
  if (Type.IsUnion(schema)) return schema.anyOf.map(expectationOf).join(" or ");
  if (Type.IsEnum(schema)) return `one of ${schema.enum.join(", ")}`;
  if (Type.IsLiteral(schema)) return String(schema.const);
  if (Type.IsNull(schema)) return "null";
  if (Type.IsBoolean(schema)) return "true or false";
  if (Type.IsArray(schema)) return `a list of ${minItems ?? 0} to ${maxItems ?? "any number of"} different items`;
  if (Type.IsInteger(schema)) return `a whole number from ${minimum} to ${maximum}`;
  if (Type.IsNumber(schema)) return `a number from ${minimum} to ${maximum}`;
  return `a text of ${minLength ?? 0} to ${maxLength ?? "any number of"} characters`;
}

/** What a node holds, shortened; never the value of a secret. */
export function contentOf(node: Node | null, schema: Type.TSchema): string {
  if (node === null) return "nothing";
  if (isMap(node)) return "a section";
  if (isSeq(node)) return "a list";
  if (isAlias(node)) return "an alias";
  const value = isScalar(node) ? node.value : undefined;
  if (value === null || value === undefined) return "nothing";
  if ((schema as Annotations).secret === true) return "a value that is not shown";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}...`;
}
