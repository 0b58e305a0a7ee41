// Papercups' widget as a page meets it while it loads (measured: chat-widget 1.3.1): an imitation, for pages of tests. A
// test says when each step is taken: widget.run(), its script runs and it listens; widget.frame(), the chat's iframe is on
// the page; widget.load(), the chat has loaded. What a server would hold is in `store`.

const store = { rows: {}, messages: {} }; // external id → the customer's id → bodies
const widget = (() => {
  const CACHED = "widget.customer"; // what the last one left in this browser
  const { config } = window.Papercups;
  const root = document.createElement("div");
  let iframe = null, open = false, removed = false;

  const send = (event, payload) => {
    if (!iframe)
      throw new Error(event + ", and no iframe yet");
    iframe.contentWindow.postMessage({ event, payload }, "*");
  };

  // Whether it is loaded is not asked; what cannot be sent ends in the error boundary, and that draws nothing any more.
  const setOpen = (wanted) => {
    if (open === wanted || removed)
      return;
    open = wanted;
    try {
      send("papercups:toggle", { isOpen: open });
    } catch {
      removed = true;
      root.remove();
    }
  };

  const chatLoaded = () => {
    if (!config.hideToggleButton)
      root.append(Object.assign(document.createElement("div"), { className: "Papercups-toggleButtonContainer" }));
    config.onChatLoaded?.({
      open: () => setOpen(true), close: () => setOpen(false),
      identify: (metadata) => send("customer:update", { metadata }),
    });
  };

  // The chat, in its iframe. It is blank until it is told that it is open; what it was told before it ran is lost.
  const chat = () => {
    const { config } = parent.Papercups, { store } = parent.widget;
    let customer = null, fetched = [];
    const emit = (event, payload) => parent.postMessage({ event, payload }, "*");
    const draw = (isOpen) => document.body.textContent = isOpen ? "Chat: " + fetched.join(", ") : "";
    const fetchAndJoin = (id) => {
      customer = id;
      fetched = [...store.messages[id] ?? []];
      if (document.body.textContent)
        draw(true);
    };
    const found = (id) => {
      fetchAndJoin(id);
      emit("customer:updated", { customerId: id });
    };
    addEventListener("message", ({ data: { event, payload } }) => {
      if (event === "papercups:toggle")
        draw(payload.isOpen);
      if (event === "customer:set:id")
        fetchAndJoin(payload);
      if (event === "customer:update" && !customer)
        found(store.rows[payload.metadata.external_id] ??= "row-of-" + payload.metadata.external_id);
    });
    const row = store.rows[config.customer.external_id];
    if (row)
      found(row);
    emit("chat:loaded");
  };

  const listen = () => {
    window.addEventListener("papercups:open", () => setOpen(true));
    window.addEventListener("papercups:close", () => setOpen(false));
    window.addEventListener("papercups:customer:set", ({ detail }) => {
      if (!removed)
        send("customer:set:id", detail || localStorage.getItem(CACHED));
    });
    window.addEventListener("message", ({ source, data: { event, payload } }) => {
      if (source !== iframe?.contentWindow)
        return;
      if (event === "customer:updated") {
        window.dispatchEvent(new CustomEvent("papercups:customer:set", { detail: payload.customerId }));
        localStorage.setItem(CACHED, payload.customerId);
      }
      if (event === "chat:loaded")
        chatLoaded();
    });
  };

  return {
    store,
    run() {
      document.body.append(root);
      listen();
    },
    frame() {
      iframe = Object.assign(document.createElement("iframe"), { className: "Papercups-chatWindowContainer" });
      root.append(iframe);
    },
    load() {
      iframe.srcdoc = `<!doctype html><body></body><script>(${chat})()</` + "script>";
    },
    cache: (id) => localStorage.setItem(CACHED, id),
    isOnThePage: () => root.isConnected,
    isOpen: () => open,
    shows: () => root.isConnected && open ? iframe.contentDocument.body.textContent : "",
  };
})();
window.widget = widget;
