// For a page: posts what the page's backend signed to the gate that this file came from, and opens the chat.
//
//   import { sendSignedMessageAsBot } from "https://gate.example.com/cupbearer.js";
//
// Import it as the page is loaded: it has to hear what the widget tells while it loads.

const WAIT_MS = 20_000; // for the chat to have loaded
const LOOK_MS = 100;
const JOINED_MS = 4000; // a widget that shows a new conversation's first message has joined it by then
const FRAME = "iframe.Papercups-chatWindowContainer";
const BUTTON = ".Papercups-toggleButtonContainer"; // drawn once the chat has loaded, unless the page hides it

let loaded = null; // the frame whose chat said so
let shown = { frame: null, customer: null }; // whose chat it is, as the widget told
let refreshing = 0;

window.addEventListener("message", ({ data, source }) => {
  const frame = document.querySelector(FRAME);
  if (data?.event === "chat:loaded" && frame && source === frame.contentWindow)
    loaded = frame;
});
window.addEventListener("papercups:customer:set", ({ detail }) => {
  if (detail)
    shown = { frame: document.querySelector(FRAME), customer: detail };
});

const chatHasLoaded = () => Boolean(loaded?.isConnected || document.querySelector(BUTTON));

// An event that comes earlier takes the widget off the page, or leaves it open and blank.
async function openChat() {
  for (const end = performance.now() + WAIT_MS; !chatHasLoaded();) {
    if (performance.now() > end)
      return false;
    await new Promise((again) => setTimeout(again, LOOK_MS));
  }
  window.dispatchEvent(new Event("papercups:open"));
  return true;
}

// Makes the widget fetch and join its conversation anew: what it missed appears. Without an id it would take the one that
// this browser used last, perhaps another customer's; so nothing is done before the widget told whose chat it shows.
export function refreshChat() {
  if (shown.frame?.isConnected && chatHasLoaded())
    window.dispatchEvent(new CustomEvent("papercups:customer:set", { detail: shown.customer }));
}

// `value` and `headers` are those of the signed record, exactly as the backend made them; nothing in them can be changed
// here without being refused. Resolves to {event_id, topic, partition, offset, opened} once Kafka has the event and the
// chat was opened; `opened` is false where there was no loaded chat to open within 20 s: what was sent is sent all the same.
// Else rejects with an Error: `status` is the gate's, `reason` the word for what is wrong ("expired": ask the backend for a
// fresh one).
export async function sendSignedMessageAsBot(value, headers) {
  const opening = openChat();
  const { account, to } = JSON.parse(value);
  const address = to.customer
    ? `e/${to.customer.external_id}`
    : to.customer_id
      ? `c/${to.customer_id}`
      : `v/${to.conversation_id}`;
  const answer = await fetch(new URL("/v1/events", import.meta.url), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ key: `${account}/${address}`, headers, value }),
    credentials: "omit",
    referrerPolicy: "no-referrer",
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const { status } = answer;
    throw Object.assign(new Error(told.error ?? `the gate answered ${status}`), { status, reason: told.reason });
  }
  clearTimeout(refreshing);
  refreshing = setTimeout(refreshChat, JOINED_MS);
  return { ...told, opened: await opening };
}
