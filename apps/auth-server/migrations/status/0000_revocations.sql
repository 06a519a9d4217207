create table "revocations" (
  "kind" text not null check ("kind" in ('token', 'client', 'subject', 'key')),
  -- A jti, a client id, a subject or a kid.
  "value" text not null,
  -- Of the topic "revocations": in the order of commits.
  "version" bigint not null,
  -- Seconds since the epoch: tokens issued before it are meant.
  "before" bigint,
  -- Seconds since the epoch: when the last token that is meant has expired.
  "expires_at" bigint not null,
  primary key ("kind", "value"),
  check (("before" is not null) = ("kind" in ('client', 'subject')))
);
--> statement-breakpoint
create unique index "revocations_by_version" on "revocations" ("version");
--> statement-breakpoint
create index "revocations_by_expiry" on "revocations" ("expires_at");
--> statement-breakpoint
-- One row. Versions are comparable within one epoch only.
create table "revocation_epoch" (
  "only" boolean primary key default true check ("only"),
  "epoch" text not null
);
--> statement-breakpoint
insert into "revocation_epoch" ("epoch") values (gen_random_uuid()::text);
