// The editor of one message: its form, saving, and what happens when somebody else saved it meanwhile.

import { clearErrors, find, make, button, show, showError } from "./dom.js";
import { gate } from "./api.js";
import { fill } from "./placeholders.js";
import { draftOf, formOf, messageOf } from "./form.js";
import { draftOfKey, dropDraft, isNew, listedMessage, openDraft, putDraft } from "./drafts.js";
import { drawPlaceholders, drawMetadata, drawReplies } from "./editor_rows.js";
import { newPreview } from "./preview.js";

const NAME = /^[a-z0-9-]{1,64}$/;
const editor = find("editor");
const drawPreview = newPreview(find("editor-preview"), { get: () => draft.form.body, set: setBody });
let key = null, draft = null, after = null;
let note = {}; // what is to be said of one key, until something is written

export const editedKey = () => key;

function changed() {
  note = {};
  putDraft(key, draft);
  drawPlaceholders(draft.form, changed);
  drawPreview(fill(draftOf(draft.form)));
  drawState();
  after.draftChanged();
}

function setBody(text) {
  find("body").value = draft.form.body = text;
  changed();
  find("body").focus();
}

function drawState() {
  if (key === null)
    return;
  const kept = draftOfKey(key) !== undefined;
  find("discard").hidden = !kept;
  find("to-sign").hidden = isNew(key);
  find("to-sign").href = "#sign/" + key;
  for (const id of ["rename", "delete"])
    find(id).hidden = isNew(key);
  find("editor-state").textContent = note.key === key ? note.text : kept ? "Not saved yet. Kept in this tab." : "";
}

function drawForm() {
  const { form } = draft;
  find("editor-title").textContent = isNew(key) ? "New message" : key;
  find("name").parentElement.hidden = !isNew(key);
  find("name").value = draft.name;
  find("body").value = form.body;
  find("ttl").value = form.ttl;
  find("within").value = form.within.count;
  find("within-unit").value = form.within.unit;
  find("metadata-set").open = form.metadata.length > 0;
  find("placeholders").dataset.names = "";
  drawReplies(form, changed);
  drawMetadata(form, changed);
  drawPlaceholders(form, changed);
  drawPreview(fill(draftOf(form)));
  drawState();
}

// A file that changed under a draft: what is there now, and the ways on. Nothing is lost in any of them.
function drawConflict({ message, version, broken }) {
  const theirs = find("conflict");
  const choose = (text, act) => button(text, () => {
    theirs.hidden = true;
    act();
  });
  const now = broken ? `The file is broken now (${broken}), and is not overwritten: fix it, or keep both.` :
    message ? "This is saved now." : "The file is gone now.";
  const ways = [choose("Keep both: save mine as a new one", () => after.keepBoth(key))];
  if (!broken)
    ways.unshift(choose("Save mine instead", () => {
      draft.version = message ? version : "";
      save();
    }));
  ways.push(choose("Take theirs", () => {
    const taken = key;
    dropDraft(key);
    closeEditor();
    after.open(message || broken ? taken : "");
  }));
  theirs.replaceChildren(make("h3", {}, "Somebody else changed this message"),
    make("p", {}, now + " Yours is below, as you wrote it; nothing is lost."));
  if (message)
    theirs.append(make("pre", { tabIndex: 0, role: "region", "aria-label": "What is saved now" },
      JSON.stringify(message, null, 2)));
  theirs.append(make("div", { className: "actions" }, ...ways));
  theirs.hidden = false;
  theirs.querySelector("button").focus();
}

async function save() {
  clearErrors(editor);
  show(find("editor-error"), "");
  const saving = key, name = isNew(key) ? draft.name : key;
  try {
    if (!NAME.test(name)) {
      showError(editor, find("editor-error"), "Write a name of a-z, 0-9 and -, at most 64 characters.", "name");
      return;
    }
    const written = JSON.stringify(draft), message = messageOf(draft.form);
    const saved = await gate.save(name, draft.version, message);
    const more = key === saving && JSON.stringify(draft) !== written ? draft : null;
    dropDraft(saving);
    if (more) // something was written while it was being saved
      putDraft(name, { ...more, name, version: saved.version });
    else if (key === name) // the form stays as it is, with the focus where it is
      draft = { name, version: saved.version, form: draft.form };
    note = more ? {} : { key: name, text: `Saved: ${name}.json` };
    await after.saved(saving, name);
    drawState();
  } catch (error) {
    if (error.status === 409 && isNew(saving))
      showError(editor, find("editor-error"), error.message, "name");
    else if (error.status === 409)
      drawConflict(error.data);
    else
      showError(editor, find("editor-error"), error.message, error.field);
  }
}

// Shows what is to be edited under `key`; false when there is no such thing.
export function edit(wanted) {
  const opened = openDraft(wanted);
  if (!opened)
    return false;
  if (key !== wanted) {
    clearErrors(editor);
    show(find("editor-error"), "");
    find("conflict").hidden = true;
  }
  key = wanted;
  draft = opened;
  drawForm();
  return true;
}

// The list was read again. A form without a draft follows its file; one with a draft is told, once it is saved.
export function listChanged() {
  const file = key === null || isNew(key) ? null : listedMessage(key);
  if (file === null || !draft)
    return;
  if (draftOfKey(key) === undefined) {
    if (file?.message && file.version !== draft.version) {
      draft = { name: key, version: file.version, form: formOf(file.message) };
      if (note.key !== key) // not what was saved right here
        note = { key, text: "The file was changed elsewhere: this is what it says now." };
      drawForm();
    }
  } else if (file?.version !== draft.version) {
    note = { key, text: "Not saved yet, and the file was changed elsewhere: on saving you are asked." };
    drawState();
  }
}

export function closeEditor() {
  key = draft = null;
}

// What the editor asks of the list: draftChanged(), saved(key, name), keepBoth(key), open(key).
export function startEditor(callbacks) {
  after = callbacks;
  const field = (id, set) => find(id).addEventListener("input", (event) => {
    set(event.target.value);
    changed();
  });
  field("name", (text) => draft.name = text);
  field("body", (text) => draft.form.body = text);
  field("ttl", (text) => draft.form.ttl = text);
  field("within", (text) => draft.form.within.count = text);
  field("within-unit", (text) => draft.form.within.unit = text);
  editor.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s" && !editor.hidden && editor.offsetParent) {
      event.preventDefault();
      save();
    }
  });
}
