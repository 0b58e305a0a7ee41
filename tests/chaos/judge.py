"""The outcome of everything that was published, by the receipts and by what the stand-in holds."""

from collections import Counter, defaultdict


class Verdict:
    def __init__(self):
        self.lost, self.duplicated, self.out_of_order, self.other = [], [], [], []

    @property
    def good(self):
        return not (self.lost or self.duplicated or self.out_of_order or self.other)

    def lines(self):
        for name in ("lost", "duplicated", "out_of_order", "other"):
            for text in getattr(self, name)[:20]:
                yield f"{name}: {text}"


def judge(published, receipts, messages, gone=(), unordered=frozenset()):
    """`published`: (place, id, customer, forged) of each record; `receipts`: what is told of each place, in its order;
    `messages`: (customer, id) in the order in which they are shown. `gone`: places whose topic was deleted before they had a
    receipt; they need none, and may be shown, once. `unordered`: places whose order is not promised."""
    verdict = Verdict()
    delivered = records_judged(verdict, published, receipts, gone)
    once = {(customer, event) for place, event, customer, forged in published if place in gone and not forged}
    shown = Counter(messages)
    for (customer, event), places in delivered.items():
        count = shown.pop((customer, event), 0)
        if count == 0:
            verdict.lost.append(f"{event} of {customer} is told as delivered at {places} and not shown")
        elif count > 1:
            verdict.duplicated.append(f"{event} of {customer}, delivered at {places}, is shown {count} times")
    for (customer, event), count in shown.items():
        if count == 1 and (customer, event) in once:
            continue
        verdict.other.append(f"{event} of {customer} is shown {count} times, and told as something else")
    order_judged(verdict, delivered, messages, unordered)
    return verdict


def records_judged(verdict, published, receipts, gone):
    """Where each event, by (customer, id), was delivered."""
    delivered = defaultdict(list)
    for place, event, customer, forged in published:
        told = receipts.get(place, [])
        outcomes = {(one["outcome"], one.get("reason")) for one in told}
        if not told:
            if place in gone:
                continue
            verdict.lost.append(f"{event} of {customer} at {place} has no receipt")
        elif forged and outcomes != {("rejected", "bad_signature")}:
            verdict.other.append(f"a forged {event} at {place} is told as {outcomes}")
        elif len(outcomes) > 1 and ("delivered", None) not in outcomes:
            verdict.other.append(f"{event} of {customer} at {place} is told as {outcomes}")
        if ("delivered", None) in outcomes:
            delivered[customer, event].append(place)
    return delivered


def order_judged(verdict, delivered, messages, unordered):
    of_customer = defaultdict(list)
    for customer, event in messages:
        if (customer, event) in delivered and event not in of_customer[customer]:
            of_customer[customer].append(event)
    for customer, events in of_customer.items():
        places = [min(delivered[customer, event]) for event in events]
        for before, after, event in zip(places, places[1:], events[1:], strict=False):
            if after < before and not {before, after} & unordered:
                verdict.out_of_order.append(f"{event} of {customer}, published at {after}, is shown behind {before}")
