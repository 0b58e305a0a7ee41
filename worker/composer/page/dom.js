// DOM nodes made and found, and what a person is told. Nothing here or elsewhere in the page parses text as markup.

export const find = (id) => document.getElementById(id);

// make("input", { id: "x", "aria-label": "X", oninput: f }, children…): an attribute where the node has no such property.
export function make(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on"))
      node.addEventListener(key.slice(2), value);
    else if (key in node)
      node[key] = value;
    else
      node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

export function button(text, onclick, properties = {}) {
  return make("button", { type: "button", onclick, ...properties }, text);
}

// For those who listen; sighted people see it elsewhere.
export function say(text) {
  find("said").textContent = text;
}

export function show(node, text) {
  node.textContent = text ?? "";
  node.hidden = !text;
}

// Clears the mistakes that were shown in a form.
export function clearErrors(form) {
  for (const node of form.querySelectorAll(".error.of-field"))
    node.remove();
  for (const node of form.querySelectorAll("[aria-invalid]")) {
    node.removeAttribute("aria-invalid");
    node.removeAttribute("aria-errormessage");
  }
}

function holderOf(form, field) {
  for (let path = field; path; path = path.replace(/[.[]?[^.[]*$/, "")) {
    const holder = [...form.querySelectorAll("[data-field]")].find((one) => one.dataset.field === path);
    if (holder && !holder.hidden)
      return holder;
  }
  return null;
}

// Shows a mistake at the field that it is about (the nearest there is: quick_replies[1].text, quick_replies[1],
// quick_replies), or in `general`; the field gets the focus.
export function showError(form, general, text, field) {
  const holder = field ? holderOf(form, field) : null;
  if (!holder) {
    show(general, text);
    return;
  }
  const id = "error-" + holder.dataset.field.replace(/\W/g, "-");
  holder.append(make("p", { id, className: "error of-field", role: "alert" }, text));
  for (let node = holder; node; node = node.parentElement.closest("details"))
    node.open = true;
  const input = holder.querySelector("input:not([type=radio]), textarea, select") ?? holder.querySelector("button");
  input?.setAttribute("aria-invalid", "true");
  input?.setAttribute("aria-errormessage", id);
  input?.focus();
}

// A question in a dialog: resolves to what was written (or true), or null when it was cancelled. `check` may say
// what is wrong with the answer, and be asynchronous; the dialog stays open until it says nothing.
export function ask({ title, text, yes, label, value = "", danger = false, check }) {
  const dialog = find("ask"), input = find("ask-input"), error = find("ask-error"), form = find("ask-form");
  find("ask-title").textContent = title;
  find("ask-text").textContent = text;
  find("ask-field").hidden = !label;
  find("ask-label").textContent = label ?? "";
  find("ask-yes").textContent = yes;
  find("ask-yes").className = danger ? "danger" : "main";
  input.value = value;
  show(error, "");
  return new Promise((resolve) => {
    let result = null;
    form.onsubmit = async (event) => {
      event.preventDefault();
      const given = label ? input.value.trim() : true;
      const wrong = await check?.(given);
      show(error, wrong);
      if (wrong) {
        input.focus();
        return;
      }
      result = given;
      dialog.close();
    };
    find("ask-no").onclick = () => dialog.close();
    dialog.onclose = () => resolve(result);
    if (!dialog.open)
      dialog.showModal();
    (label ? input : find("ask-no")).focus();
    input.select();
  });
}
