// The stand-in's chat page, which does as Papercups' widget does. It asks which row is its customer's (external_id, the
// page's host, an e-mail where the page gives one), fetches the newest open conversation of it, joins that one, and shows
// what comes; without a conversation it waits in the lobby, and upon `conversation:created` it fetches a second later and
// joins up to 0.6 s after that: what comes in between is stored, and not shown until the page is shown anew. Without a row
// it waits nowhere. Closed it shows nothing of what comes, and nothing counts as seen.

import { markdown } from "/chat/chat_markdown.js";

const RETRY_MS = 1000, FETCH_AFTER_MS = 1000, JOIN_WITHIN_MS = 600;
const find = (id) => document.getElementById(id);
const who = find("who"), externalId = find("external-id"), host = find("host"), email = find("email");
const state = find("state"), log = find("log"), hint = find("hint"), replies = find("replies");
const write = find("write"), text = find("text");
const card = find("card"), launcher = find("launcher"), note = find("note"), identifies = find("identify");
const noteOpen = note.textContent;
const noteClosed = "Closed: what a bot writes now is not shown, and not seen.";
const noRow = "Papercups has no row of this customer for this page's host (and e-mail): there is no lobby to wait in. " +
  "What is sent now is stored, and shown once the page is shown again, or identifies the customer.";

let account = null;
let customer = null; // the row's id
let conversation = null; // the one that was fetched
let messages = [];
let topic = null, at = null; // what it hears (null before it has joined), and up to where it has heard
let broken = false; // a message that the widget cannot draw took the chat away, until it is shown anew
let joins = []; // of who wants to say something once it has joined: Phoenix keeps what is pushed before that
let listening = new AbortController();
let shownConversation = null;
let atEnd = true; // whether the log follows what comes
let answeredMessage = null; // the message whose buttons were used: they stay away until the next one comes

function show(status, kind) {
  state.textContent = status;
  state.className = "state " + kind;
}

function author(message) {
  if (message.customer_id)
    return "You";
  return message.type === "bot" ? "Bot" : "Agent";
}

function messageNode(message, previous) {
  const node = document.createElement("article");
  node.className = "message" + (message.customer_id ? " mine" : "");
  node.id = "message-" + message.id;
  node.title = new Date(message.created_at + "Z").toLocaleString();
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

// Papercups draws them only while their message is the last one. Null where they are none that it can draw: then it
// takes the whole chat away.
function quickReplies(message) {
  const wanted = message?.type === "bot" ? message.metadata?.quick_replies ?? [] : [];
  if (!Array.isArray(wanted) || !wanted.every((reply) => typeof reply?.text === "string"))
    return null;
  return message?.id === answeredMessage ? [] : wanted;
}

function drawReplies(message, list) {
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

function explain() {
  identifies.hidden = customer !== null;
  if (broken) {
    hint.textContent = "An unexpected error has occurred";
    show(externalId.value + " · broken until it is shown again", "bad");
  } else if (customer === null) {
    hint.textContent = noRow;
    show(externalId.value + " · no lobby", "");
  } else if (topic === null) {
    hint.textContent = "";
    show("Joining…", "");
  } else {
    hint.textContent = conversation ? "No message yet." : "Waiting for a message. It appears here by itself.";
    show(externalId.value + " · " + (conversation ? "live" : "in the lobby, no open conversation"), "live");
  }
}

function draw() {
  const list = quickReplies(messages.at(-1));
  broken ||= list === null;
  if (broken || conversation !== shownConversation)
    log.replaceChildren();
  shownConversation = conversation;
  if (!broken)
    messages.forEach((message, index) => {
      if (!find("message-" + message.id))
        log.append(messageNode(message, messages[index - 1]));
    });
  drawReplies(messages.at(-1), broken ? [] : list);
  explain();
  follow();
}

function drawIfOpen() {
  if (!card.hidden)
    draw();
}

async function ask(method, path, content) {
  const { signal } = listening;
  const answer = await fetch(path, {
    method,
    headers: content ? { "content-type": "application/json" } : {},
    body: content && JSON.stringify(content),
    ...(method === "GET" && { signal }),
  });
  if (!answer.ok)
    throw new Error("status " + answer.status);
  return answer.json();
}

const query = (what) => new URLSearchParams({ account_id: account, ...what });
const listen = (topic, more) => ask("GET", "/_standin/socket?" + new URLSearchParams({ topic, ...more }));
const given = () => ({ external_id: externalId.value, host: host.value, ...(email.value && { email: email.value }) });

// All that was not written by the customer, at once: the widget says so when it is opened, when a message comes while it
// is open, and when it is loaded with a conversation; not of a first message that comes out of the lobby.
function see() {
  if (!card.hidden && conversation && !broken)
    ask("POST", "/_standin/seen", { conversation_id: conversation }).catch(() => {}); // the next message asks again
}

async function identify() {
  account ??= (await ask("GET", "/chat/account")).account_id;
  customer = (await ask("GET", "/api/customers/identify?" + query(given()))).data.customer_id;
}

async function fetchConversation() {
  const [found] = (await ask("GET", "/api/conversations/customer?" + query({ customer_id: customer }))).data;
  conversation = found?.id ?? null;
  topic = null;
  messages = (found?.messages ?? []).filter((message) => !message.private);
  drawIfOpen();
}

// Resolves after so many milliseconds; rejects where the page goes elsewhere meanwhile.
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); });
  });
}

// From now on it hears the conversation that it fetched, or else the lobby.
async function join() {
  const wanted = "conversation:" + (conversation ?? "lobby:" + customer);
  ({ at } = await listen(wanted));
  topic = wanted;
  joins.splice(0).forEach(({ resolve }) => resolve());
  drawIfOpen();
}

function whenJoined() {
  return topic === null ? new Promise((resolve, reject) => joins.push({ resolve, reject })) : null;
}

// What comes, once; the lobby tells of a new conversation, which is then fetched and joined.
async function hear(signal) {
  const heard = await listen(topic, { after: at });
  ({ at } = heard);
  if (heard.events.length === 0)
    return;
  if (conversation === null) {
    await pause(FETCH_AFTER_MS, signal);
    await fetchConversation();
    await pause(Math.random() * JOIN_WITHIN_MS, signal);
    await join();
  } else {
    messages.push(...heard.events.map((event) => event.payload));
    drawIfOpen();
    see();
  }
}

async function begin() {
  await identify();
  if (customer !== null) {
    await fetchConversation();
    await join();
    see();
  }
  drawIfOpen();
}

// As long as the page shows this customer; `first` is how it begins.
async function live(first) {
  listening.abort();
  listening = new AbortController();
  const { signal } = listening;
  for (let start = first; !signal.aborted; start = begin) {
    try {
      await start();
      while (customer !== null)
        await hear(signal);
      return;
    } catch {
      if (signal.aborted)
        return;
      show("Not connected, trying again…", "bad");
      await pause(RETRY_MS, signal).catch(() => {});
    }
  }
}

// What there is not yet is made: the customer's row, a conversation, which it joins before it says a word.
async function makeConversation() {
  customer ??= (await ask("POST", "/api/customers", { customer: { account_id: account, ...given() } })).data.id;
  const content = { account_id: account, customer_id: customer, source: "chat" };
  conversation = (await ask("POST", "/api/conversations", { conversation: content })).data.id;
  await new Promise((resolve, reject) => live(() => join().then(resolve, reject)));
}

// True once the stand-in has it.
async function send(body, metadata) {
  try {
    if (conversation === null)
      await makeConversation();
    await whenJoined();
    await ask("POST", "/_standin/widget_message", { conversation_id: conversation, body, ...(metadata && { metadata }) });
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

// The widget as it is after the page was loaded.
function load() {
  joins.splice(0).forEach(({ reject }) => reject());
  customer = conversation = topic = shownConversation = answeredMessage = null;
  messages = [];
  broken = false;
  log.replaceChildren();
  drawReplies(null, []);
  identifies.hidden = true;
  hint.textContent = "";
  show("Connecting…", "");
  live(begin);
}

identifies.addEventListener("click", async () => {
  try {
    await ask("POST", "/api/customers", { customer: { account_id: account, ...given() } });
    load();
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
  see();
});

log.addEventListener("scroll", () => {
  atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
});
new ResizeObserver(follow).observe(log);

who.addEventListener("submit", (event) => {
  event.preventDefault();
  const url = new URL(location.href);
  for (const field of [externalId, host, email])
    url.searchParams.set(field.name, field.value);
  history.replaceState(null, "", url);
  load();
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

const wanted = new URLSearchParams(location.search);
externalId.value = wanted.get("external_id") || "user_42";
host.value = wanted.get("host") || location.host;
email.value = wanted.get("email") || "";
load();
