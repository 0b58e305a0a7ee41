// A message as its form holds it, and as its file does. What the form cannot show as text (nested metadata) is kept as
// JSON, so that nothing of a file is lost by saving it from here.

import { placeholdersOf } from "./placeholders.js";

const UNITS = [86400, 3600, 60, 1];

function durationOf(seconds) {
  const unit = UNITS.find((one) => seconds % one === 0) ?? 1;
  return seconds ? { count: String(seconds / unit), unit: String(unit) } : { count: "", unit: "3600" };
}

export function formOf(message) {
  return {
    body: message.body ?? "",
    replies: (message.quick_replies ?? []).map((reply) =>
      typeof reply === "string" ? { text: reply, action: "" } : { text: reply.text ?? "", action: reply.action ?? "" }),
    metadata: Object.entries(message.metadata ?? {}).map(([name, value]) =>
      ({ name, value: typeof value === "string" ? value : JSON.stringify(value), json: typeof value !== "string" })),
    ttl: message.ttl === undefined ? "" : String(message.ttl),
    within: durationOf(message.deliver_within),
    placeholders: structuredClone(message.blanks ?? {}),
  };
}

// A mistake that the form itself can see; `field` is the gate's name of the place.
export class Mistake extends Error {
  constructor(field, text) {
    super(text);
    this.field = field;
  }
}

function numberOf(text, field, what) {
  if (!/^\d+$/.test(text))
    throw new Mistake(field, `${what}: write a whole number of seconds, minutes, hours or days, or leave it empty.`);
  return Number(text);
}

function metadataOf(rows) {
  const metadata = {};
  rows.forEach((row, index) => {
    if (!row.name)
      throw new Mistake(`metadata.${index}`, "This metadata needs a name; or remove it.");
    if (Object.hasOwn(metadata, row.name))
      throw new Mistake(`metadata.${index}`, `There are two of the name "${row.name}": rename or remove one.`);
    let value = row.value;
    try {
      value = row.json ? JSON.parse(row.value) : row.value;
    } catch {
      throw new Mistake(`metadata.${index}`, 'This is not JSON: fix it, or choose "text".');
    }
    Object.defineProperty(metadata, row.name, { value, enumerable: true, configurable: true, writable: true });
  });
  return metadata;
}

const replyOf = ({ text, action }) => action ? { text, action } : text;

// For the preview: never throws, what is wrong is left out.
export function draftOf(form) {
  const message = { body: form.body, quick_replies: form.replies.filter((one) => one.text).map(replyOf) };
  message.metadata = Object.fromEntries(form.metadata.filter((row) => row.name).map((row) => [row.name, row.value]));
  message.blanks = {};
  for (const name of placeholdersOf(message))
    message.blanks[name] = form.placeholders[name] ?? { type: "text" };
  return message;
}

// As it is saved; throws a Mistake.
export function messageOf(form) {
  const message = { body: form.body };
  if (!form.body.trim())
    throw new Mistake("body", "Nothing is written yet: say something to the customer.");
  form.replies.forEach((reply, index) => {
    if (!reply.text.trim())
      throw new Mistake(`quick_replies[${index}]`, "This quick reply has no text: write one, or remove it.");
  });
  if (form.replies.length)
    message.quick_replies = form.replies.map(replyOf);
  if (form.metadata.length)
    message.metadata = metadataOf(form.metadata);
  if (form.ttl !== "")
    message.ttl = numberOf(form.ttl, "ttl", "Signature valid");
  if (form.within.count !== "")
    message.deliver_within = numberOf(form.within.count, "deliver_within", "Deliver within") *
      Number(form.within.unit);
  const names = placeholdersOf(message);
  if (names.length)
    message.blanks = Object.fromEntries(names.map((name) => [name, placeholderOf(form.placeholders[name])]));
  return message;
}

function placeholderOf(placeholder) {
  const { type = "text", default: value } = placeholder ?? {};
  return value === undefined || value === "" ? { type } : { type, default: value };
}
