import { z } from 'zod';
import { givenTwice, type Form } from './form.ts';

/**
 * The flat form of parameters (contract §1.4): `A.0.B=1` for `{A: [{B: 1}]}`, all values texts. The schema's shape tells
 * what a text was before. What fits no shape stays what it is, so that the schema refuses it as it refuses JSON and
 * one place ranks the faults.
 */

/** A text, or members by name. */
type Node = string | Map<string, Node>;

/** Deepest name that is taken apart, in parts; the rest of a deeper one stays one name and is unknown. */
const maxParts = 10;
/** Lists are cut here before a schema sees them; none may be as long. */
const maxEntries = 1000;

/**
 * The parameters of a form as the data that JSON would have carried. Cost and result are bounded by the form's size,
 * whatever indexes and names it holds.
 * @throws {ApiError} InvalidRequest when a name has a value and members.
 */
export const unflatten = (schema: z.ZodType, form: Form): unknown => typed(treeOf(form), schema);

function treeOf(form: Form): Node {
  const root = new Map<string, Node>();
  for (const [name, value] of form) {
    const parts = partsOf(name);
    const last = parts.pop() ?? name;
    const parent = parts.reduce((node, part) => childMap(node, part, name), root);
    if (parent.has(last)) throw givenTwice(name);
    parent.set(last, value);
  }
  return root;
}

function partsOf(name: string): string[] {
  const parts = name.split('.', maxParts);
  const taken = parts.join('.').length;
  return taken === name.length ? parts : [...parts.slice(0, -1), `${parts.at(-1)}${name.slice(taken)}`];
}

function childMap(node: Map<string, Node>, part: string, name: string): Map<string, Node> {
  const child = node.get(part) ?? new Map<string, Node>();
  if (typeof child === 'string') throw givenTwice(name);
  node.set(part, child);
  return child;
}

function typed(node: Node, schema: z.ZodType): unknown {
  const shape = bare(schema);
  if (typeof node === 'string') return fromText(node, shape);
  if (shape instanceof z.ZodArray) return listFrom(node, shape.element as z.ZodType);
  // Members of what has none are of a wrong type, whatever they are.
  if (!(shape instanceof z.ZodObject)) return {};
  const members = shape.shape as Readonly<Record<string, z.ZodType>>;
  // fromEntries defines own properties, `__proto__` too; the schema then finds it unknown.
  return Object.fromEntries([...node].map(([name, child]) => [name, member(members, name, child)]));
}

/** The value of an unknown member is of no interest: the schema refuses its name. */
const member = (members: Readonly<Record<string, z.ZodType>>, name: string, child: Node): unknown =>
  Object.hasOwn(members, name) && members[name] ? typed(child, members[name]) : '';

/** The entries 0, 1, … as far as they go. A gap becomes a missing entry and ends the list, so no index costs memory. */
function listFrom(entries: ReadonlyMap<string, Node>, element: z.ZodType): unknown {
  if (![...entries.keys()].every((index) => /^(0|[1-9]\d*)$/.test(index))) return {};
  const list: unknown[] = [];
  for (let index = 0; index < Math.min(entries.size, maxEntries); index++) {
    const entry = entries.get(String(index));
    if (entry === undefined) return [...list, undefined];
    list.push(typed(entry, element));
  }
  return list;
}

/** The schema without what only says that a value may be absent. */
function bare(schema: z.ZodType): z.ZodType {
  const optional = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable;
  return optional ? bare(schema.unwrap() as z.ZodType) : schema;
}

function fromText(text: string, shape: z.ZodType): unknown {
  if (shape instanceof z.ZodNumber && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) return Number(text);
  if (shape instanceof z.ZodBoolean) return booleans.get(text) ?? text;
  return text;
}

/** As the Node and Go SDKs write them, and as Python does. */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
]);
