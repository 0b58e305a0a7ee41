// Placeholders in a message, and what the preview shows in their place. The gate fills them in for good, by the same rules:
// text that goes into the body is escaped as Markdown, so that a customer's name is never a link.

const PLACEHOLDER = /\\\{\{|\{\{([a-z0-9][a-z0-9_-]{0,62})\}\}/g;
const MARKDOWN = /[\\`*{}[\]()#+\-.!_>~|<&:]/g;

function textsOf(value) {
  if (typeof value === "string")
    return [value];
  return value && typeof value === "object" ? Object.values(value).flatMap(textsOf) : [];
}

// The names of the placeholders of a message as it is kept, in the order in which they are met.
export function placeholdersOf(message) {
  const names = new Set();
  for (const text of textsOf([message.body ?? "", message.quick_replies ?? [], message.metadata ?? {}]))
    for (const [, name] of text.matchAll(PLACEHOLDER))
      if (name !== undefined)
        names.add(name);
  return [...names];
}

// Papercups takes a backslash for one before these; before the last three of MARKDOWN it would show it.
const escaped = (one) => "<&:".includes(one) ? `&#${one.charCodeAt(0)};` : "\\" + one;

function escapeUrl(text) {
  return text.trim().replace(/[\s"'()<>\\`]/g, (one) => "%" + one.charCodeAt(0).toString(16).toUpperCase());
}

function fillText(text, placeholders, values, inBody) {
  return text.replace(PLACEHOLDER, (whole, name, at) => {
    if (name === undefined)
      return "{{";
    const placeholder = placeholders?.[name];
    const value = values[name] || placeholder?.default;
    if (value === undefined || value === "")
      return `‹${name}›`;
    if (placeholder?.type === "url")
      return !inBody || /(?:\]\(|<)$/.test(text.slice(0, at)) ? escapeUrl(value) : `<${escapeUrl(value)}>`;
    return inBody ? String(value).replace(MARKDOWN, escaped) : String(value);
  });
}

function fillAll(value, fill) {
  if (typeof value === "string")
    return fill(value);
  if (Array.isArray(value))
    return value.map((one) => fillAll(one, fill));
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fillAll(one, fill)]));
  return value;
}

// {body, quick_replies, metadata} with `values`, the defaults, or ‹name› in the placeholders' places.
export function fill(message, values = {}) {
  const plain = (text) => fillText(text, message.blanks, values, false);
  return {
    body: fillText(message.body ?? "", message.blanks, values, true),
    quick_replies: fillAll(message.quick_replies ?? [], plain),
    metadata: fillAll(message.metadata ?? {}, plain),
  };
}
