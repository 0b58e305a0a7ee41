// The messages as the gate last listed them, and what was written in this tab and is not saved. Drafts outlive a reload of
// the page, a look at another view, a lost connection and somebody else's change.

import { formOf } from "./form.js";

const KEPT = "cupbearer.drafts";
const drafts = new Map(); // by key: the message's name, or "+1", "+2" … for those that have no file yet
let listed = [];

try {
  for (const [key, draft] of JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"))
    drafts.set(key, draft);
} catch {
  drafts.clear();
}

export function keepDrafts() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify([...drafts]));
  } catch {
    // Then a reload loses them, and the browser asks before.
  }
}

export const isNew = (key) => key.startsWith("+");
export const listedMessages = () => listed;
export const listedMessage = (name) => listed.find((one) => one.name === name);
export const draftOfKey = (key) => drafts.get(key);
export const hasDrafts = () => drafts.size > 0;
export const newDrafts = () => [...drafts].filter(([key]) => isNew(key));

// True when the list is another one than before.
export function setListed(messages) {
  const changed = JSON.stringify(messages) !== JSON.stringify(listed);
  listed = messages;
  return changed;
}

// What is edited under a key: the draft there is, or a fresh copy of the file (not kept before something is written).
export function openDraft(key) {
  const file = listedMessage(key);
  return drafts.get(key) ?? (file?.message && { name: key, version: file.version, form: formOf(file.message) });
}

export function putDraft(key, draft) {
  drafts.set(key, draft);
  keepDrafts();
}

export function dropDraft(key) {
  drafts.delete(key);
  keepDrafts();
}

export function moveDraft(from, to) {
  const draft = drafts.get(from);
  if (!draft)
    return;
  drafts.delete(from);
  putDraft(to, { ...draft, name: to });
}

export function addDraft(draft) {
  let number = 1;
  while (drafts.has("+" + number))
    number++;
  putDraft("+" + number, draft);
  return "+" + number;
}
