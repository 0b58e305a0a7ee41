// A message as the customer's widget shows it and as the agent sees it in Papercups' dashboard. A quick reply can be
// clicked: it becomes the customer's message, and the buttons go, as they do in the widget.

import { button, make } from "./dom.js";
import { markdown } from "./chat_markdown.js";

function bubble(kind, author, text, below) {
  const node = make("div", { className: "said " + kind }, make("p", { className: "who" }, author),
    make("div", { className: "bubble" }, markdown(text)));
  if (below)
    node.append(make("p", { className: "below" }, below));
  return node;
}

export function newPreview(section) {
  const widget = make("div", { className: "talk", role: "group", "aria-label": "As the customer sees it" });
  const agent = make("div", { className: "talk agent", role: "group", "aria-label": "As the agent sees it" });
  section.replaceChildren(
    make("h2", {}, "In the customer's chat"),
    make("div", { className: "frame" }, make("p", { className: "bar" }, "Chat with us"), widget),
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
  }

  // `message`: {body, quick_replies} with its blanks filled.
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
