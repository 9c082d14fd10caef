// The configuration with every setting, its default and its limits, as commented YAML.
import Type from "typebox";
import { defaultOf, isChoice, kindOf } from "./check.ts";
import { expectationOf } from "./expectation.ts";
import { configSchema } from "./schema.ts";

interface Annotations {
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

/** YAML that parses to the default configuration and explains every setting; alternatives are commented out. */
export function exampleYaml(): string {
  const lines = ["# Facelatch: every setting with its default. What is left out keeps its default."];
  for (const [key, schema] of Object.entries(configSchema.properties)) {
    lines.push("", `# ${(schema as Annotations).description}`, ...settingLines(key, schema));
  }
  return `${lines.join("\n")}\n`;
}

function settingLines(key: string, schema: Type.TSchema): string[] {
  if (isChoice(schema)) return choiceLines(key, schema);
  if (Type.IsObject(schema)) return [`${key}:`, ...indented(fieldLines(schema))];
  const { examples } = schema as Annotations;
  const value = defaultOf(schema);
  if (value === undefined) return [`${key}: ${JSON.stringify(examples?.[0])}`];
  const line = `${key}: ${JSON.stringify(value)}`;
  return examples === undefined ? [line] : [line, `# ${key}: ${JSON.stringify(examples[0])}`];
}

function fieldLines(schema: Type.TObject): string[] {
  return Object.entries(schema.properties as Record<string, Type.TSchema>).flatMap(([key, field]) => {
    const { description } = field as Annotations;
    if (Type.IsLiteral(field)) return [`${key}: ${field.const}`];
    const limits =
      Type.IsObject(field) || Type.IsArray(field) || isChoice(field) ? "" : ` Expects ${expectationOf(field)}.`;
    return [`# ${description}${limits}`, ...settingLines(key, field)];
  });
}

function choiceLines(key: string, schema: Type.TUnion<Type.TObject[]>): string[] {
  const chosen = (defaultOf(schema) as { readonly kind: string }).kind;
  const variants = [...schema.anyOf].sort((a, b) => Number(kindOf(b) === chosen) - Number(kindOf(a) === chosen));
  return variants.flatMap((variant, index) => {
    const lines = [`${key}:`, ...indented([`# ${(variant as Annotations).description}`, ...fieldLines(variant)])];
    return index === 0 ? lines : ["#", ...lines.map((line) => `# ${line}`)];
  });
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
