// The view of all messages: the list, which follows the files, and new, rename, duplicate, delete.

import { ask, find, make } from "./dom.js";
import { gate } from "./api.js";
import { formOf } from "./form.js";
import {
  addDraft, draftOfKey, dropDraft, hasDrafts, isNew, keepDrafts, listedMessage, listedMessages, moveDraft, newDrafts,
  openDraft, setListed,
} from "./drafts.js";
import { closeEditor, edit, editedKey, listChanged, startEditor } from "./editor.js";

const LOOK_AGAIN_MS = 3000;
const NAME = /^[a-z0-9-]{1,64}$/;
const NAME_RULE = "Write a name of a-z, 0-9 and -, at most 64 characters.";
let visible = false, onList = () => {};

function entry(key, text, mark) {
  const link = make("a", { href: "#messages/" + key }, text);
  if (mark)
    link.append(" ", make("span", { className: "mark" + (mark === "broken" ? " bad" : "") }, mark));
  if (key === location.hash.slice("#messages/".length))
    link.setAttribute("aria-current", "true");
  return make("li", {}, link);
}

function drawList() {
  const focused = document.activeElement?.closest?.("#list a")?.hash;
  find("list").replaceChildren(
    ...newDrafts().map(([key, draft]) => entry(key, draft.name || "New message", "not saved")),
    ...listedMessages().map(({ name, broken }) =>
      entry(name, name, broken ? "broken" : draftOfKey(name) && "not saved")));
  if (focused)
    [...find("list").querySelectorAll("a")].find((link) => link.hash === focused)?.focus();
}

function draw(key) {
  const broken = listedMessage(key)?.broken;
  const editing = Boolean(key) && !broken && edit(key);
  if (!editing)
    closeEditor();
  find("broken").hidden = !broken;
  find("broken-why").textContent = broken ? `${key}.json: ${broken}` : "";
  find("editor").hidden = find("editor-preview").hidden = !editing;
  find("nothing").hidden = Boolean(broken) || editing;
  find("nothing-text").textContent = key ? `There is no message of the name ${key} (any more). Choose another one.` :
    listedMessages().length ? "Choose a message, or write a new one." : "No message is here yet: write the first one.";
  drawList();
}

export async function readMessages() {
  const before = editedKey();
  if (!setListed(await gate.messages()))
    return;
  onList();
  const key = location.hash.startsWith("#messages/") ? location.hash.slice("#messages/".length) : "";
  if (visible && (before !== key || (key && !isNew(key) && !listedMessage(key)?.message && !draftOfKey(key))))
    draw(key);
  listChanged();
  drawList();
}

function go(key) {
  const hash = "#messages" + (key ? "/" + key : "");
  if (location.hash === hash)
    draw(key);
  else
    location.hash = hash;
}

function duplicate(key) {
  const { form, name } = openDraft(key);
  let copy = (isNew(key) ? name : key).slice(0, 58) + "-copy";
  for (let number = 2; listedMessage(copy); number++)
    copy = copy.replace(/-copy.*$/, "-copy" + number);
  go(addDraft({ name: copy, version: "", form: structuredClone(form) }));
}

async function rename() {
  const from = editedKey(), version = listedMessage(from)?.version ?? openDraft(from).version;
  const to = await ask({
    title: "Rename " + from, label: "New name", value: from, yes: "Rename",
    text: "Programs that send it by its name have to say the new one from then on.",
    check: async (name) => {
      if (!NAME.test(name))
        return NAME_RULE;
      if (name === from)
        return "This is its name already: write another one, or cancel.";
      return gate.rename(from, name, version).then(() => null, (error) => error.message);
    },
  });
  if (!to)
    return;
  moveDraft(from, to);
  await readMessages();
  go(to);
}

async function remove() {
  const name = editedKey(), version = listedMessage(name)?.version ?? openDraft(name).version;
  const sure = await ask({
    title: `Delete ${name}?`, yes: "Delete", danger: true,
    text: "Its file is removed. What was sent already stays where it is.",
    check: () => gate.remove(name, version).then(() => null, (error) => error.message),
  });
  if (!sure)
    return;
  dropDraft(name);
  await readMessages();
  go("");
}

export function showMessages(key) {
  visible = true;
  draw(key);
  if (key && !find("editor").hidden)
    find(isNew(key) ? "name" : "editor-title").focus();
}

export function hideMessages() {
  visible = false;
}

export function startMessages(listCallback) {
  onList = listCallback;
  startEditor({
    draftChanged: drawList, open: go,
    keepBoth: (key) => {
      duplicate(key);
      dropDraft(key);
      drawList();
    },
    saved: async (key, name) => {
      await readMessages();
      if (key !== name && editedKey() === key)
        go(name);
      drawList();
    },
  });
  find("new").addEventListener("click", () => {
    go(addDraft({ name: "", version: "", form: formOf({}) }));
  });
  find("rename").addEventListener("click", rename);
  find("delete").addEventListener("click", remove);
  find("duplicate").addEventListener("click", () => duplicate(editedKey()));
  find("discard").addEventListener("click", () => {
    const key = editedKey();
    dropDraft(key);
    closeEditor(); // opened anew, without what was told of the draft
    go(isNew(key) ? "" : key);
  });
  window.addEventListener("beforeunload", (event) => {
    keepDrafts();
    if (hasDrafts())
      event.preventDefault();
  });
  const look = () => document.visibilityState === "visible" ? readMessages().catch(() => {}) : null;
  setInterval(look, LOOK_AGAIN_MS);
  document.addEventListener("visibilitychange", look);
}
