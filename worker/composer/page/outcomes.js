// What the worker's words mean to those who write messages. That Papercups has it is all that a receipt says: never that it was read.

const REASONS = {
  malformed_headers: "The record's headers are not in their form.",
  unknown_key: "The worker does not know the key: its keyring lacks the gate's entry.",
  bad_signature: "The signature is not valid: the worker's keyring and the gate's key do not belong together.",
  bad_payload: "The worker does not take this message.",
  account_not_granted: "The key may not write to this account: add the account to its keyring entry.",
  wrong_routing_key: "The record's key does not belong to its payload.",
  wrong_partition: "The record lies in the wrong partition: gate and worker need the same partitioner.",
  key_not_active: "The key is not valid now, or was revoked.",
  expired: "It arrived after its signature had expired. Sign it again.",
  expires_too_late: "It would live for more than a minute: a clock is wrong.",
  customer_not_found: "Papercups has no such customer.",
  conversation_not_found: "Papercups has no such conversation.",
  refused_by_papercups: "Papercups refused it.",
  gave_up: "Papercups could not take it in time; it is not shown any more.",
  key_revoked: "Its key was revoked while it waited.",
  flood: "Too many messages to one conversation within a minute. Wait a minute, then sign it again.",
  backlog: "Too much waits for this account. Try again later.",
  unknown: "Papercups could not be read: it may have been shown. Look into the conversation before you send it again.",
};

// { word, good, text } of a receipt.
export function outcomeOf(receipt) {
  if (receipt.outcome === "delivered")
    return { word: "Delivered (not a read receipt)", good: true, text: "Papercups holds the message." };
  if (receipt.outcome === "duplicate")
    return { word: "duplicate", good: true,
      text: "This very event was sent before: the customer has the message once, and this was not shown again." };
  const text = REASONS[receipt.reason] ?? receipt.reason ?? "";
  return { word: receipt.outcome, good: false, text: receipt.detail ? `${text} (${receipt.detail})` : text };
}

// A conversation in Papercups' dashboard, in the addresses of its older and newer versions at once.
export function dashboardLink(base, conversation) {
  if (!base || !conversation || !/^https?:\/\//.test(base))
    return null;
  const id = encodeURIComponent(conversation);
  return `${base.replace(/\/+$/, "")}/conversations/all/${id}?cid=${id}`;
}

export function recipientOf(to) {
  const [[kind, value]] = Object.entries(to);
  if (kind === "customer")
    return value.external_id;
  return (kind === "customer_id" ? "customer " : "conversation ") + value;
}
