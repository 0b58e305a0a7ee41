// Whether customers have seen what the history shows: asked of Papercups through the gate, for delivered messages that are on the
// screen, one after the other. What was seen is not asked for again; that nothing is known says nothing, so nothing is written.

import { gate } from "./api.js";
import { make } from "./dom.js";

const ASK_AGAIN_MS = 30000;
const told = new Map(); // by event: { answer, at }
const entries = new WeakMap(); // by row
const onScreen = new Set(); // rows, in the order in which they came into sight
let asking = false;

const nameOf = (entry) => `${entry.key}\n${entry.event_id}`;

function timeOf(text) {
  const at = new Date(/Z$/.test(text) ? text : text + "Z"); // Papercups' times are in UTC
  const sameDay = at.toDateString() === new Date().toDateString();
  const shown = sameDay ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : at.toLocaleString();
  return make("time", { dateTime: at.toISOString(), title: at.toLocaleString() }, shown);
}

const knownOf = (row) => told.get(nameOf(entries.get(row)));

function draw(row) {
  const answer = knownOf(row)?.answer;
  if (answer?.state === "seen")
    row.querySelector(".seen").replaceChildren("Seen ", timeOf(answer.seen_at));
}

function isDue(row) {
  const known = knownOf(row);
  return !known || (known.answer?.state !== "seen" && performance.now() - known.at >= ASK_AGAIN_MS);
}

// Where Papercups does not answer, the row says nothing, and is asked for again later.
export async function askWhoHasSeen() {
  const next = [...onScreen].find(isDue);
  if (asking || !next || document.visibilityState !== "visible")
    return;
  asking = true;
  const entry = entries.get(next);
  const answer = await gate.seen(entry.key, entry.event_id).catch(() => null);
  told.set(nameOf(entry), { answer, at: performance.now() });
  asking = false;
  onScreen.forEach(draw);
  askWhoHasSeen();
}

const watcher = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes)
    isIntersecting ? onScreen.add(target) : onScreen.delete(target);
  askWhoHasSeen();
});

export function forgetRows() {
  watcher.disconnect();
  onScreen.clear();
}

// The row of a delivered message, which has a place of class "seen".
export function watchRow(row, entry) {
  entries.set(row, entry);
  draw(row);
  watcher.observe(row);
}
