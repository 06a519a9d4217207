-- One row per credential that a replica has written to its file; all go when one is used.
create table "bootstrap_credentials" (
  "sha256" text primary key,
  "expires_at" timestamp with time zone not null
);
