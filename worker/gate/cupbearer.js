// For a page: posts what its backend signed to the gate that this file came from, and opens the chat. Import it as the page
// is loaded: it hears what the widget tells then.
//
//   import { sendSignedMessageAsBot } from "https://gate.example.com/cupbearer.js";

const WAIT_MS = 20_000; // for the chat to have loaded
const JOINED_MS = 4000; // by then the widget has joined a conversation that is new
const iframe = () => document.querySelector("iframe.Papercups-chatWindowContainer");

let loaded = null; // the iframe whose chat said so
let shown = null; // whose chat it shows, by the widget's word: {iframe, customer}
let refreshing = 0;

window.addEventListener("message", ({ data, source }) => {
  if (data?.event === "chat:loaded" && source === iframe()?.contentWindow)
    loaded = iframe();
});
window.addEventListener("papercups:customer:set", ({ detail: customer }) => {
  if (customer)
    shown = { iframe: iframe(), customer };
});

// The button is drawn then, unless it is hidden.
const hasLoaded = () => loaded?.isConnected || document.querySelector(".Papercups-toggleButtonContainer") !== null;

// Told earlier, the widget vanishes or stays blank.
async function openChat() {
  for (const end = performance.now() + WAIT_MS; !hasLoaded();) {
    if (performance.now() > end)
      return false;
    await new Promise((again) => setTimeout(again, 100));
  }
  window.dispatchEvent(new Event("papercups:open"));
  return true;
}

// The widget fetches and joins anew: what it missed appears. Without an id it would take this browser's last, maybe somebody
// else's.
export function refreshChat() {
  if (shown?.iframe?.isConnected && hasLoaded())
    window.dispatchEvent(new CustomEvent("papercups:customer:set", { detail: shown.customer }));
}

// `value` and `headers` are the signed record's, as the backend made them: what is changed is refused. Resolves to {event_id,
// topic, partition, offset, opened} once Kafka has the event and the chat is open, or had not loaded in time (opened: false).
// Else rejects with an Error: `status` is the gate's, `reason` its word ("expired": ask the backend for a fresh one).
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
