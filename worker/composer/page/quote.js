// Any text as a literal of a language: what stands in it is never read as code. Characters that cannot be seen, or that
// turn the direction of writing around, are written as escapes, so that code reads as it runs.

const SIMPLE = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"' };
const ESCAPED = /["\\\p{C}\p{Zl}\p{Zp}]/gu;
const hex = (number, digits) => number.toString(16).padStart(digits, "0");
const units = (text) => [...Array(text.length).keys()].map((at) => "\\u" + hex(text.charCodeAt(at), 4)).join("");

function doubleQuoted(text, beyond) {
  return '"' + text.replace(ESCAPED, (one) => SIMPLE[one] ??
    (one.length === 1 ? units(one) : beyond(one))) + '"';
}

export const python = (text) => doubleQuoted(text, (one) => "\\U" + hex(one.codePointAt(0), 8));
export const go = python;
export const node = (text) => doubleQuoted(text, (one) => `\\u{${hex(one.codePointAt(0), 1)}}`);
// Java reads \u before it reads anything else: two of them for what is beyond 16 bits, and never one for a line's end.
export const java = (text) => doubleQuoted(text, units);
// The shell has no escapes between single quotes: what cannot be seen stays as it is.
export const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// JSON whose every character can be seen.
export const json = (value) => JSON.stringify(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, units);

function nested(value, quote, words, nameOf, indent) {
  const inner = indent + "  ";
  const list = (parts, open, close) => parts.length ?
    `${open}\n${inner}${parts.join(",\n" + inner)},\n${indent}${close}` : open + close;
  if (typeof value === "string")
    return quote(value);
  if (Array.isArray(value))
    return list(value.map((one) => nested(one, quote, words, nameOf, inner)), "[", "]");
  if (value && typeof value === "object")
    return list(Object.entries(value).map(([name, one]) =>
      `${nameOf(name)}: ${nested(one, quote, words, nameOf, inner)}`), "{", "}");
  return words[String(value)] ?? String(value);
}

// A JSON value as Python's dicts and lists, and as a JavaScript object.
export const pythonValue = (value) =>
  nested(value, python, { true: "True", false: "False", null: "None" }, python, "");
export const nodeValue = (value) =>
  nested(value, node, {}, (name) => name === "__proto__" ? '["__proto__"]' : node(name), "");
