-- One index in Papercups' own PostgreSQL, for who wants "never twice" without three of the README's windows (a
-- request under way inside Papercups for longer than settle_time; a worker stopped between its last look and the write; lists of
-- messages that are behind by more than settle_time).
-- cupbearer works without it.
--
-- What it does: PostgreSQL refuses a second message of one account with the same mark (metadata.cupbearer). Papercups
-- answers 500 to that and stores nothing; the worker reads back, finds the first message, and the event is delivered.
-- Messages without a mark, of people and of other programs, are not in the index and not touched by it.
--
-- What it does not do: where somebody deletes a message, or its mark, the index knows of it no more (the third window). An
-- event that is posted under another mark secret has another mark.
--
-- What it costs: an event's identity (routing key, sender, event id) is then single-use for ever. Without the index an id
-- that comes again after the dedup window is shown again, once its message is in no open conversation any more; with it, it
-- is not, and its receipt says delivered, because the message is there. Let every event have an id of its own. A message
-- with a mark also takes some 100 bytes of index.
--
-- What it leaves: Papercups makes a conversation and its first message in two writes. Where the index refuses the message, the
-- answer is 500 and the conversation stays: open, empty, and the newest, so the customer's widget shows it instead of the one
-- with the first message. cupbearer neither closes nor archives it, for it cannot know whose it is; the next message goes
-- into it. This takes one of the windows above, for a customer who has no open conversation.
--
-- To apply it, in psql, as the owner of the table messages, outside a transaction because of CONCURRENTLY (so not with psql
-- --single-transaction, and not from a migration that opens one). Papercups goes on meanwhile:
--
--   psql "$DATABASE_URL" -f papercups-once.sql
--
-- It ends with `cupbearer_once | t`. Where it ends with an error, an invalid index may be left (`\d messages` shows it): it
-- protects nothing and is in the way of the next try. Drop it, fix what the error names, and apply this file again:
--
--   drop index concurrently cupbearer_once;
--
-- "is duplicated" in that error: there are messages with one mark already. They are found by
--
--   select account_id, metadata->>'cupbearer' as mark, count(*), array_agg(id order by inserted_at) as messages
--   from messages where metadata->>'cupbearer' is not null group by 1, 2 having count(*) > 1;
--
-- and all but the first of each may lose the mark; the message stays as it is:
--
--   update messages set metadata = metadata - 'cupbearer' where id = '…';
--
-- To undo it, at any time, with workers running: the same `drop index concurrently cupbearer_once;`.

\set ON_ERROR_STOP on

create unique index concurrently cupbearer_once
    on messages (account_id, (metadata->>'cupbearer'))
    where metadata ? 'cupbearer';

select indexrelid::regclass as index, indisvalid as valid from pg_index where indexrelid = 'cupbearer_once'::regclass;
