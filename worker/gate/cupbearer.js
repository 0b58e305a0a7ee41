// For a page: posts what the page's backend signed to the gate that this file came from, and opens the chat.
//
//   import { sendSignedMessageAsBot } from "https://gate.example.com/cupbearer.js";
//
// `value` and `headers` are those of the signed record, exactly as the backend made them; nothing in them can be changed
// here without being refused. Resolves to {event_id, topic, partition, offset} once Kafka has the event. Else rejects with
// an Error: `status` is the gate's, `reason` the word for what is wrong ("expired": ask the backend for a fresh one).
export async function sendSignedMessageAsBot(value, headers) {
  window.dispatchEvent(new Event("papercups:open"));
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
  return told;
}
