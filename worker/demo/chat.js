// The stand-in's chat page: long polling of /chat/data, messages as they come, quick replies under the last one.

import { markdown } from "/chat/chat_markdown.js";

const RETRY_MS = 1000;
const find = (id) => document.getElementById(id);
const who = find("who"), externalId = find("external-id"), state = find("state"), log = find("log");
const hint = find("hint"), replies = find("replies"), write = find("write"), text = find("text");

let polling = new AbortController();
let shownConversation = null;
let atEnd = true; // whether the log follows what comes
let answeredMessage = null; // the message whose buttons were used: they stay away until the next one comes

function show(status, kind) {
  state.textContent = status;
  state.className = "state " + kind;
}

function author(message) {
  if (message.by_customer)
    return "You";
  return message.type === "bot" ? "Bot" : "Agent";
}

function messageNode(message, previous) {
  const node = document.createElement("article");
  node.className = "message" + (message.by_customer ? " mine" : "");
  node.id = "message-" + message.id;
  node.title = new Date(message.created_at).toLocaleString();
  if (!previous || author(previous) !== author(message))
    node.classList.add("turn");
  const name = document.createElement("p");
  name.className = "name";
  name.textContent = author(message);
  const bubble = document.createElement("div");
  bubble.className = "bubble";
  bubble.append(markdown(message.body ?? ""));
  node.append(name, bubble);
  return node;
}

// Papercups draws them only while their message is the last one.
function quickReplies(message) {
  const wanted = message && !message.by_customer && message.type === "bot" && message.id !== answeredMessage;
  const list = wanted ? message.metadata?.quick_replies : null;
  return Array.isArray(list) ? list.filter((reply) => typeof reply?.text === "string") : [];
}

function drawReplies(message) {
  const list = quickReplies(message);
  replies.replaceChildren(...list.map((reply) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = reply.text;
    button.addEventListener("click", () => {
      answeredMessage = message.id;
      replies.hidden = true;
      text.focus();
      send(reply.text, { reply_action: reply.action ?? reply.text });
    });
    return button;
  }));
  replies.hidden = list.length === 0;
}

function follow() {
  if (atEnd)
    log.scrollTop = log.scrollHeight;
}

function draw(data) {
  if (data.conversation !== shownConversation)
    log.replaceChildren();
  shownConversation = data.conversation;
  data.messages.forEach((message, index) => {
    if (!find("message-" + message.id))
      log.append(messageNode(message, data.messages[index - 1]));
  });
  drawReplies(data.messages.at(-1));
  hint.textContent = data.customer === "hidden"
    ? "This customer has no host: Papercups' widget would not find it. Send with the account's widget_host set."
    : data.conversation ? "No message yet." : "Waiting for a message. It appears here by itself.";
  show(externalId.value + " · " + (data.conversation ? "live" : "no open conversation"), "live");
  follow();
}

async function poll(customer, signal) {
  for (let version = ""; !signal.aborted;) {
    try {
      const query = new URLSearchParams({ external_id: customer, version });
      const answer = await fetch("/chat/data?" + query, { signal });
      if (!answer.ok)
        throw new Error("status " + answer.status);
      const data = await answer.json();
      if (signal.aborted)
        return;
      if (data.version !== version)
        draw(data);
      version = data.version;
    } catch (error) {
      if (signal.aborted)
        return;
      show("Not connected, trying again…", "bad");
      version = "";
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function send(body, metadata) {
  try {
    const answer = await fetch("/chat/message", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ external_id: externalId.value, body, ...(metadata && { metadata }) }),
    });
    if (!answer.ok)
      throw new Error("status " + answer.status);
    atEnd = true;
    follow();
    return true;
  } catch {
    show("Not sent: is the stand-in still running?", "bad");
    answeredMessage = null;
    replies.hidden = replies.childElementCount === 0;
    return false;
  }
}

function open(customer) {
  polling.abort();
  polling = new AbortController();
  externalId.value = customer;
  shownConversation = answeredMessage = null;
  log.replaceChildren();
  drawReplies(null);
  hint.textContent = "Waiting for a message. It appears here by itself.";
  show("Connecting…", "");
  poll(customer, polling.signal);
}

log.addEventListener("scroll", () => {
  atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
});
new ResizeObserver(follow).observe(log);

who.addEventListener("submit", (event) => {
  event.preventDefault();
  const url = new URL(location.href);
  url.searchParams.set("external_id", externalId.value);
  history.replaceState(null, "", url);
  open(externalId.value);
});

write.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = text.value;
  if (!body.trim())
    return;
  text.value = "";
  if (!await send(body))
    text.value = body;
});

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    write.requestSubmit();
  }
});

open(new URLSearchParams(location.search).get("external_id") || "user_42");
