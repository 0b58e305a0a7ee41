// A message as the customer's widget shows it and as the agent sees it in Papercups' dashboard. A quick reply can be
// clicked: it becomes the customer's message, and the buttons go, as they do in the widget. What Papercups cannot show as it
// is written is told, with the text that it can.

import { button, make, show } from "./dom.js";
import { markdown } from "./chat_markdown.js";
import { withDirection, withoutPictures } from "./wording.js";

function bubble(kind, author, text, below) {
  const node = make("div", { className: "said " + kind }, make("p", { className: "who" }, author),
    make("div", { className: "bubble" }, markdown(text)));
  if (below)
    node.append(make("p", { className: "below" }, below));
  return node;
}

const hint = () => make("p", { className: "advice", role: "status", hidden: true });

const PICTURES = "Papercups draws emoji, also :) and :wave:, as pictures from an address that is gone: everybody sees broken " +
  "ones.";
const DIRECTION = "Papercups writes from left to right only: the signs and numbers of a right-to-left line end up on its wrong " +
  "side. Invisible marks around each such line put them right.";

// `written`: {get, set} of the body as it is written, where it can be changed.
export function newPreview(section, written) {
  const pictures = hint(), direction = hint();
  const widget = make("div", { className: "talk", role: "group", "aria-label": "As the customer sees it" });
  const agent = make("div", { className: "talk agent", role: "group", "aria-label": "As the agent sees it" });
  section.replaceChildren(
    make("h2", {}, "In the customer's chat"),
    make("div", { className: "frame" }, make("p", { className: "bar" }, "Chat with us"), widget), pictures, direction,
    make("h2", {}, "In the agent's dashboard"), agent);
  let shown = "", answer = null;

  function answered(reply, message) {
    answer = reply;
    paint(message);
    widget.querySelector("button")?.focus();
  }

  function replyButtons(message) {
    return make("div", { className: "replies", role: "group", "aria-label": "Quick replies" },
      ...message.quick_replies.map((reply) => button(reply.text, () => answered(reply, message))));
  }

  // Says `text` where it is wanted, and offers what `better` makes of what is written. Untouched while it says the same: it
  // is read out.
  function advise(node, wanted, text, name, better) {
    const now = written?.get() ?? "", offered = Boolean(wanted && better(now) !== now && better(now).trim());
    const said = `${Boolean(wanted)} ${offered}`;
    if (node.dataset.said === said)
      return;
    node.dataset.said = said;
    show(node, wanted && text);
    if (offered)
      node.append(button(name, () => written.set(better(written.get()))));
  }

  function paint(message) {
    const body = message.body.trim() ? message.body : "*Nothing written yet.*";
    widget.replaceChildren(bubble("theirs", "Bot", body));
    agent.replaceChildren(bubble("mine", "Your company", body, "Sent via API" +
      (message.quick_replies.length ? " · agents do not see the quick replies" : "")));
    if (answer) {
      widget.append(bubble("mine", "You", answer.text), make("p", { className: "below" },
        "The buttons are gone: they are shown under the last message only. ",
        button("Show them again", () => answered(null, message))));
      agent.append(bubble("theirs", "Customer", answer.text, "metadata.reply_action: " + answer.action));
    } else if (message.quick_replies.length) {
      widget.append(replyButtons(message));
    }
    advise(pictures, widget.querySelector(".picture"), PICTURES, "Take them out", withoutPictures);
    advise(direction, withDirection(body) !== body, DIRECTION, "Put the marks in", withDirection);
  }

  // `message`: {body, quick_replies} with its placeholders filled.
  return (message) => {
    const replies = (message.quick_replies ?? []).map((reply) =>
      typeof reply === "string" ? { text: reply, action: reply } : { action: reply.text, ...reply });
    const wanted = { body: message.body ?? "", quick_replies: replies.filter((reply) => reply.text) };
    const text = JSON.stringify(wanted);
    if (text === shown)
      return;
    shown = text;
    answer = null;
    paint(wanted);
  };
}
