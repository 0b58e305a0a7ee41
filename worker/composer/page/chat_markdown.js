// The part of Markdown that Papercups' widget draws, built as DOM nodes: HTML stays text, nothing is ever parsed as
// markup, and links lead only to http, https and mailto. markdown(text) returns a DocumentFragment. As in the widget, emoji
// are broken pictures (.picture), and a text has no direction but that of the page.

const DEPTH_MAX = 6; // quotes in lists in quotes …

function element(name, ...children) {
  const node = document.createElement(name);
  node.append(...children);
  return node;
}

function link(href, label) {
  let url;
  try {
    url = new URL(href);
  } catch {
    return null;
  }
  if (!["http:", "https:", "mailto:"].includes(url.protocol))
    return null;
  const node = element("a", label);
  node.href = url.href;
  node.target = "_blank";
  node.rel = "noopener noreferrer nofollow";
  return node;
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const ENTITY = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(amp|lt|gt|quot|apos));/y;

function entity([whole, decimal, hex, name]) {
  const point = parseInt(decimal ?? hex, decimal ? 10 : 16);
  return ENTITIES[name] ?? (point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole);
}

const plain = (text) => text.replace(new RegExp(ENTITY.source, "g"), (...match) => entity(match));

// What may begin inside a line, tried at each place in this order.
const INLINE = [
  [ENTITY, (match) => entity(match)],
  [/\\([\\`*{}[\]()#+\-.!_>~|])/y, ([, character]) => character], // before others the widget shows the backslash
  [/(`+)(?!`)([^]*?[^`])\1(?!`)/y, ([, , code]) => element("code", code.trim() || code)],
  [/!?\[((?:\\.|[^\]\\])*)\]\(\s*<?([^\s<>]*?)>?(?:\s+"[^"]*")?\s*\)/y, ([, label, href], depth) =>
    link(plain(href), inline(label || href, depth + 1))],
  [/<((?:https?:|mailto:)[^\s<>]+)>/iy, ([, href]) => link(plain(href), plain(href))],
  [/(\*\*|__)(?=\S)([^]*?\S)\1(?!\*)/y, ([, , text], depth) => element("strong", inline(text, depth + 1))],
  [/\*(?=[^\s*])([^]*?[^\s*])\*(?!\*)/y, ([, text], depth) => element("em", inline(text, depth + 1))],
  [/_(?=[^\s_])([^]*?[^\s_])_(?![\p{L}\p{N}_])/uy, ([, text], depth) => element("em", inline(text, depth + 1))],
  [/ *\n/y, () => element("br")],
];
const MAY_BEGIN = /[\\`!\[<*_\n &]/g;

function matchAt(text, at, depth) {
  // An underscore inside a word (snake_case) is a letter.
  if (text[at] === "_" && at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1]))
    return null;
  for (const [pattern, build] of INLINE) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const node = match && build(match, depth);
    if (node)
      return [node, match[0].length];
  }
  return null;
}

function inline(text, depth) {
  const out = document.createDocumentFragment();
  if (depth > DEPTH_MAX) {
    out.append(text);
    return out;
  }
  let shown = 0;
  for (let at = 0; at < text.length;) {
    MAY_BEGIN.lastIndex = at;
    const next = MAY_BEGIN.exec(text);
    if (!next)
      break;
    at = next.index;
    const found = matchAt(text, at, depth);
    if (!found) {
      at++;
      continue;
    }
    out.append(text.slice(shown, at), found[0]);
    at += found[1];
    shown = at;
  }
  out.append(text.slice(shown));
  return out;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})\s+(\S.*)?$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])\s+(?=\S)/;
const RULE = /^ {0,3}([-*_])\s*(?:\1\s*){2,}$/;

// Without what closes it, by hand: one pattern for all takes cubic time of a line with many spaces.
function headingText(text) {
  const line = text.trimEnd();
  let end = line.length;
  while (end && line[end - 1] === "#")
    end--;
  return line.slice(0, end).trimEnd();
}

function startsBlock(line) {
  return !line.trim() || [FENCE, HEADING, QUOTE, ITEM, RULE].some((pattern) => pattern.test(line));
}

// Takes lines from `lines` while `wanted` says so.
function takeWhile(lines, wanted) {
  const taken = [];
  while (lines.length && wanted(lines[0]))
    taken.push(lines.shift());
  return taken;
}

function takeCode(lines) {
  const fence = lines.shift().match(FENCE)[1];
  const code = takeWhile(lines, (line) => !line.trim().startsWith(fence));
  lines.shift();
  return element("pre", element("code", code.join("\n")));
}

function takeList(lines, depth) {
  const [, indent, mark] = lines[0].match(ITEM);
  const ordered = /\d/.test(mark);
  const list = element(ordered ? "ol" : "ul");
  if (ordered)
    list.start = parseInt(mark, 10);
  for (let item; lines.length && (item = lines[0].match(ITEM)) && item[1].length <= indent.length + 1;) {
    if (/\d/.test(item[2]) !== ordered || RULE.test(lines[0]))
      break;
    const inner = [lines.shift().slice(item[0].length)];
    inner.push(...takeWhile(lines, (line) =>
      line.search(/\S/) > indent.length + 1 || (line.trim() && !startsBlock(line))).map((line) =>
      line.slice(Math.min(line.search(/\S/), item[0].length))));
    list.append(element("li", ...blocks(inner, depth + 1, true)));
    if (lines.length > 1 && !lines[0].trim() && ITEM.test(lines[1]))
      lines.shift();
  }
  return list;
}

// `tight`: paragraphs of a list's item stand without a <p>.
function blocks(lines, depth, tight) {
  if (depth > DEPTH_MAX)
    return [lines.join("\n")];
  const out = [];
  while (lines.length) {
    const heading = lines[0].match(HEADING);
    if (!lines[0].trim() || RULE.test(lines[0])) {
      lines.shift();
    } else if (FENCE.test(lines[0])) {
      out.push(takeCode(lines));
    } else if (heading) {
      lines.shift();
      out.push(element("h" + heading[1].length, inline(headingText(heading[2] ?? ""), 0)));
    } else if (QUOTE.test(lines[0])) {
      const quoted = takeWhile(lines, (line) => QUOTE.test(line)).map((line) => line.replace(QUOTE, ""));
      out.push(element("blockquote", ...blocks(quoted, depth + 1)));
    } else if (ITEM.test(lines[0])) {
      out.push(takeList(lines, depth));
    } else {
      const text = [lines.shift(), ...takeWhile(lines, (line) => !startsBlock(line))].join("\n").trim();
      out.push(tight ? inline(text, 0) : element("p", inline(text, 0)));
    }
  }
  return out;
}

// What the widget makes pictures of, whose address is gone: emoji up to those of 2017 (it leaves later ones as they are),
// emoticons wherever they stand but in an address, and some 4,000 names between colons; here any word may be one.
const LATER = "[\\u{1F6D5}-\\u{1F6DF}\\u{1F6F9}-\\u{1F6FF}\\u{1F7E0}-\\u{1F7FF}\\u{1F90C}-\\u{1F90F}\\u{1F93F}\\u{1F94D}-\\u{1F94F}" +
  "\\u{1F96C}-\\u{1F97F}\\u{1F998}-\\u{1F9BF}\\u{1F9C1}-\\u{1F9CF}\\u{1F9E7}-\\u{1FAFF}]";
const EMOJI = `(?!${LATER})(?:\\p{Emoji}\\uFE0F\\u20E3?|\\p{Emoji_Presentation}|\\p{Emoji_Modifier_Base})` +
  "[\\p{Emoji_Modifier}\\uFE0F\\u{E0020}-\\u{E007F}]*";
const PICTURES = [
  /:(?:[a-z][a-z0-9_+-]*|[+-]1|\d|100?|1234):/,
  /:-?[()DPpOo|\/*@$]|:(?:,?'|,)-?[()D]|:-?"\)|:[sz]|:-[SZ]|;-?[()]|<[\/\\]?3|[8BxX]-\)/,
  { source: `[\\u{1F1E6}-\\u{1F1FF}]{2}|${EMOJI}(?:\\u200D${EMOJI})*` },
].map(({ source }) => source).join("|");

// Each match is a picture, or an address, in which there is none (then without its group).
export const PICTURE = new RegExp(`https?:\\S*|(?<picture>${PICTURES})`, "gu");

function picture(text) {
  const node = element("span", text);
  node.className = "picture";
  node.title = "A broken picture in Papercups";
  return node;
}

function drawPictures(out) {
  out.normalize();
  const walker = document.createTreeWalker(out, NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode())
    if (!walker.currentNode.parentNode.closest?.("code"))
      texts.push(walker.currentNode);
  for (const node of texts) {
    const pieces = [];
    let shown = 0;
    for (const { groups, index } of node.data.matchAll(PICTURE)) {
      if (!groups.picture)
        continue;
      pieces.push(node.data.slice(shown, index), picture(groups.picture));
      shown = index + groups.picture.length;
    }
    if (shown)
      node.replaceWith(...pieces, node.data.slice(shown));
  }
}

export function markdown(text) {
  const out = document.createDocumentFragment();
  out.append(...blocks(text.replace(/\r\n?/g, "\n").split("\n"), 0, false));
  drawPictures(out);
  return out;
}
