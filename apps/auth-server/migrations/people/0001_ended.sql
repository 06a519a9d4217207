-- Sessions that have ended, and people who were logged out everywhere: a request that was under way
-- must not bring back what was removed meanwhile.
create table "people_ended" (
  -- `session` and the digest of its uid, or `person` and the URI.
  "kind" text not null check ("kind" in ('session', 'person')),
  "value" text not null,
  -- Seconds since the epoch: logins before it are meant.
  "before" bigint not null,
  "expires_at" timestamp with time zone not null,
  primary key ("kind", "value")
);
--> statement-breakpoint
create index "people_ended_expiry" on "people_ended" ("expires_at");
