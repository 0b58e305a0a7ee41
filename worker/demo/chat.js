// The stand-in's chat page: long polling of /chat/data, messages as they come, quick replies under the last one. It
// does as Papercups' widget does: without a row of the customer it waits nowhere until it is shown again or identifies
// the customer; closed it shows nothing of what comes, and nothing counts as seen.

import { markdown } from "/chat/chat_markdown.js";

const RETRY_MS = 1000;
const find = (id) => document.getElementById(id);
const who = find("who"), externalId = find("external-id"), state = find("state"), log = find("log");
const hint = find("hint"), replies = find("replies"), write = find("write"), text = find("text");
const card = find("card"), launcher = find("launcher"), note = find("note"), identify = find("identify");
const noteOpen = note.textContent;
const noteClosed = "Closed: what a bot writes now is not shown, and not seen.";
const noRow = "Papercups has no row of this customer yet: there is no lobby to wait in. What is sent now is stored, " +
  "and shown once the page is shown again, or identifies the customer.";
const noHost = "This customer's row has no host: the widget does not find it, and there is no lobby to wait in. " +
  "Send with the account's widget_host set, then show the page again.";

let polling = new AbortController();
let latest = null; // what /chat/data said last; drawn only while the card is open
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

function explain(data) {
  identify.hidden = data.customer !== null;
  if (data.customer !== "found") {
    hint.textContent = data.customer === "hidden" ? noHost : noRow;
    show(externalId.value + " · no lobby", "");
    return;
  }
  hint.textContent = data.conversation ? "No message yet." : "Waiting for a message. It appears here by itself.";
  show(externalId.value + " · " + (data.conversation ? "live" : "in the lobby, no open conversation"), "live");
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
  explain(data);
  follow();
  if (data.messages.some((message) => !message.by_customer && !message.seen))
    post("/chat/seen", {}).catch(() => {}); // the next answer asks again
}

function drawIfOpen() {
  if (latest && !card.hidden)
    draw(latest);
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
      const changed = data.version !== version;
      version = data.version;
      latest = data;
      if (changed)
        drawIfOpen();
      if (data.customer !== "found")
        return;
    } catch (error) {
      if (signal.aborted)
        return;
      show("Not connected, trying again…", "bad");
      version = "";
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function post(path, content) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ external_id: externalId.value, ...content }),
  });
  if (!answer.ok)
    throw new Error("status " + answer.status);
}

// True once the stand-in has it. The first message makes the row where there is none, and so the widget has a lobby.
async function send(body, metadata) {
  try {
    await post("/chat/message", { body, ...(metadata && { metadata }) });
    atEnd = true;
    follow();
    if (latest?.customer !== "found")
      join();
    return true;
  } catch {
    show("Not sent: is the stand-in still running?", "bad");
    answeredMessage = null;
    replies.hidden = replies.childElementCount === 0;
    return false;
  }
}

function join() {
  polling.abort();
  polling = new AbortController();
  poll(externalId.value, polling.signal);
}

// The widget as it is after the page was loaded.
function load(customer) {
  externalId.value = customer;
  latest = shownConversation = answeredMessage = null;
  log.replaceChildren();
  drawReplies(null);
  identify.hidden = true;
  hint.textContent = "";
  show("Connecting…", "");
  join();
}

identify.addEventListener("click", async () => {
  try {
    await post("/chat/identify", {});
    load(externalId.value);
  } catch {
    show("Not identified: is the stand-in still running?", "bad");
  }
});

launcher.addEventListener("click", () => {
  card.hidden = !card.hidden;
  launcher.textContent = card.hidden ? "Open chat" : "Close chat";
  launcher.setAttribute("aria-expanded", String(!card.hidden));
  note.textContent = card.hidden ? noteClosed : noteOpen;
  drawIfOpen();
});

log.addEventListener("scroll", () => {
  atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
});
new ResizeObserver(follow).observe(log);

who.addEventListener("submit", (event) => {
  event.preventDefault();
  const url = new URL(location.href);
  url.searchParams.set("external_id", externalId.value);
  history.replaceState(null, "", url);
  load(externalId.value);
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

load(new URLSearchParams(location.search).get("external_id") || "user_42");
