// The composer's page: takes the start-up token out of the address, learns what the gate has, and shows one view at a
// time, by the address's fragment: #messages, #messages/NAME, #sign, #sign/NAME, #history.

import { ask, find, show } from "./dom.js";
import { gate, onRefusedToken, tokenFromAddress, useToken } from "./api.js";
import { hideMessages, readMessages, showMessages, startMessages } from "./messages.js";
import { drawMessageChoice, showSign, startSign } from "./sign.js";
import { hideHistory, showHistory } from "./history.js";

const TITLES = { messages: "Messages", sign: "Sign & Send", history: "History" };
let setup = null, asking = null;

const notice = (text) => show(find("notice"), text);

function route() {
  if (/^#token=/.test(location.hash)) {
    tokenFromAddress();
    notice("");
  }
  const [view, name = ""] = location.hash.slice(1).split("/");
  return TITLES[view] ? [view, decodeURIComponent(name)] : ["messages", ""];
}

function draw(event) {
  const [view, name] = route();
  for (const one of Object.keys(TITLES)) {
    find(one).hidden = one !== view;
    const link = document.querySelector(`nav [data-view=${one}]`);
    if (one === view)
      link.setAttribute("aria-current", "page");
    else
      link.removeAttribute("aria-current");
  }
  document.title = `${name ? name + " · " : ""}${TITLES[view]} · cupbearer composer`;
  hideMessages();
  hideHistory();
  notice("");
  scrollTo(0, 0);
  if (event) // not at the start: there the page's beginning is the right place
    find(view + "-title").focus({ preventScroll: true });
  if (view === "messages")
    showMessages(name);
  else if (view === "sign")
    showSign(name);
  else
    showHistory(setup, notice);
}

// One question, however many calls wait for its answer.
function askForToken() {
  asking ??= ask({
    title: "The gate's token", label: "Address or token", yes: "Go on",
    text: "Paste the address that cupbearer gate printed when it was started (it makes a new token each time). What you " +
      "wrote stays here.",
    check: (text) => useToken(text) ? null : "This holds no token: copy the whole address, with what follows #token=.",
  }).finally(() => asking = null);
  return asking;
}

async function start() {
  tokenFromAddress();
  onRefusedToken(askForToken);
  try {
    setup = await gate.setup();
    startSign(setup);
    startMessages(() => drawMessageChoice());
    await readMessages();
  } catch (error) {
    notice(error.message + " Then load this page again.");
    return;
  }
  window.addEventListener("hashchange", draw);
  draw();
}

start();
