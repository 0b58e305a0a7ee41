// What Papercups cannot show as it is written, and the same text as it can: without the emoji that it draws as broken
// pictures, and with each right-to-left line in an isolate, for it writes from left to right only.

import { PICTURE } from "./chat_markdown.js";

// Where a picture would not be one, or taking it out would break something: code, a link's target, <…>, a placeholder, a
// character after a backslash, an address.
const KEPT = /(`+)[^]*?\1|\]\([^)\n]*\)|<[a-z][^>\n]*>|\{\{[^}\n]*\}\}|\\[^]/;
const TOKEN = new RegExp(`${KEPT.source}|${PICTURE.source}`, "gu");
const WORD = /[\p{L}\p{N}]/u;

// Taken out with its space; inside a word, as in "Status:open", kept apart instead, so that no letter is lost.
export function withoutPictures(text) {
  let out = "", from = 0;
  for (const match of text.matchAll(TOKEN)) {
    const { picture } = match.groups, end = match.index + match[0].length;
    if (!picture)
      continue;
    out += text.slice(from, match.index);
    from = end;
    const before = WORD.test(out.at(-1) ?? ""), after = WORD.test(text[end] ?? "");
    if (picture[0] === ":" && (before || after) && ((before && after) || WORD.test(picture.slice(1))))
      out += ": " + picture.slice(1);
    else if (before && after)
      out += " ";
    else if (/(^|\s)$/.test(out) && text[end] === " ")
      from++;
    else if (out.endsWith(" ") && !after)
      out = out.slice(0, -1);
  }
  return out + text.slice(from);
}

const FENCE = /^ {0,3}(?:```|~~~)/;
const LINE = /^(\s*(?:(?:>|[-*+]|\d{1,9}[.)]|#{1,6})\s+|>)*)(.*?)(\s*)$/;
const NO_TEXT = /`[^`]*`|\]\([^)]*\)|<[a-z][^>]*>|\{\{[^}]*\}\}|https?:\S*/gi;
const RTL = /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const ISOLATE = "\u2067", END = "\u2069";

function isolated(line) {
  const [, before, text, after] = line.match(LINE);
  if (text.startsWith(ISOLATE) || !RTL.test(text.replace(NO_TEXT, "")))
    return line;
  // An address at the end would take the mark up.
  return before + ISOLATE + text + (/(?<![(<])https?:\S*$/.test(text) ? " " : "") + END + after;
}

// Each line by itself: a line break ends an isolate. What begins a list, a heading or a quote stays in front.
export function withDirection(text) {
  let inCode = false;
  return text.split("\n").map((line) => {
    inCode = inCode !== FENCE.test(line);
    return inCode || FENCE.test(line) ? line : isolated(line);
  }).join("\n");
}
