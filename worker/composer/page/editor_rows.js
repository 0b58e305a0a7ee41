// The editor's lists: quick replies, metadata, placeholders. Each function draws one from the form; `changed` is called after
// every change of it.

import { button, find, make } from "./dom.js";
import { placeholdersOf } from "./placeholders.js";
import { draftOf } from "./form.js";

const REPLIES_MAX = 10;
const TYPES = { text: "text", number: "number", url: "link (https)" };

function input(id, label, value, onchange, properties = {}) {
  return make("div", { className: "field" }, make("label", { htmlFor: id }, label),
    make("input", { id, value, oninput: (event) => onchange(event.target.value), ...properties }));
}

function select(id, label, value, options, onchange) {
  return make("div", { className: "field" }, make("label", { htmlFor: id }, label),
    make("select", { id, onchange: (event) => onchange(event.target.value) },
      ...Object.entries(options).map(([name, text]) => make("option", { value: name, selected: name === value }, text))));
}

// After a row has gone, the focus is at the next one, or at the button that adds one.
function removed(list, index, add) {
  const next = find(list).children[Math.min(index, find(list).children.length - 1)];
  (next?.querySelector("input") ?? find(add)).focus();
}

export function drawReplies(form, changed) {
  const again = () => drawReplies(form, changed);
  find("replies").replaceChildren(...form.replies.map((reply, index) => {
    const up = button("Up", () => {
      form.replies.splice(index - 1, 2, reply, form.replies[index - 1]);
      again();
      changed();
      find(`reply-${index - 1}`).focus();
    }, { "aria-label": `Move quick reply ${index + 1} up`, hidden: index === 0 });
    const remove = button("Remove", () => {
      form.replies.splice(index, 1);
      again();
      changed();
      removed("replies", index, "add-reply");
    }, { "aria-label": `Remove quick reply ${index + 1}` });
    return make("li", { className: "row", "data-field": `quick_replies[${index}]` },
      input(`reply-${index}`, `Text ${index + 1}`, reply.text, (text) => {
        reply.text = text;
        changed();
      }, { maxLength: 80 }),
      input(`action-${index}`, `Action ${index + 1}`, reply.action, (text) => {
        reply.action = text;
        changed();
      }, { maxLength: 255, placeholder: "the text", spellcheck: false }),
      make("div", { className: "buttons" }, up, remove));
  }));
  find("add-reply").disabled = form.replies.length >= REPLIES_MAX;
  find("add-reply").onclick = () => {
    form.replies.push({ text: "", action: "" });
    again();
    changed();
    find(`reply-${form.replies.length - 1}`).focus();
  };
}

export function drawMetadata(form, changed) {
  const again = () => drawMetadata(form, changed);
  find("metadata").replaceChildren(...form.metadata.map((row, index) =>
    make("li", { className: "row", "data-field": `metadata.${index}` },
      input(`metadata-${index}`, `Name ${index + 1}`, row.name, (text) => {
        row.name = text;
        changed();
      }, { spellcheck: false }),
      input(`value-${index}`, `Value ${index + 1}`, row.value, (text) => {
        row.value = text;
        changed();
      }),
      select(`kind-${index}`, `Kind ${index + 1}`, row.json ? "json" : "text", { text: "text", json: "JSON" }, (kind) => {
        row.json = kind === "json";
        changed();
      }),
      make("div", { className: "buttons" }, button("Remove", () => {
        form.metadata.splice(index, 1);
        again();
        changed();
        removed("metadata", index, "add-metadata");
      }, { "aria-label": `Remove metadata ${index + 1}` })))));
  find("add-metadata").onclick = () => {
    form.metadata.push({ name: "", value: "", json: false });
    again();
    changed();
    find(`metadata-${form.metadata.length - 1}`).focus();
  };
}

// A placeholder that is used gets a row by itself. One that is not used any more loses it; its type and default stay in the form, for
// when it comes back.
export function drawPlaceholders(form, changed) {
  const names = placeholdersOf(draftOf(form)), shown = find("placeholders").dataset.names;
  if (shown === JSON.stringify(names) && changed === drawPlaceholders.last)
    return;
  drawPlaceholders.last = changed;
  find("placeholders").dataset.names = JSON.stringify(names);
  find("placeholders-set").hidden = names.length === 0;
  find("placeholders").replaceChildren(...names.map((name, index) => {
    const placeholder = form.placeholders[name] ??= { type: "text" };
    return make("li", { className: "row", "data-field": `blanks.${name}` },
      make("p", { className: "placeholder" }, make("code", {}, `{{${name}}}`)),
      select(`placeholder-${index}`, `Kind of ${name}`, placeholder.type, TYPES, (type) => {
        placeholder.type = type;
        changed();
      }),
      input(`default-${index}`, `Default of ${name}`, placeholder.default ?? "", (text) => {
        placeholder.default = text;
        changed();
      }, { maxLength: 2000, placeholder: "none: has to be filled in" }));
  }));
}
