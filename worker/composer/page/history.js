// What was signed with the gate's key, with its outcome, newest first; updated while it is shown.

import { find, make } from "./dom.js";
import { gate } from "./api.js";
import { dashboardLink, outcomeOf, recipientOf } from "./outcomes.js";
import { askWhoHasSeen, forgetRows, watchRow } from "./seen.js";

const LOOK_AGAIN_MS = 2000;
let timer = null, shown = "", accounts = [];

function status(entry) {
  if (entry.receipt)
    return outcomeOf(entry.receipt);
  return entry.published ? { word: "sent", text: "Kafka has it; the worker has not said anything yet." } :
    { word: "signed", text: "Not sent from here." };
}

function entryNode(entry) {
  const { word, good, text } = status(entry);
  const conversation = entry.receipt?.conversation_id ?? entry.to.conversation_id;
  const link = dashboardLink(accounts.find(({ name }) => name === entry.account)?.dashboard_url, conversation);
  const node = make("li", {},
    make("p", { className: "what" },
      make("span", { className: "outcome " + (good ? "good" : good === false ? "bad" : "pending") }, word), " ",
      make("strong", {}, entry.message || "A message"), " to ", make("strong", {}, recipientOf(entry.to)), " ",
      make("span", { className: "seen" })),
    make("p", {}, text),
    make("p", { className: "soft" },
      make("time", { dateTime: new Date(entry.signed_at_ms).toISOString() },
        new Date(entry.signed_at_ms).toLocaleString()),
      ` · ${entry.account} · ${entry.who ? entry.who + " · " : ""}`, make("code", {}, entry.event_id)));
  const links = [];
  if (entry.message)
    links.push(make("a", { href: "#sign/" + entry.message }, "Sign it again"));
  if (link)
    links.push(make("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, "Conversation in Papercups"));
  if (links.length)
    node.append(make("p", { className: "links" }, ...links));
  if (entry.receipt?.outcome === "delivered")
    watchRow(node, entry);
  return node;
}

async function draw(onError) {
  try {
    const entries = await gate.history(), text = JSON.stringify(entries);
    onError("");
    if (text === shown)
      return void askWhoHasSeen();
    shown = text;
    find("no-history").hidden = entries.length > 0;
    forgetRows();
    find("entries").replaceChildren(...entries.map(entryNode));
  } catch (error) {
    onError(error.message);
  }
}

export function showHistory(setup, onError) {
  accounts = setup.accounts;
  draw(onError);
  timer = setInterval(() => document.visibilityState === "visible" && draw(onError), LOOK_AGAIN_MS);
}

export function hideHistory() {
  clearInterval(timer);
}
