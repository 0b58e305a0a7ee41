// The gate's composer API. Every call carries the start-up token; it came in the address's fragment, which no server and
// no log sees, and stays in this tab.

const TOKEN = "cupbearer.token";
let whenRefused = async () => false;

// What the gate, or the way to it, said no to; `status` 0 is no answer.
export class Refusal extends Error {
  constructor(status, data, text) {
    super(text);
    this.status = status;
    this.data = data ?? {};
    this.field = this.data.field;
  }
}

function remember(token) {
  try {
    sessionStorage.setItem(TOKEN, token);
  } catch {
    // A browser that keeps nothing asks again after a reload.
  }
  current = token;
}

let current = "";
try {
  current = sessionStorage.getItem(TOKEN) ?? "";
} catch {
  current = "";
}

// The token in what somebody pasted: the whole address, or the token alone.
export function useToken(text) {
  const token = text.match(/(?:^|[#&])token=([\w-]+)/)?.[1] ?? text.match(/^[\w-]+$/)?.[0];
  if (token)
    remember(token);
  return Boolean(token);
}

export function tokenFromAddress() {
  if (!/^#token=/.test(location.hash))
    return;
  useToken(location.hash);
  history.replaceState(null, "", location.pathname + "#messages");
}

export function onRefusedToken(ask) {
  whenRefused = ask;
}

const query = (parameters) => "?" + new URLSearchParams(parameters);

async function once(method, path, content, signal) {
  const headers = { "X-Cupbearer-Token": current };
  if (content !== undefined)
    headers["Content-Type"] = "application/json";
  try {
    return await fetch("api/" + path, {
      method, headers, signal, cache: "no-store",
      body: content === undefined ? undefined : JSON.stringify(content),
    });
  } catch (error) {
    if (signal?.aborted)
      throw error;
    throw new Refusal(0, null, "The gate does not answer. Is cupbearer gate still running? What you wrote is kept; " +
      "try again.");
  }
}

async function call(method, path, content, signal) {
  let answer = await once(method, path, content, signal);
  while (answer.status === 401 && await whenRefused())
    answer = await once(method, path, content, signal);
  if (answer.status === 204)
    return null;
  const data = await answer.json().catch(() => null);
  if (answer.ok && data)
    return data;
  throw new Refusal(answer.status, data, data?.error ?? `The gate answered ${answer.status} and did not say why; its ` +
    "log may. What you wrote is kept.");
}

const nameOf = (name) => "messages/" + encodeURIComponent(name);

export const gate = {
  setup: () => call("GET", "setup"),
  messages: async () => (await call("GET", "messages")).messages,
  save: (name, version, message) => call("PUT", nameOf(name), { version, message }),
  rename: (name, to, version) => call("POST", nameOf(name) + "/rename", { to, version }),
  remove: (name, version) => call("DELETE", nameOf(name) + query({ version })),
  lookup: (account, to, signal) => call("POST", "lookup", { account, to }, signal),
  sign: (wanted) => call("POST", "sign", wanted),
  publish: (record, name) => call("POST", "publish", { record, name }),
  receipt: (event_id, wait, signal) => call("GET", "receipt" + query({ event_id, wait }), undefined, signal),
  seen: (key, event_id) => call("POST", "seen", { key, event_id }),
  history: async () => (await call("GET", "history")).entries,
};
