// The view in which a message is signed: which, for which account, by which key, to which recipient, with what filled in.

import { clearErrors, find, make, show, showError } from "./dom.js";
import { gate } from "./api.js";
import { placeholdersOf, fill } from "./placeholders.js";
import { listedMessage, listedMessages } from "./drafts.js";
import { newPreview } from "./preview.js";
import { recordChanged, recordOutdated, showRecord, startRecord } from "./record.js";
import { forgetFound, recipient, showUnknown, startRecipient } from "./recipient.js";

const form = find("sign-form");
const drawPreview = newPreview(find("sign-preview"));
const filled = {}; // by the placeholder's name; kept when another message is chosen, so that a name is typed once
let setup = null;

const chosen = () => listedMessage(find("sign-message").value)?.message;

function options(select, entries, wanted) {
  select.replaceChildren(...entries.map(([value, text]) => make("option", { value }, text)));
  if (entries.some(([value]) => value === wanted))
    select.value = wanted;
}

function changed() {
  const message = chosen();
  find("sign-preview").hidden = !message;
  if (message)
    drawPreview(fill(message, filled));
  recordChanged();
  sayShown(message && (find("record").hidden ? "The preview shows what the form says." :
    "The preview shows what the form says now, not what was signed."));
}

function sayShown(text) {
  if (find("sign-shows").textContent !== (text || ""))
    show(find("sign-shows"), text);
}

function drawFill() {
  const message = chosen(), names = message ? placeholdersOf(message) : [];
  const hints = { number: "A number.", url: "https only, to: " + (setup.link_hosts.join(", ") || "no host: set link_hosts") + "." };
  find("fill-set").hidden = names.length === 0;
  find("fill").replaceChildren(...names.map((name, index) => {
    const { type, default: value } = message.blanks?.[name] ?? {}, id = `fill-${index}`;
    const holder = make("div", { className: "field", "data-field": `blanks.${name}` },
      make("label", { htmlFor: id }, name),
      make("input", {
        id, value: filled[name] ?? "", placeholder: value ?? "", maxLength: 2000,
        inputMode: { number: "decimal", url: "url" }[type] ?? "text",
        oninput: (event) => {
          filled[name] = event.target.value;
          changed();
        },
      }));
    const hint = [hints[type], value !== undefined && `"${value}" when left empty.`].filter(Boolean).join(" ");
    if (hint) {
      holder.append(make("p", { className: "hint", id: id + "-hint" }, hint));
      holder.querySelector("input").setAttribute("aria-describedby", id + "-hint");
    }
    return holder;
  }));
}

function drawKeys() {
  const account = setup.accounts.find(({ name }) => name === find("sign-account").value);
  options(find("sign-key"), (account?.keys ?? []).map(({ id, sender }) => [id, `${id} (${sender})`]),
    find("sign-key").value);
  show(find("sign-error"), account && !account.keys.length ?
    `No key may write to ${account.name}: grant it to the gate's key in the keyring.` : "");
}

// The list of messages has changed, or the view is shown: what was chosen stays chosen.
export function drawMessageChoice(wanted) {
  const before = find("sign-message").value, shown = JSON.stringify(chosen());
  options(find("sign-message"), listedMessages().filter(({ broken }) => !broken).map(({ name }) => [name, name]),
    wanted || before);
  if (!find("sign-message").options.length)
    show(find("sign-error"), "There is no message yet: write one under Messages.");
  if (drawMessageChoice.shown !== JSON.stringify(chosen()) || shown !== JSON.stringify(chosen())) {
    drawMessageChoice.shown = JSON.stringify(chosen());
    drawFill();
    changed();
  }
}

function wanted() {
  const message = chosen(), blanks = {};
  for (const name of message ? placeholdersOf(message) : [])
    if ((filled[name] ?? "") !== "")
      blanks[name] = filled[name];
  return {
    name: find("sign-message").value, account: find("sign-account").value, key_id: find("sign-key").value,
    to: recipient(), message, blanks, confirmed: find("confirmed").checked && !find("unknown").hidden,
  };
}

async function sign() {
  const general = find("sign-error"), asked = wanted();
  clearErrors(form);
  show(general, "");
  const missing = [
    [!asked.message, "message", "Choose a message. There is none? Write one under Messages."],
    [!asked.key_id, "key_id", "No key may write to this account: grant it to the gate's key in the keyring."],
    [!asked.to, "to", "Say who the recipient is."],
  ].find(([is]) => is);
  if (missing) {
    recordOutdated();
    showError(form, general, missing[2], missing[1]);
    if (missing[1] === "to")
      find("to").focus();
    return;
  }
  const submit = form.querySelector("[type=submit]");
  submit.disabled = true;
  try {
    const answer = await gate.sign(asked);
    const account = setup.accounts.find(({ name }) => name === asked.account);
    showRecord(answer, { name: asked.name, dashboard_url: account.dashboard_url, setup });
    drawPreview(answer.payload.message);
    if (JSON.stringify(wanted()) === JSON.stringify(asked))
      sayShown("The preview shows what was signed.");
    else
      changed(); // while it was being signed
  } catch (error) {
    recordOutdated();
    if (error.data?.unknown_customer) {
      showUnknown();
      find("confirmed").focus();
    } else {
      forgetFound(error.message);
      showError(form, general, error.message, error.field);
      if (error.field?.startsWith("to"))
        find("to").focus();
    }
  } finally {
    submit.disabled = false;
  }
}

export function showSign(name) {
  drawMessageChoice(name);
}

export function startSign(known) {
  setup = known;
  options(find("sign-account"), setup.accounts.map(({ name }) => [name, name]));
  drawKeys();
  startRecord(() => form.requestSubmit());
  startRecipient(changed);
  find("sign-account").addEventListener("input", drawKeys);
  find("sign-message").addEventListener("input", () => drawMessageChoice());
  for (const id of ["confirmed", "to-name", "to-email", "sign-key"])
    find(id).addEventListener("input", changed);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sign();
  });
}
