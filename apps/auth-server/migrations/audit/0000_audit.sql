create table "audit_events" (
  -- UUIDv7 (RFC 9562): the milliseconds of "at" come first, so this one index serves every range of
  -- time and every page; made by the writer, so that a batch may be sent twice and counts once.
  "id" uuid primary key,
  "at" timestamp (3) with time zone not null,
  "event" text not null,
  "client" text,
  "subject" text,
  "audience" text,
  "scopes" text[],
  "code" text,
  "kid" text,
  "jti" text,
  "grant_type" text,
  "method" text,
  "credential" text,
  "address" text,
  "actor" text,
  "detail" jsonb
);
--> statement-breakpoint
create index "audit_events_by_client" on "audit_events" ("client", "id") where "client" is not null;
--> statement-breakpoint
create index "audit_events_by_subject" on "audit_events" ("subject", "id") where "subject" is not null;
--> statement-breakpoint
create index "audit_events_by_code" on "audit_events" ("code", "id") where "code" is not null;
--> statement-breakpoint
-- Of what happened most, time alone finds enough.
create index "audit_events_by_event" on "audit_events" ("event", "id") where "event" <> 'token.issued';
--> statement-breakpoint
create function "refuse_audit_change"() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end $$;
--> statement-breakpoint
create trigger "audit_events_no_change" before update or truncate on "audit_events"
  for each statement execute function "refuse_audit_change"();
--> statement-breakpoint
-- Retention removes what is old; nothing removes what is young.
create trigger "audit_events_no_early_delete" before delete on "audit_events"
  for each row when (old."at" > now() - interval '1 day')
  execute function "refuse_audit_change"();
