// The recipient: the customer is looked up in Papercups while the form is filled in, so that a typo does not create a stranger.

import { find } from "./dom.js";
import { gate } from "./api.js";

const PAUSE_MS = 400;
const KINDS = {
  external_id: "External id, such as user_42",
  customer_id: "Customer id (a UUID)",
  conversation_id: "Conversation id (a UUID)",
};
let timer = null, looking = new AbortController(), known = null, onchange = () => {};
let saidElsewhere = ""; // by signing, of this recipient

const kind = () => document.querySelector("#to-kinds input:checked").value;
const account = () => find("sign-account").value;

// The address as the payload has it; null when nothing is written.
export function recipient() {
  const value = find("to").value.trim();
  if (!value)
    return null;
  if (kind() !== "external_id")
    return { [kind()]: value };
  const customer = { external_id: value };
  for (const name of ["name", "email"])
    if (!find("unknown").hidden && find("to-" + name).value.trim())
      customer[name] = find("to-" + name).value.trim();
  return { customer };
}

function bare() {
  const value = find("to").value.trim();
  return kind() === "external_id" ? { customer: { external_id: value } } : { [kind()]: value };
}

function describe(found) {
  const name = [found.name, found.email && `(${found.email})`].filter(Boolean).join(" ") || "A customer without a name";
  const several = found.matches > 1 ? ` ${found.matches} customers have this id: the one last changed gets it.` : "";
  if (kind() === "conversation_id")
    return "Papercups has this conversation.";
  return `${name}, ${found.conversation_id ? "with an open conversation" : "without an open conversation: one is opened"}.` +
    several;
}

// Papercups has no such customer: whoever signs has to say that this is meant.
export function showUnknown() {
  find("unknown").hidden = false;
  find("confirmed-text").textContent = `Yes, create the new customer "${find("to").value.trim()}" in ${account()}`;
  find("found").textContent = "Papercups has no such customer. Confirm that one is to be created when the message is " +
    "delivered, or fix the id.";
  find("found").className = "found unsure";
}

// An error is shown once: what signing says is not said here too, nor by a lookup that ends after it.
export function forgetFound(text) {
  saidElsewhere = text;
  if (find("found").textContent === text)
    find("found").textContent = "";
}

function missing(found) {
  if (kind() === "external_id")
    return `The pages of this account give their widget an e-mail, and ${found.matches} customers of this id have one: ` +
      "address the customer's own id instead.";
  return `Papercups has no such ${kind() === "customer_id" ? "customer" : "conversation"} in this account: check the ` +
    "id for a typo.";
}

function showFound(found) {
  if (!found.found && found.creates) {
    showUnknown();
    return;
  }
  find("unknown").hidden = true;
  find("found").textContent = found.found ? describe(found) : missing(found);
  find("found").className = "found " + (found.found ? "sure" : "unsure");
}

async function look() {
  looking.abort();
  looking = new AbortController();
  if (!find("to").value.trim() || !account())
    return;
  const { signal } = looking;
  find("found").textContent = "Looking it up in Papercups…";
  find("found").className = "found";
  try {
    const found = await gate.lookup(account(), bare(), signal);
    if (!signal.aborted)
      showFound(found);
  } catch (error) {
    if (signal.aborted)
      return;
    find("found").textContent = error.message === saidElsewhere ? "" : error.message;
    find("found").className = "found unsure";
  }
}

// Somebody else is meant: what was found, and confirmed, counts no more.
function recipientChanged() {
  const now = JSON.stringify([account(), kind(), find("to").value.trim()]);
  find("to-label").textContent = KINDS[kind()];
  if (now === known)
    return;
  known = now;
  saidElsewhere = "";
  find("confirmed").checked = false;
  find("unknown").hidden = true;
  find("found").textContent = "";
  looking.abort();
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
  onchange();
}

export function startRecipient(changed) {
  onchange = changed;
  for (const id of ["to", "sign-account"])
    find(id).addEventListener("input", recipientChanged);
  find("to-kinds").addEventListener("change", recipientChanged);
  recipientChanged();
}
