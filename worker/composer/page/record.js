// A signed record: how long it lives, exporting it, sending it, and its outcome.

import { button, find, make, say, show } from "./dom.js";
import { gate } from "./api.js";
import { COPIES, copyOf } from "./snippets.js";
import { dashboardLink, outcomeOf } from "./outcomes.js";

const WAIT_S = 30;
const WARN_AT_S = 10;
let signed = null; // what is shown: the answer of sign, and what the form knew
let ticking = null, waiting = new AbortController();

function secondsLeft() {
  return Math.max(0, Math.ceil((signed.deadline - performance.now()) / 1000));
}

function tick() {
  const seconds = secondsLeft();
  find("left").value = seconds;
  if (signed.sent) {
    clearInterval(ticking);
    return;
  }
  find("countdown").textContent = seconds ? `Expires in ${seconds} s` :
    "Expired. The worker would reject it: sign it again. Nothing that you wrote is lost.";
  find("record").classList.toggle("expired", seconds === 0);
  if (seconds === WARN_AT_S)
    say(`The signature expires in ${WARN_AT_S} seconds.`);
  if (seconds > 0)
    return;
  clearInterval(ticking);
  const focused = document.activeElement === find("send");
  find("send").hidden = true;
  find("again").hidden = false;
  if (focused)
    find("again").focus();
  say(find("countdown").textContent);
}

function drawCode() {
  const { text, hint } = copyOf(find("copy-as").value, signed, signed.setup);
  find("code").textContent = text;
  find("copy-hint").textContent = hint;
}

function drawFacts() {
  const { headers } = signed.record;
  const facts = { "Event id": signed.event_id, "Routing key": signed.record.key, "Signed with": headers["cupbearer-key"] };
  find("facts").replaceChildren(...Object.entries(facts).flatMap(([name, value]) =>
    [make("dt", {}, name), make("dd", {}, value)]));
}

function outcome(className, word, text, ...more) {
  find("outcome").replaceChildren(make("p", { className },
    make("strong", {}, word), " ", text), ...more);
}

// The conversation, for the link: from the receipt, from what was addressed, or from Papercups, which has it by now.
async function conversationOf(receipt, of) {
  const known = receipt.conversation_id ?? of.payload.to.conversation_id;
  if (known)
    return known;
  return (await gate.lookup(of.payload.account, of.payload.to).catch(() => null))?.conversation_id;
}

async function drawOutcome(receipt, of) {
  const { word, good, text } = outcomeOf(receipt);
  outcome(good ? "good" : "bad", word, text);
  if (!good)
    find("again").hidden = false;
  const link = good && dashboardLink(of.dashboard_url, await conversationOf(receipt, of));
  if (link && of === signed)
    find("outcome").append(make("p", {},
      make("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, "Open the conversation in Papercups")));
}

async function follow(of) {
  waiting = new AbortController();
  const { signal } = waiting;
  while (!signal.aborted) {
    try {
      const receipt = await gate.receipt(of.event_id, WAIT_S, signal);
      if (receipt && of === signed)
        await drawOutcome(receipt, of);
      if (receipt)
        return;
    } catch (error) {
      if (signal.aborted)
        return;
      outcome("bad", "sent", `Kafka has it, but its outcome cannot be read: ${error.message}`,
        button("Look again", () => follow(of)));
      return;
    }
  }
}

// Another record may have been signed before Kafka answers: then this one's outcome is in the history, and what is shown is
// not sent.
async function send() {
  const of = signed;
  show(find("record-error"), "");
  find("send").disabled = true;
  try {
    const { topic, partition, offset } = await gate.publish(of.record, of.name);
    of.sent = true;
    if (of !== signed)
      return;
    find("record").classList.add("sent");
    find("send").hidden = true;
    find("countdown").textContent = "Sent.";
    outcome("pending", "sent", `Kafka has it (${topic}, partition ${partition}, offset ${offset}). Waiting for the ` +
      "worker's word…");
    find("record-title").focus();
    follow(of);
  } catch (error) {
    show(find("record-error"), of === signed ? error.message : `About the record that was signed before this one: ${error.message}`);
  } finally {
    if (of === signed)
      find("send").disabled = !find("changed").hidden;
  }
}

// Not every browser has a clipboard here (http on another host than this one): then the text is selected instead.
async function copy() {
  try {
    await navigator.clipboard.writeText(find("code").textContent);
    find("copy-hint").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(find("code"));
    find("copy-hint").textContent = "The browser does not allow copying here. It is selected: press Ctrl+C.";
  }
  say(find("copy-hint").textContent);
}

// What is sent is what the form says: after a change it has to be signed anew first.
export function recordChanged() {
  if (!signed || find("record").hidden)
    return;
  find("changed").hidden = signed.sent === true;
  find("send").disabled = !find("changed").hidden;
}

// An attempt to sign again has failed: the outcome of the one before is no answer to it.
export function recordOutdated() {
  if (!signed?.sent)
    return recordChanged();
  waiting.abort();
  clearInterval(ticking); // within a quarter of a second after Send it still runs
  signed = null;
  find("record").hidden = true;
}

// `answer`: of the gate's sign; `known`: what the form knew: { name, dashboard_url, setup }.
export function showRecord(answer, known) {
  waiting.abort();
  clearInterval(ticking);
  const life = answer.expires_at_ms - (answer.now_ms ?? Date.now());
  signed = { ...answer, ...known, deadline: performance.now() + life, sent: false };
  find("left").max = Math.max(1, Math.ceil(life / 1000));
  find("changed").hidden = find("again").hidden = true;
  find("send").hidden = find("send").disabled = find("record").hidden = false;
  find("record").classList.remove("expired", "sent");
  find("outcome").replaceChildren();
  show(find("record-error"), "");
  drawCode();
  drawFacts();
  tick();
  ticking = setInterval(tick, 250);
  find("record-title").focus();
}

export function startRecord(signAgain) {
  for (const [group, kinds] of Object.entries(COPIES))
    find("copy-as").append(make("optgroup", { label: group }, ...Object.entries(kinds).map(([kind, { name }]) =>
      make("option", { value: kind }, name))));
  find("copy-as").addEventListener("change", drawCode);
  find("copy").addEventListener("click", copy);
  find("send").addEventListener("click", send);
  find("again").addEventListener("click", signAgain);
}
