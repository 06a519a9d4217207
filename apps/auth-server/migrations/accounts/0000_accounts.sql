create table "people_accounts" (
  "id" uuid primary key,
  -- The canonical URI of a user of Census: `sub` of this person's tokens.
  "user_uri" text not null unique,
  -- In lower case: one address, one account.
  "email" text not null unique check ("email" = lower("email")),
  -- Whether a link that was sent to the address was used, or an operator vouched for it.
  "email_verified" boolean not null default false,
  "name" text,
  "disabled" boolean not null default false,
  -- argon2id, as a PHC string. Without it, and without a provider, a person is only invited.
  "password" text,
  -- Who this is at the external OpenID provider, once bound.
  "provider_issuer" text,
  "provider_subject" text,
  "version" integer not null default 1,
  "created_at" timestamptz not null default now(),
  unique ("provider_issuer", "provider_subject"),
  check (("provider_issuer" is null) = ("provider_subject" is null))
);
--> statement-breakpoint
-- One link that a person sets a password with, and the mail that carries it. The link itself is made
-- from the id and a key outside of the database.
create table "people_links" (
  "id" uuid primary key,
  "account" uuid not null references "people_accounts" on delete cascade,
  "purpose" text not null check ("purpose" in ('invitation', 'reset')),
  -- SHA-256 of the link's token; null until it was handed over.
  "digest" text unique,
  -- Seconds since the epoch; null until it was handed over.
  "expires_at" double precision,
  "made_at" double precision not null,
  -- When to hand it over; null once that is done.
  "due_at" double precision,
  "attempts" integer not null default 0
);
--> statement-breakpoint
create index "people_links_by_account" on "people_links" ("account");
--> statement-breakpoint
create index "people_links_due" on "people_links" ("due_at") where "due_at" is not null;
--> statement-breakpoint
-- Addresses that somebody asked a reset for, known or not: looked at by whoever sends the mails.
create table "people_reset_requests" (
  "id" uuid primary key,
  "email" text not null
);
--> statement-breakpoint
-- Where people have signed in before: digests of device cookies and of networks.
create table "people_known_places" (
  "account" uuid not null references "people_accounts" on delete cascade,
  "kind" text not null check ("kind" in ('device', 'network')),
  "digest" text not null,
  "seen_at" double precision not null,
  primary key ("account", "kind", "digest")
);
--> statement-breakpoint
-- Wrong passwords, and the delay they cost; keys are digests.
create table "people_attempts" (
  "key" text primary key,
  "failures" integer not null,
  "last_at" double precision not null,
  "blocked_until" double precision not null,
  "forget_at" double precision not null
);
--> statement-breakpoint
create index "people_attempts_by_end" on "people_attempts" ("forget_at");
