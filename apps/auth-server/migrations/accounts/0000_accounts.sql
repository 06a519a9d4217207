create table "people_accounts" (
  -- The URI of the person, which becomes `sub`.
  "subject" text primary key,
  "email" text not null,
  "name" text not null,
  -- argon2id, in its own encoding.
  "password" text not null,
  "disabled" boolean not null default false
);
--> statement-breakpoint
create unique index "people_accounts_email" on "people_accounts" (lower("email"));
